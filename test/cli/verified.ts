/** What `tapvs verify --json` says of cases, and the transcripts that they are. */
import { readFileSync } from "node:fs";
import { parseTranscript, type Transcript } from "../../src/core/capture/transcript.ts";
import { tapvs } from "./tapvs.ts";

export function transcriptOf(path: string): Transcript {
  const parsed = parseTranscript(readFileSync(path, "utf8"));
  if (parsed.kind === "errors")
    throw new Error(parsed.errors.map(({ line, message }) => `${path}:${line}: ${message}`).join("\n"));
  return parsed.transcript;
}

export interface CaseJson {
  readonly name: string;
  readonly outcome: string;
  readonly frames: number;
  readonly difference?: {
    readonly kind: string;
    readonly place: string;
    readonly cause: string;
    readonly fields?: readonly { readonly name: string; readonly expected: string; readonly got: string }[];
    readonly walk: readonly string[];
  };
}

export const casesOf = (...paths: string[]): readonly CaseJson[] =>
  JSON.parse(tapvs(["verify", "--json", ...paths]).out).cases;
