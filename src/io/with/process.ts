/** What is read and written of another process: memory, descriptors, who it is. */
import { readFileSync, readlinkSync } from "node:fs";
import { DeviceError, lastError } from "../system/errors.ts";
import { addressOf, close, LITTLE_ENDIAN, process_vm_readv, process_vm_writev, syscall } from "../system/libc.ts";
import { PIDFD_GETFD, PIDFD_OPEN } from "./filter.ts";

/** struct iovec, one of ours and one of theirs. */
const IOVEC = 16;
const vectors = new Uint8Array(2 * IOVEC);

function transfer(call: typeof process_vm_readv, pid: number, memory: Uint8Array, address: number): void {
  const view = new DataView(vectors.buffer);
  for (const [at, base] of [addressOf(memory), address].entries()) {
    view.setBigUint64(at * IOVEC, BigInt(base), LITTLE_ENDIAN);
    view.setBigUint64(at * IOVEC + 8, BigInt(memory.length), LITTLE_ENDIAN);
  }
  const vector = addressOf(vectors);
  if (Number(call(pid, vector, 1, vector + IOVEC, 1, 0)) === memory.length) return;
  const { code, text } = lastError();
  throw new DeviceError(code, `memory of process ${pid}: ${text}`);
}

/** Bytes of its memory. Throws DeviceError. */
export function readMemory(pid: number, address: number, length: number): DataView {
  const memory = new Uint8Array(length);
  transfer(process_vm_readv, pid, memory, address);
  return new DataView(memory.buffer);
}

/** Throws DeviceError. */
export function writeMemory(pid: number, address: number, memory: Uint8Array): void {
  if (memory.length > 0) transfer(process_vm_writev, pid, memory, address);
}

/** The inode of the socket that a descriptor is; `undefined` for any other file, and where it may not be seen. */
export function socketInode(pid: number | "self", descriptor: number): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${descriptor}`))?.[1];
  } catch {
    return undefined;
  }
}

export interface Identity {
  readonly pid: number;
  /** The user whose rights it has. */
  readonly user: number;
}

/** The process of a thread. Throws if it is gone. */
export function identityOf(thread: number): Identity {
  const status = readFileSync(`/proc/${thread}/status`, "latin1");
  const pid = Number(/^Tgid:\s+(\d+)/m.exec(status)?.[1] ?? thread);
  return { pid, user: Number(/^Uid:\s+\d+\s+(\d+)/m.exec(status)?.[1] ?? -1) };
}

/** A copy of a descriptor of another process. Throws DeviceError. */
export function copyDescriptor(pid: number, descriptor: number): number {
  const handle = Number(syscall(PIDFD_OPEN, pid, 0, 0, 0));
  const copy = handle < 0 ? -1 : Number(syscall(PIDFD_GETFD, handle, descriptor, 0, 0));
  const { code, text } = lastError();
  if (handle >= 0) close(handle);
  if (copy < 0) throw new DeviceError(code, `a descriptor of process ${pid}: ${text}`);
  return copy;
}
