/** Reads files whole, and writes them so that whoever reads finds the old text or the new one, whole: also after a crash, on a full disk, and where somebody has put a link in the way. */
import { closeSync, constants, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { systemError } from "../system-error.ts";
import { removeFile } from "./instance-lock.ts";

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY, O_DIRECTORY } = constants;

/** What a file system that cannot sync a folder says, or one whose folder we may write but not read. */
const CANNOT_SYNC = ["EINVAL", "ENOTSUP", "EACCES"];

/** A text, or bytes in pieces. */
type Contents = string | readonly Uint8Array[];

/** What is in a file that `writeWhole` has written: a link is not followed. `undefined` if there is none. Throws what else the system says. */
export function readWhole(file: string): Buffer | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(file, O_RDONLY | O_NOFOLLOW);
  } catch (error) {
    if (systemError(error)?.code === "ENOENT") return undefined;
    throw error;
  }
  try {
    return readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Replaces the contents of a file. `lasting` says that it shall survive a crash of the machine, too. Throws what the system
 * says; then the file is as it was.
 */
export function writeWhole(
  file: string,
  contents: Contents,
  { mode, lasting }: { mode: number; lasting: boolean },
): void {
  const draft = `${file}.new`;
  const descriptor = openDraft(draft, mode);
  try {
    try {
      for (const piece of typeof contents === "string" ? [Buffer.from(contents)] : contents)
        writeAll(descriptor, piece);
      if (lasting) fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(draft, file);
  } catch (error) {
    removeFile(draft);
    throw error;
  }
  if (lasting) syncFolder(dirname(file));
}

/** A file that was not there: what a crash has left at its name is removed, and so is a link, which is not followed. */
function openDraft(draft: string, mode: number): number {
  const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
  try {
    return openSync(draft, flags, mode);
  } catch (error) {
    if (systemError(error)?.code !== "EEXIST") throw error;
    removeFile(draft);
    return openSync(draft, flags, mode);
  }
}

/** write(2) may take less than it is given: the rest, or what is wrong, comes with the next call. */
function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written);
}

/** Until then a crash could undo the renaming. */
function syncFolder(folder: string): void {
  try {
    const descriptor = openSync(folder, O_RDONLY | O_DIRECTORY);
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    if (!CANNOT_SYNC.includes(systemError(error)?.code ?? "")) throw error;
  }
}
