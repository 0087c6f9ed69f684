/** Recordings that are explained whole. */
import { readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { parseTranscript } from "../../src/core/capture/transcript.ts";
import { explainTranscript } from "../../src/core/replay/past.ts";

/** Explains each frame of each transcript of a folder. */
export function explainAll(folder: string): void {
  const names = readdirSync(folder).filter((name) => name.endsWith(".jsonl"));
  expect(names).not.empty;
  for (const name of names) {
    const parsed = parseTranscript(readFileSync(`${folder}/${name}`, "utf8"));
    if (parsed.kind !== "transcript") throw new Error(`${name}: ${parsed.errors[0]?.message}`);
    explainTranscript(parsed.transcript, {}, () => {});
  }
}
