/**
 * The switches of IPVS, /proc/sys/net/ipv4/vs/*, for a program that opens them: reading finds the value in force, and what is written
 * reaches the director. The program writes into a pipe of ours. Its write(2) is stopped and answered as the kernel would, where the pipe
 * has a number that the filter looks at; what it writes under another number is taken from the pipe, a moment later.
 */
import { readlinkSync } from "node:fs";
import { DeviceError, lastError } from "../system/errors.ts";
import { addressOf, close, O_ACCMODE, O_CLOEXEC, O_NONBLOCK, pipe2, read } from "../system/libc.ts";
import { handOver } from "./file-in-memory.ts";
import { FIRST_STOPPED } from "./filter.ts";
import type { CallAnswer, StoppedCall } from "./listener.ts";
import { readMemory } from "./process.ts";
import type { Supervisor } from "./supervisor.ts";

export const FOLDER = "/proc/sys/net/ipv4/vs";
const PATH = /^\/proc\/sys\/net\/ipv4\/vs\/([a-z_]+)$/;
const LARGEST_VALUE = 4096;
const ENOENT = 2;
const EIO = 5;
const EMFILE = 24;
const EINVAL = 22;
const GO_ON: CallAnswer = { kind: "go-on" };

/** The name of a switch in sysctl(8), of its path; `undefined` for any other file. */
export function switchAt(path: string): string | undefined {
  const [, name] = PATH.exec(path) ?? [];
  return name === undefined ? undefined : `net.ipv4.vs.${name}`;
}

const pipeInode = (link: string): string | undefined => /^pipe:\[(\d+)\]$/.exec(link)?.[1];

/** A switch that a program has open to write. */
export class OpenSwitch {
  readonly name: string;
  readonly inode: string;
  readonly descriptor: number;
  /** Values are written in their order; those who read wait for it. */
  turn: Promise<void> = Promise.resolve();
  readonly #buffer = new Uint8Array(LARGEST_VALUE);

  constructor(name: string, descriptor: number) {
    this.name = name;
    this.descriptor = descriptor;
    this.inode = pipeInode(readlinkSync(`/proc/self/fd/${descriptor}`)) ?? "";
  }

  /** What was written under a number that is not looked at; `closed` once the program has no end any more. */
  taken(): string | "none" | "closed" {
    const length = Number(read(this.descriptor, addressOf(this.#buffer), this.#buffer.length));
    if (length === 0) return "closed";
    return length < 0 ? "none" : Buffer.from(this.#buffer.subarray(0, length)).toString("latin1");
  }
}

/** Hands over the end to write to. */
async function openToWrite(supervisor: Supervisor, call: StoppedCall, name: string, flags: number): Promise<void> {
  const refuse = (errno: number): void => supervisor.listener.answer(call.id, { kind: "error", errno });
  if ((await supervisor.family.switchValue(name)) === undefined) return refuse(ENOENT);
  const { ours, theirs } = openPipe();
  const open = new OpenSwitch(name, ours);
  const cloexec = flags & O_CLOEXEC;
  const handedOver =
    supervisor.listener.answerWithDescriptor(call.id, theirs, cloexec, freeNumber(call.thread)) ||
    supervisor.listener.answerWithDescriptor(call.id, theirs, cloexec);
  close(theirs);
  if (!handedOver) {
    close(ours);
    return refuse(EMFILE);
  }
  supervisor.switches.set(open.inode, open);
  supervisor.wake();
}

/** Opens a switch for the program, to read or to write. The call is answered later. */
export function openSwitch(supervisor: Supervisor, call: StoppedCall, name: string, flags: number): void {
  const opened =
    (flags & O_ACCMODE) === 0 ? openToRead(supervisor, call, name, flags) : openToWrite(supervisor, call, name, flags);
  opened.catch(() => supervisor.listener.answer(call.id, { kind: "error", errno: EIO }));
}

/** What was written before is in force before it is read. */
async function openToRead(supervisor: Supervisor, call: StoppedCall, name: string, flags: number): Promise<void> {
  for (const open of [...supervisor.switches.values()]) supervisor.takeWritten(open);
  await Promise.all([...supervisor.switches.values()].map(({ turn }) => turn));
  const value = await supervisor.family.switchValue(name);
  handOver(supervisor, call, value === undefined ? undefined : `${value}\n`, flags);
}

function openPipe(): { readonly ours: number; readonly theirs: number } {
  const ends = new Int32Array(2);
  if (pipe2(addressOf(ends), O_CLOEXEC | O_NONBLOCK) < 0) throw new DeviceError(lastError().code, "a pipe");
  return { ours: ends[0] ?? -1, theirs: ends[1] ?? -1 };
}

/** The first number from FIRST_STOPPED on that the process does not use. */
function freeNumber(thread: number): number {
  for (let number = FIRST_STOPPED; ; number++) {
    try {
      readlinkSync(`/proc/${thread}/fd/${number}`);
    } catch {
      return number;
    }
  }
}

/** A write(2) under a number that is looked at; most are of other files. */
export function writeSwitch(supervisor: Supervisor, call: StoppedCall): CallAnswer | undefined {
  const { id, thread, words } = call;
  const [descriptor = -1, memory = 0, size = 0] = words;
  const open = supervisor.switches.get(inodeOf(thread, descriptor));
  if (open === undefined) return GO_ON;
  if (size > LARGEST_VALUE) return { kind: "error", errno: EINVAL };
  const text = Buffer.from(readMemory(thread, memory, size).buffer).toString("latin1");
  const answer = (answered: CallAnswer): void => supervisor.listener.answer(id, answered);
  supervisor.family.setSwitch(open.name, text.trim()).then(
    (refusal) => answer(refusal === undefined ? { kind: "value", value: size } : { kind: "error", errno: EINVAL }),
    () => answer({ kind: "error", errno: EIO }),
  );
  return undefined;
}

function inodeOf(thread: number, descriptor: number): string {
  try {
    return pipeInode(readlinkSync(`/proc/${thread}/fd/${descriptor}`)) ?? "";
  } catch {
    return "";
  }
}
