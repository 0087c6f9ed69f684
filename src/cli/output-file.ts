/** Places that a command line names to be written to. They are tried before the work begins, so that nothing is lost in the end. */
import { accessSync, closeSync, constants, lstatSync, openSync, type Stats, statSync, unlinkSync } from "node:fs";
import { dirname } from "node:path";
import { STANDARD } from "../io/standard.ts";
import { lacksPrivilege, systemError } from "../io/system-error.ts";
import { Failure, NO_PRIVILEGE, WRONG_USAGE } from "./failure.ts";

/** Throws Failure for a file that cannot be written. What is there stays as it is; what is not, is not there afterwards either. */
export function refuseUnwritable(...files: readonly (string | undefined)[]): void {
  for (const file of files) if (file !== undefined && file !== STANDARD) tell(file, () => tryFile(file));
}

/** The same for a folder that will be made with those it lies in. */
export function refuseUnwritableFolder(folder: string | undefined): void {
  if (folder === undefined) return;
  tell(folder, () => {
    let there = folder;
    while (statusOf(there) === undefined && dirname(there) !== there) there = dirname(there);
    if (statusOf(there)?.isDirectory() === true) accessSync(there, constants.W_OK | constants.X_OK);
    else throw systemFault("ENOTDIR", there === folder ? "this is a file, not a folder" : `${there} is no folder`);
  });
}

/** Only opening a file shows that it can be written; but to open a pipe is to wait for its reader. */
function tryFile(file: string): void {
  const there = statusOf(file);
  if (there !== undefined && !there.isFile() && !there.isDirectory()) {
    accessSync(file, constants.W_OK);
    return;
  }
  const isNew = lstatSync(file, { throwIfNoEntry: false }) === undefined;
  try {
    closeSync(openSync(file, "a"));
  } catch (error) {
    const folder = dirname(file);
    // As in /proc: what is missing is not the folder.
    if (systemError(error)?.code !== "ENOENT" || statusOf(folder) === undefined) throw error;
    throw systemFault("ENOENT", `no file can be made in ${folder}`);
  }
  if (isNew) unlinkSync(file);
}

const statusOf = (path: string): Stats | undefined => statSync(path, { throwIfNoEntry: false });

function tell(place: string, attempt: () => void): void {
  try {
    attempt();
  } catch (error) {
    const failure = systemError(error);
    if (failure === undefined) throw error;
    throw new Failure(lacksPrivilege(failure.code) ? NO_PRIVILEGE : WRONG_USAGE, `${place}: ${failure.text}`);
  }
}

const systemFault = (code: string, text: string): Error => Object.assign(new Error(`${code}: ${text}`), { code });
