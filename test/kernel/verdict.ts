/** Holds a recording of the kernel against what tapvs does with the same inputs, for people who read the console. */
import { parseTranscript, type Transcript } from "../../src/core/capture/transcript.ts";
import { differenceLines, differenceTitle } from "../../src/core/replay/difference-text.ts";
import { verifyTranscript } from "../../src/core/replay/transcript-case.ts";

/** A recording's text as a transcript; throws if it is none. */
export function transcriptOf(text: string, name: string): Transcript {
  const parsed = parseTranscript(text);
  if (parsed.kind === "transcript") return parsed.transcript;
  throw new Error(parsed.errors.map(({ line, message }) => `${name}:${line}: ${message}`).join("\n"));
}

export interface Verdict {
  /** How many frames of the recording were compared. */
  readonly frames: number;
  /** The first difference with the walk that led there, as lines; empty if there is none. */
  readonly difference: readonly string[];
}

export function judge(transcript: Transcript): Verdict {
  const { frames, difference } = verifyTranscript(transcript);
  if (difference === undefined) return { frames, difference: [] };
  return {
    frames,
    difference: [differenceTitle(difference), ...differenceLines(difference).map((line) => `  ${line}`)],
  };
}
