/** One director per socket: an advisory lock beside it, which the kernel drops when its holder dies. */
import { constants, ftruncateSync, readFileSync, unlinkSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { makeFolder } from "../folder.ts";
import { DeviceError, lastError } from "../system/errors.ts";
import { close, flock, LOCK_EX, LOCK_NB, O_CLOEXEC, O_CREAT, O_RDWR, open } from "../system/libc.ts";
import { systemError } from "../system-error.ts";

/** A lock that is held. */
export interface InstanceLock {
  readonly descriptor: number;
  readonly file: string;
  /** The folder did not exist before: nobody else has a claim to it. */
  readonly ownFolder: boolean;
}

/** Another director has this socket. `message` is the whole line for people. */
export class AlreadyRunning extends Error {
  override readonly name = "AlreadyRunning";
}

/** Takes the lock of a socket, and makes the socket's folder if need be. Throws AlreadyRunning or DeviceError. */
export function lockInstance(socket: string): InstanceLock {
  const file = `${socket}.lock`;
  let ownFolder = false;
  try {
    ownFolder = makeFolder(dirname(socket), 0o755);
  } catch (error) {
    const failure = systemError(error);
    if (failure === undefined) throw error;
    throw new DeviceError(failure.code, `${dirname(socket)}: ${failure.text}`);
  }
  // A link that somebody has put there would have us write over what it leads to.
  const descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC | constants.O_NOFOLLOW, 0o644);
  if (descriptor < 0) {
    const { code, text } = lastError();
    throw new DeviceError(code, `${file}: ${text}`);
  }
  if (flock(descriptor, LOCK_EX | LOCK_NB) < 0) {
    close(descriptor);
    const holder = readFileSync(file, "utf8").trim();
    throw new AlreadyRunning(`another director (process ${holder || "unknown"}) already runs at ${socket}`);
  }
  return renameHolder({ descriptor, file, ownFolder });
}

/** Writes this process into a lock that it holds. */
export function renameHolder(lock: InstanceLock): InstanceLock {
  ftruncateSync(lock.descriptor);
  writeSync(lock.descriptor, `${process.pid}\n`, 0);
  return lock;
}

/** Removes the lock's file and gives the lock up. */
export function unlockInstance({ descriptor, file }: InstanceLock): void {
  removeFile(file);
  close(descriptor);
}

/** Removes a file that may be gone already, or lie in a folder where we may no longer remove anything. */
export function removeFile(file: string): void {
  try {
    unlinkSync(file);
  } catch (error) {
    if (systemError(error) === undefined) throw error;
  }
}
