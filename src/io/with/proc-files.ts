/** The files that the kernel's IPVS has under /proc, for a program that opens them or looks whether they are there. */

import { handOver } from "./file-in-memory.ts";
import type { CallAnswer, StoppedCall } from "./listener.ts";
import { readMemory } from "./process.ts";
import type { Supervisor } from "./supervisor.ts";
import { FOLDER, openSwitch, statSwitch, switchAt } from "./switches.ts";

/** Whoever reads /proc/net may name it by a process. */
const NAME = /^\/proc\/(?:(?:self|thread-self|\d+)\/)?net\/(ip_vs\w*)$/;
/** Longer than any name of these. */
const LONGEST_PATH = 64;
const PAGE = 4096;
const ENOENT = 2;
const EIO = 5;
const EINVAL = 22;
const GO_ON: CallAnswer = { kind: "go-on" };

/** Any other file is the kernel's affair. */
export function openFile(
  supervisor: Supervisor,
  call: StoppedCall,
  address: number,
  flags: number,
): CallAnswer | undefined {
  const path = pathAt(call.thread, address);
  const name = switchAt(path);
  if (name !== undefined) {
    openSwitch(supervisor, call, name, flags);
    return undefined;
  }
  const [, file] = NAME.exec(path) ?? [];
  if (file === undefined) return GO_ON;
  supervisor.family.file(file).then(
    (text) => handOver(supervisor, call, text, flags),
    () => supervisor.listener.answer(call.id, { kind: "error", errno: EIO }),
  );
  return undefined;
}

/** stat(2) and access(2), of switches alone; `memory` is where stat wants its answer, 0 if nowhere. */
export function lookAtFile(
  supervisor: Supervisor,
  call: StoppedCall,
  address: number,
  memory: number,
): CallAnswer | undefined {
  const name = switchAt(pathAt(call.thread, address));
  if (name === undefined) return GO_ON;
  statSwitch(supervisor, call, name, memory);
  return undefined;
}

/** readlink(2): none of these is a link, nor is their folder. realpath(3), with which sysctl(8) begins, asks of each part of a path. */
export function readLink(supervisor: Supervisor, call: StoppedCall, address: number): CallAnswer | undefined {
  const path = pathAt(call.thread, address);
  if (path === FOLDER) return { kind: "error", errno: EINVAL };
  const name = switchAt(path);
  if (name === undefined) return GO_ON;
  supervisor.family.switchValue(name).then(
    (value) => supervisor.listener.answer(call.id, { kind: "error", errno: value === undefined ? ENOENT : EINVAL }),
    () => supervisor.listener.answer(call.id, { kind: "error", errno: EIO }),
  );
  return undefined;
}

/** A path that may be one of ours; empty if it is longer, or none: then the kernel says what is wrong with it. */
function pathAt(thread: number, path: number): string {
  try {
    const text = textAt(thread, path);
    return text.slice(0, Math.max(0, text.indexOf("\0")));
  } catch {
    return "";
  }
}

/** As many bytes as our longest path has; of a second page only if the path goes on there, for it may be nobody's. */
function textAt(thread: number, address: number): string {
  const bytes = (from: number, length: number): string =>
    Buffer.from(readMemory(thread, from, length).buffer).toString("latin1");
  const here = Math.min(LONGEST_PATH, PAGE - (address % PAGE));
  const text = bytes(address, here);
  return here === LONGEST_PATH || text.includes("\0") ? text : text + bytes(address + here, LONGEST_PATH - here);
}
