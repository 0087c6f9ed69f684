/** The transcript, or the case as text, that a command was given. */
import type { Transcript } from "../core/capture/transcript.ts";
import { readText } from "../io/text-file.ts";
import { parseTranscriptFile } from "../io/transcript-file.ts";
import { Failure, WRONG_USAGE } from "./failure.ts";

/** Of one file; who has made so many has given the wrong file. */
const MOST_MISTAKES = 20;

/** The transcript of a file; mistakes in it are a Failure that names file and lines. */
export function transcriptOrFail(path: string): Transcript {
  const read = readText(path, "transcript");
  if ("message" in read) throw new Failure(WRONG_USAGE, read.message);
  const parsed = parseTranscriptFile(path, read.text);
  if (parsed.kind === "transcript") return parsed.transcript;
  const told = parsed.errors.slice(0, MOST_MISTAKES);
  const more = parsed.errors.length - told.length;
  const lines = told.map(({ line, message }) => `${path}:${line}: ${message}`);
  throw new Failure(WRONG_USAGE, ...lines, ...(more > 0 ? [`${path}: and ${more} more`] : []));
}
