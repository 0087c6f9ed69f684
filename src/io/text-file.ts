/** Texts of the machine: read and written whole. */
import { closeSync, openSync, readFileSync, readSync, writeFileSync } from "node:fs";
import { HEAD, type Wanted, wrongBytes, wrongFolder } from "./file-kind.ts";
import { STANDARD } from "./standard.ts";
import { systemError } from "./system-error.ts";

/** A text file that cannot be read or written: `FILE: no such file or directory`. */
export interface TextFileError {
  readonly message: string;
  /** The same without the file. */
  readonly reason: string;
  /** ENOENT, EACCES; EILSEQ for what is no text. */
  readonly code: string;
}

/** The text of a file; one of another kind than any `wanted` is an error that says what it is. */
export function readText(file: string, ...wanted: readonly Wanted[]): { readonly text: string } | TextFileError {
  try {
    const bytes = readBytes(file, wanted);
    if (typeof bytes === "string") return told(file, bytes, "EILSEQ");
    if (bytes.includes(0)) return told(file, "expected a text, but there are bytes of 0 in it", "EILSEQ");
    return { text: bytes.toString("utf8") };
  } catch (error) {
    const failed = fileError(file, error);
    const [first] = wanted;
    const isFolder = failed.code === "EISDIR" && first !== undefined;
    return isFolder ? told(file, wrongFolder(file, first), failed.code) : failed;
  }
}

/** The whole file, or why it is not what is wanted: a large one is not read for that. */
function readBytes(file: string, wanted: readonly Wanted[]): Buffer | string {
  const descriptor = openSync(file, "r");
  try {
    const head = Buffer.alloc(HEAD);
    const begin = head.subarray(0, readSync(descriptor, head));
    const [wrong, ...others] = wanted.map((one) => wrongBytes(file, begin, one));
    if (wrong !== undefined && !others.includes(undefined)) return wrong;
    return Buffer.concat([begin, readFileSync(descriptor)]);
  } finally {
    closeSync(descriptor);
  }
}

/** Writes a text file anew into a folder that is there, `-` for standard output; the error, if there is one. */
export function writeText(file: string, text: string): TextFileError | undefined {
  try {
    if (file === STANDARD) process.stdout.write(text);
    else writeFileSync(file, text);
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
