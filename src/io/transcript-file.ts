/** Transcripts and cases in files: one reader, whichever form they have. */
import { isCaseText, parseCase } from "../core/capture/case-text.ts";
import { type ParsedTranscript, parseTranscript } from "../core/capture/transcript.ts";

const TRANSCRIPT = ".jsonl";
const CASE = ".case";

/** Whether a file of this name is a transcript, or a case as text. */
export const isTranscriptName = (path: string): boolean => path.endsWith(TRANSCRIPT) || path.endsWith(CASE);

/** The name without its ending. */
export const transcriptName = (name: string): string => name.replace(/\.(jsonl|case)$/, "");

/** What a file of this name and text says. Its name counts; where that says nothing, how it begins. */
export const parseTranscriptFile = (path: string, text: string): ParsedTranscript =>
  path.endsWith(CASE) || (!path.endsWith(TRANSCRIPT) && isCaseText(text)) ? parseCase(text) : parseTranscript(text);
