/** A text as a file that a program has opened. */
import { writeSync } from "node:fs";
import { DeviceError, lastError } from "../system/errors.ts";
import { addressOf, close, O_CLOEXEC, syscall } from "../system/libc.ts";
import { MEMFD_CREATE } from "./filter.ts";
import type { StoppedCall } from "./listener.ts";
import type { Supervisor } from "./supervisor.ts";

const ENOENT = 2;
const ENOBUFS = 105;
const MFD_CLOEXEC = 1;

/** Answers an open(2) with the text; ENOENT if there is none. */
export function handOver({ listener }: Supervisor, { id }: StoppedCall, text: string | undefined, flags: number): void {
  if (text === undefined) {
    listener.answer(id, { kind: "error", errno: ENOENT });
    return;
  }
  const file = inMemory(text);
  if (!listener.answerWithDescriptor(id, file, flags & O_CLOEXEC))
    listener.answer(id, { kind: "error", errno: ENOBUFS });
  close(file);
}

/** A descriptor whose reading begins at the start. Throws DeviceError. */
function inMemory(text: string): number {
  const name = new TextEncoder().encode("ip_vs\0");
  const file = Number(syscall(MEMFD_CREATE, addressOf(name), MFD_CLOEXEC, 0, 0));
  if (file < 0) throw new DeviceError(lastError().code, `a file in memory: ${lastError().text}`);
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at, bytes.length - at, at);
  return file;
}
