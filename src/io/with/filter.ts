/**
 * The seccomp filter that stops a program's calls about sockets of generic netlink, and lets all others pass
 * (seccomp_unotify(2), seccomp(2); include/uapi/linux/filter.h). One of few calls is looked at: a filter is put on a thread,
 * and all that this thread starts has it.
 */
import { addressOf, errno, prctl, syscall } from "../system/libc.ts";

const X86_64 = {
  write: 1,
  open: 2,
  stat: 4,
  lstat: 6,
  access: 21,
  readlink: 89,
  socket: 41,
  connect: 42,
  recvfrom: 45,
  bind: 49,
  getsockname: 51,
  setsockopt: 54,
  getsockopt: 55,
  openat: 257,
  newfstatat: 262,
  statx: 332,
  getxattr: 191,
  lgetxattr: 192,
  readlinkat: 267,
  faccessat: 269,
  seccomp: 317,
  memfd_create: 319,
  faccessat2: 439,
};
type Numbers = typeof X86_64;
/** As include/uapi/asm-generic/unistd.h numbers them. */
const ARM64: Numbers = {
  write: 64,
  // There are none of these five.
  open: -1,
  stat: -1,
  lstat: -1,
  access: -1,
  readlink: -1,
  socket: 198,
  connect: 203,
  recvfrom: 207,
  bind: 200,
  getsockname: 204,
  setsockopt: 208,
  getsockopt: 209,
  openat: 56,
  newfstatat: 79,
  statx: 291,
  getxattr: 8,
  lgetxattr: 9,
  readlinkat: 78,
  faccessat: 48,
  seccomp: 277,
  memfd_create: 279,
  faccessat2: 439,
};
const NUMBERS = process.arch === "arm64" ? ARM64 : X86_64;
/** AUDIT_ARCH_AARCH64, AUDIT_ARCH_X86_64: calls of 32-bit programs pass. */
const ARCHITECTURE = process.arch === "arm64" ? 0xc00000b7 : 0xc000003e;
/** Newer calls have one number everywhere. */
export const PIDFD_OPEN = 434;
export const PIDFD_GETFD = 438;
export const MEMFD_CREATE = NUMBERS.memfd_create;
export const NEWFSTATAT = NUMBERS.newfstatat;
export const STATX = NUMBERS.statx;

/**
 * A program finds a file that it opens to write under one of these numbers if it may have so many: then its write(2) is stopped and
 * answered. What it copies to another number, as a shell does, is heard of when it is written.
 */
export const FIRST_STOPPED = 960;
const LAST_STOPPED = 1023;

/** The calls that are stopped. */
export type Stopped = Exclude<keyof Numbers, "seccomp" | "memfd_create">;
const NAMES = new Map<number, Stopped>(
  (Object.keys(NUMBERS) as (keyof Numbers)[]).flatMap((name) =>
    name === "seccomp" || name === "memfd_create" ? [] : [[NUMBERS[name], name]],
  ),
);

/** The name of a call that the filter stops. */
export const nameOfCall = (number: number): Stopped | undefined => NAMES.get(number);

export const SOL_NETLINK = 270;
export const AF_NETLINK = 16;
export const NETLINK_GENERIC = 16;
/** sizeof(struct sockaddr_nl). */
export const NETLINK_ADDRESS = 12;

/** Which of an instruction's arguments must be what; the low half of each is looked at. */
interface Rule {
  readonly call: Stopped;
  readonly wanted: readonly (readonly [argument: number, value: number])[];
}
const RULES: readonly Rule[] = [
  {
    call: "socket",
    wanted: [
      [0, AF_NETLINK],
      [2, NETLINK_GENERIC],
    ],
  },
  { call: "bind", wanted: [[2, NETLINK_ADDRESS]] },
  { call: "connect", wanted: [[2, NETLINK_ADDRESS]] },
  { call: "getsockname", wanted: [] },
  { call: "setsockopt", wanted: [[1, SOL_NETLINK]] },
  { call: "getsockopt", wanted: [[1, SOL_NETLINK]] },
];

