/** Recordings that the tests of explanations tell. */

import { readFileSync } from "node:fs";
import { PacketStore } from "../../../src/core/capture/packet-store.ts";
import { CaptureReader } from "../../../src/core/capture/reader.ts";
import { parseTranscript, type Transcript } from "../../../src/core/capture/transcript.ts";
import type { RecordedFrame } from "../../../src/core/explain/explanation.ts";
import type { Director } from "../../../src/core/host/director.ts";
import { explainCapture, explainTranscript, type FrameRange } from "../../../src/core/replay/past.ts";
import { loadRules } from "../../../src/core/replay/rules.ts";
import { readConfig } from "../../../src/io/config.ts";

export function transcript(name: string): Transcript {
  const parsed = parseTranscript(readFileSync(`fixtures/golden/${name}.jsonl`, "utf8"));
  if (parsed.kind === "errors") throw new Error(parsed.errors[0]?.message);
  return parsed.transcript;
}

/** Stories of a transcript, and the director at its end. */
export function told(
  name: string,
  wish: FrameRange = {},
): { readonly stories: RecordedFrame[]; readonly present: Director } {
  const stories: RecordedFrame[] = [];
  const present = explainTranscript(transcript(name), wish, (story) => stories.push(story));
  return { stories, present };
}

/** The same of a whole lab: fixtures/captures/NAME. */
export function toldLab(
  name: string,
  wish: FrameRange = {},
): { readonly stories: RecordedFrame[]; readonly present: Director } {
  const directory = `fixtures/captures/${name}`;
  const packets = new PacketStore();
  const reader = new CaptureReader((packet) => packets.add(packet));
  reader.push(readFileSync(`${directory}/wire.pcapng`));
  packets.sortByTime();
  const result = readConfig(`${directory}/director.yaml`);
  if (result.kind === "errors") throw new Error(result.errors[0]?.message);
  const { config } = result;
  const stories: RecordedFrame[] = [];
  const present = explainCapture(
    config,
    (director) => loadRules(director, config.rules),
    packets,
    wish,
    (story) => stories.push(story),
  );
  return { stories, present };
}
