/** The files that the kernel's IPVS has under /proc/net, for a program that opens them: a file in memory in their place. */
import { writeSync } from "node:fs";
import { DeviceError, lastError } from "../system/errors.ts";
import { addressOf, close, O_CLOEXEC, syscall } from "../system/libc.ts";
import { MEMFD_CREATE } from "./filter.ts";
import type { CallAnswer, StoppedCall } from "./listener.ts";
import { readMemory } from "./process.ts";
import type { Supervisor } from "./supervisor.ts";

/** Whoever reads /proc/net may name it by a process. */
const NAME = /^\/proc\/(?:(?:self|thread-self|\d+)\/)?net\/(ip_vs\w*)$/;
/** Longer than any name of these, and inside one page. */
const LONGEST_PATH = 64;
const PAGE = 4096;
const ENOENT = 2;
const EIO = 5;
const ENOBUFS = 105;
const MFD_CLOEXEC = 1;
const GO_ON: CallAnswer = { kind: "go-on" };

/** Any other file is the kernel's affair. */
export function openFile(
  supervisor: Supervisor,
  call: StoppedCall,
  path: number,
  flags: number,
): CallAnswer | undefined {
  const [, name] = NAME.exec(pathAt(call.thread, path)) ?? [];
  if (name === undefined) return GO_ON;
  const refuse = (errno: number): void => supervisor.listener.answer(call.id, { kind: "error", errno });
  supervisor.family.file(name).then(
    (text) => {
      if (text === undefined) return refuse(ENOENT);
      const file = inMemory(text);
      if (!supervisor.listener.answerWithDescriptor(call.id, file, flags & O_CLOEXEC)) refuse(ENOBUFS);
      close(file);
    },
    () => refuse(EIO),
  );
  return undefined;
}

/** A program that hands over no path is told so by the kernel. */
function pathAt(thread: number, path: number): string {
  try {
    const memory = readMemory(thread, path, Math.min(LONGEST_PATH, PAGE - (path % PAGE)));
    const text = Buffer.from(memory.buffer).toString("latin1");
    return text.slice(0, text.indexOf("\0"));
  } catch {
    return "";
  }
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
