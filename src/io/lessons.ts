/** The working folder of a lesson. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "./folder.ts";
import { systemError } from "./system-error.ts";

/** `FILE: permission denied`. */
export interface FolderError {
  readonly failure: string;
}

/** Writes files into a folder, which is made if need be; the error that ended it, if there is one. */
export function writeFolder(
  folder: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): FolderError | undefined {
  for (const [name, content] of Object.entries(files)) {
    const error = attempt(join(folder, name), (file) => {
      makeFolder(folder);
      writeFileSync(file, content);
    });
    if (error !== undefined) return error;
  }
  return undefined;
}

/** The texts of a folder's files by their names. A byte order mark at the beginning is left out. */
export function readFolder(
  folder: string,
  names: readonly string[],
): { readonly texts: Readonly<Record<string, string>> } | FolderError {
  const texts: Record<string, string> = {};
  for (const name of names) {
    const error = attempt(join(folder, name), (file) => {
      texts[name] = readFileSync(file, "utf8").replace(/^\uFEFF/, "");
    });
    if (error !== undefined) return error;
  }
  return { texts };
}

/** Those of the names that are in the folder. */
export const presentIn = (folder: string, names: readonly string[]): string[] =>
  names.filter((name) => existsSync(join(folder, name)));

function attempt(file: string, act: (file: string) => void): FolderError | undefined {
  try {
    act(file);
    return undefined;
  } catch (error) {
    const failure = systemError(error);
    if (failure === undefined) throw error;
    return { failure: `${file}: ${failure.text}` };
  }
}
