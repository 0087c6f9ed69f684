/** What is wrong with the files that a director is told to use, found before it touches anything. */
import { accessSync, constants, lstatSync, type Stats, statSync } from "node:fs";
import { dirname } from "node:path";
import { isSocketName } from "../control/socket-path.ts";
import { DeviceError } from "../system/errors.ts";
import { lacksPrivilege, systemError } from "../system-error.ts";

/** A file that cannot be what it is named for. `message` is the whole line for people. */
export class WrongFile extends Error {
  override readonly name = "WrongFile";
}

export interface CheckedFiles {
  readonly socket: string;
  readonly stateFile: string;
  /** The state file will be read. */
  readonly restore: boolean;
}

/** Throws WrongFile, or DeviceError where a privilege is missing. Only the socket's folder is made if it is missing. */
export function checkFiles({ socket, stateFile, restore }: CheckedFiles): void {
  if (!isSocketName(socket)) throw new WrongFile(`${socket}: is too long for a socket's name`);
  check(socket, () => {
    const present = lstatSync(socket, { throwIfNoEntry: false });
    if (present !== undefined && !present.isSocket()) throw new WrongFile(`${socket}: is no socket, and is left alone`);
  });
  check(stateFile, () => {
    const present = lstatSync(stateFile, { throwIfNoEntry: false });
    if (present !== undefined) refuseOtherThanFile(stateFile, present);
    if (present !== undefined && restore) accessSync(stateFile, constants.R_OK);
    const folder = dirname(stateFile);
    const isMade = folder === dirname(socket) && statSync(folder, { throwIfNoEntry: false }) === undefined;
    if (!isMade) accessSync(folder, constants.W_OK | constants.X_OK);
  });
}

function refuseOtherThanFile(file: string, found: Stats): void {
  if (found.isSymbolicLink()) throw new WrongFile(`${file}: is a symbolic link: name the file itself`);
  if (found.isDirectory()) throw new WrongFile(`${file}: is a folder: name a file in it`);
  if (!found.isFile()) throw new WrongFile(`${file}: is no file for rules`);
}

function check(file: string, what: () => void): void {
  try {
    what();
  } catch (error) {
    const failure = systemError(error);
    if (failure === undefined) throw error;
    const line = `${file}: ${failure.text}`;
    if (!lacksPrivilege(failure.code)) throw new WrongFile(line);
    throw new DeviceError(failure.code, `${line}; run as root, or choose places of your own with --socket and --state`);
  }
}
