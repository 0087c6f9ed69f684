/** The files that the kernel's IPVS has under /proc, for a program that opens them or looks whether they are there. */

import { isProcFile } from "../../core/ipvs/proc-files.ts";
import { handOver } from "./file-in-memory.ts";
import { LIKE_A_SWITCH, LIKE_A_TABLE, type Looking, tellStatus } from "./file-status.ts";
import type { CallAnswer, StoppedCall } from "./listener.ts";
import { readMemory } from "./process.ts";
import type { Supervisor } from "./supervisor.ts";
import { FOLDER, openSwitch, switchAt } from "./switches.ts";

/** Whoever reads /proc/net may name it by a process. */
const NAME = /^\/proc\/(?:(?:self|thread-self|\d+)\/)?net\/(ip_vs\w*)$/;
/** Longer than any name of these. */
const LONGEST_PATH = 64;
const PAGE = 4096;
const ENOENT = 2;
const EIO = 5;
const EINVAL = 22;
const EOPNOTSUPP = 95;
const GO_ON: CallAnswer = { kind: "go-on" };

const fileAt = (path: string): string | undefined => NAME.exec(path)?.[1];

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
  const file = fileAt(path);
  if (file === undefined) return GO_ON;
  supervisor.family.file(file).then(
    (text) => handOver(supervisor, call, text, flags),
    () => supervisor.listener.answer(call.id, { kind: "error", errno: EIO }),
  );
  return undefined;
}

/** stat(2), statx(2) and access(2). */
export function lookAtFile(
  supervisor: Supervisor,
  call: StoppedCall,
  address: number,
  looking: Looking,
): CallAnswer | undefined {
  const path = pathAt(call.thread, address);
  const name = switchAt(path);
  const file = fileAt(path);
  if (name !== undefined) {
    const isThere = supervisor.family.switchValue(name).then((value) => value !== undefined);
    tellStatus(supervisor, call, looking, isThere, LIKE_A_SWITCH);
  } else if (file !== undefined) tellStatus(supervisor, call, looking, Promise.resolve(isProcFile(file)), LIKE_A_TABLE);
  else return GO_ON;
  return undefined;
}

/** getxattr(2), by which ls(1) looks for access lists: files of /proc have none. */
export function lookForList({ thread }: StoppedCall, address: number): CallAnswer {
  const path = pathAt(thread, address);
  const isOurs = switchAt(path) !== undefined || fileAt(path) !== undefined;
  return isOurs ? { kind: "error", errno: EOPNOTSUPP } : GO_ON;
}

/** readlink(2): none of these is a link, nor is their folder. realpath(3), with which sysctl(8) begins, asks of each part of a path. */
export function readLink(supervisor: Supervisor, call: StoppedCall, address: number): CallAnswer | undefined {
  const path = pathAt(call.thread, address);
  const file = fileAt(path);
  if (file !== undefined) return { kind: "error", errno: isProcFile(file) ? EINVAL : ENOENT };
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
