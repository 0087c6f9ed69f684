/** Texts of the machine: read and written whole. */
import { readFileSync, writeFileSync } from "node:fs";
import { systemError } from "./system-error.ts";

/** A text file that cannot be read or written: `FILE: no such file or directory`. */
export interface TextFileError {
  readonly message: string;
  /** The same without the file. */
  readonly reason: string;
  /** ENOENT, EACCES; EILSEQ for what is no text. */
  readonly code: string;
}

/** The text of a file; a capture that is given for one is an error. */
export function readText(file: string): { readonly text: string } | TextFileError {
  try {
    const text = readFileSync(file, "utf8");
    if (text.includes("\0")) return told(file, "expected a text, but there are bytes of 0 in it", "EILSEQ");
    return { text };
  } catch (error) {
    return fileError(file, error);
  }
}

/** Writes a text file anew into a folder that is there; the error, if there is one. */
export function writeText(file: string, text: string): TextFileError | undefined {
  try {
    writeFileSync(file, text);
    return undefined;
  } catch (error) {
    return fileError(file, error);
  }
}

function fileError(file: string, error: unknown): TextFileError {
  const failure = systemError(error);
  if (failure === undefined) throw error;
  return told(file, failure.text, failure.code);
}

const told = (file: string, reason: string, code: string): TextFileError => ({
  message: `${file}: ${reason}`,
  reason,
  code,
});
