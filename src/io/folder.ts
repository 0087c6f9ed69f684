/** Folders of the machine. */
import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { systemError } from "./system-error.ts";

/**
 * Makes a folder and those it lies in; whether it was not there before. Throws what the system says.
 * Not mkdir's own `recursive`, which tries for ever where the kernel answers ENOENT although the parent is there, as in /proc.
 */
export function makeFolder(folder: string, mode?: number): boolean {
  if (isFolder(folder)) return false;
  const parent = dirname(folder);
  makeFolderOf(parent, folder, mode);
  try {
    mkdirSync(folder, mode);
    return true;
  } catch (error) {
    const code = systemError(error)?.code;
    // Somebody else has made it meanwhile.
    if (code === "EEXIST" && isFolder(folder)) return false;
    // In /proc the kernel has either of the two where it makes no folders (mkdir(2)).
    if (code !== "ENOENT" && code !== "EPERM") throw error;
    throw Object.assign(new Error(`${code}: no folder can be made in ${parent}`), { code });
  }
}

/** The parent of `/` and of `.` is itself. */
function makeFolderOf(parent: string, folder: string, mode: number | undefined): void {
  if (parent !== folder) makeFolder(parent, mode);
}

/** False, too, of what lies behind a file: whoever makes the folder hears of that one. */
function isFolder(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch (error) {
    if (systemError(error)?.code === "ENOTDIR") return false;
    throw error;
  }
}
