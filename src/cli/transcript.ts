/** The transcript, or the case as text, that a command was given. */
import type { Transcript } from "../core/capture/transcript.ts";
import { isPipe } from "../io/file-kind.ts";
import { readText } from "../io/text-file.ts";
import { isTranscriptName, parseTranscriptFile } from "../io/transcript-file.ts";
import { Failure, WRONG_USAGE } from "./failure.ts";

/** Of one file; who has made so many has given the wrong file. */
const MOST_MISTAKES = 20;

/** Whether a recording is a transcript: by its name; of a pipe without a configuration, which has none, it is the only kind that will do. */
export const isTranscript = (path: string, config: string | undefined): boolean =>
  isTranscriptName(path) || (config === undefined && isPipe(path));

/** What else there may be to say where it is none. */
export const captureHint = (path: string): readonly string[] =>
  isTranscriptName(path) ? [] : ["a capture does not say what its director is: give its director.yaml with --config"];

/** The transcript of a file; mistakes in it are a Failure that names file and lines. `hint` stands below where it is none. */
export function transcriptOrFail(path: string, ...hint: readonly string[]): Transcript {
  const read = readText(path, "transcript");
  if ("message" in read) throw new Failure(WRONG_USAGE, read.message, ...hint);
  const parsed = parseTranscriptFile(path, read.text);
  if (parsed.kind === "transcript") return parsed.transcript;
  const told = parsed.errors.slice(0, MOST_MISTAKES);
  const more = parsed.errors.length - told.length;
  const lines = told.map(({ line, message }) => `${path}:${line}: ${message}`);
  throw new Failure(WRONG_USAGE, ...lines, ...(more > 0 ? [`${path}: and ${more} more`] : []));
}