type Instruction = readonly [code: number, jumpIf: number, jumpElse: number, value: number];
/** BPF_LD | BPF_W | BPF_ABS, BPF_JMP | BPF_JEQ | BPF_K, BPF_RET | BPF_K. */
const load = (offset: number): Instruction => [0x20, 0, 0, offset];
const jumpIfEqual = (value: number, jumpIf: number, jumpElse: number): Instruction => [0x15, jumpIf, jumpElse, value];
/** BPF_JMP | BPF_JGE | BPF_K, and BPF_JGT. */
const jumpIfLess = (value: number, jump: number): Instruction => [0x35, 0, jump, value];
const jumpIfGreater = (value: number, jump: number): Instruction => [0x25, jump, 0, value];
const end = (action: number): Instruction => [0x06, 0, 0, action];
/** SECCOMP_RET_ALLOW, SECCOMP_RET_USER_NOTIF. */
const ALLOW = 0x7fff0000;
const STOP = 0x7fc00000;
/** struct seccomp_data: number, architecture, instruction pointer, arguments. */
const NUMBER = 0;
const ARCH = 4;
const argument = (index: number): number => 16 + 8 * index;
const HIGH = 4;
const SENDER = 4;

/** Every file that is opened or looked for: dear, and so only on request. */
const FILE_CALLS = [
  ...(["openat", "open", "newfstatat", "stat", "lstat", "statx"] as const),
  ...(["faccessat2", "faccessat", "access", "readlinkat", "readlink"] as const),
  ...(["getxattr", "lgetxattr"] as const),
] as const;
const FILE_RULES: readonly Rule[] = FILE_CALLS.map((call) => ({ call, wanted: [] }));

function program(files: boolean): Instruction[] {
  const code = [load(ARCH), jumpIfEqual(ARCHITECTURE, 1, 0), end(ALLOW), load(NUMBER)];
  for (const { call, wanted } of files ? [...RULES, ...FILE_RULES] : RULES) {
    const checks = wanted.flatMap(([index, value], at): Instruction[] => {
      const left = 2 * (wanted.length - 1 - at);
      return [load(argument(index)), jumpIfEqual(value, 0, left + 1)];
    });
    code.push(jumpIfEqual(NUMBERS[call], 0, checks.length + 2), ...checks, end(STOP), end(ALLOW));
  }
  if (files) code.push(...stopWrites());
  // recvfrom with a place for the sender's address: its family is looked at there, as in Go's net packages.
  code.push(
    jumpIfEqual(NUMBERS.recvfrom, 0, 5),
    load(argument(SENDER)),
    jumpIfEqual(0, 0, 2),
    load(argument(SENDER) + HIGH),
    jumpIfEqual(0, 1, 0),
    end(STOP),
    end(ALLOW),
  );
  return code;
}

/** write to one of the numbers from FIRST_STOPPED on. */
const stopWrites = (): Instruction[] => [
  jumpIfEqual(NUMBERS.write, 0, 5),
  load(argument(0)),
  jumpIfLess(FIRST_STOPPED, 2),
  jumpIfGreater(LAST_STOPPED, 1),
  end(STOP),
  end(ALLOW),
];

const INSTRUCTION = 8;

/** struct sock_filter of each. */
function assembled(code: readonly Instruction[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(code.length * INSTRUCTION));
  for (const [index, [operation, jumpIf, jumpElse, value]] of code.entries()) {
    const at = index * INSTRUCTION;
    view.setUint16(at, operation, true);
    view.setUint8(at + 2, jumpIf);
    view.setUint8(at + 3, jumpElse);
    view.setUint32(at + 4, value, true);
  }
  return new Uint8Array(view.buffer);
}

const SECCOMP_SET_MODE_FILTER = 1;
const NEW_LISTENER = 8;
/** Since Linux 5.19: a call that was seen is not begun anew for a signal, of which Go sends itself many. */
const WAIT_KILLABLE_RECV = 32;
const PR_SET_NO_NEW_PRIVS = 38;
const EACCES = 13;
const EINVAL = 22;

/**
 * Puts the filter on the calling thread, for good; the descriptor where its calls arrive, or the error number. With `files`
 * the opening of files is stopped, too.
 */
export function installFilter(files: boolean): { readonly listener: number } | { readonly errno: number } {
  const code = assembled(program(files));
  /** struct sock_fprog. */
  const whole = new Uint8Array(16);
  const install = (flags: number): number => {
    const view = new DataView(whole.buffer);
    view.setUint16(0, code.length / INSTRUCTION, true);
    view.setBigUint64(8, BigInt(addressOf(code)), true);
    return Number(syscall(NUMBERS.seccomp, SECCOMP_SET_MODE_FILTER, flags, addressOf(whole), 0));
  };
  const best = NEW_LISTENER | WAIT_KILLABLE_RECV;
  let listener = install(best);
  if (listener < 0 && errno() === EACCES) {
    // Without CAP_SYS_ADMIN: whoever has a filter may become nobody else.
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    listener = install(best);
  }
  if (listener < 0 && errno() === EINVAL) listener = install(NEW_LISTENER);
  return listener < 0 ? { errno: errno() } : { listener };
}
