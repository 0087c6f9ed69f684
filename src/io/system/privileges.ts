/**
 * Gives up what the director no longer needs once its devices are open.
 *
 * Capabilities belong to threads, and Node has several before a program's first line runs. The only way to take them from
 * all is to start the program anew in the same process: execve(2) ends the other threads, and what the new ones get is
 * limited by the bounding set (capabilities(7)). Open descriptors are handed over.
 */
import { readFileSync } from "node:fs";
import { DeviceError, lastError } from "./errors.ts";
import { addressOf, capset, execve, F_SETFD, fcntl, prctl } from "./libc.ts";

export const CAP_NET_ADMIN = 12;
export const CAP_NET_RAW = 13;
export const CAP_SYS_ADMIN = 21;
const LAST_CAPABILITY = 40;
const PR_CAPBSET_DROP = 24;
const PR_SET_NO_NEW_PRIVS = 38;
const PR_CAP_AMBIENT = 47;
const PR_CAP_AMBIENT_RAISE = 2;
/** _LINUX_CAPABILITY_VERSION_3: two words of 32 bits for each set. */
const CAPABILITY_VERSION = 0x20080522;
const STANDARD_DESCRIPTORS = [0, 1, 2];
const HANDOVER = "TAPVS_HANDOVER";

/** The capabilities that this process may use, as bits. */
export function permittedCapabilities(): bigint {
  const hex = /^CapPrm:\s*([0-9a-f]+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0";
  return BigInt(`0x${hex}`);
}

/** Whether no program that this process runs can have more privileges than it has (PR_SET_NO_NEW_PRIVS(2const)). */
export const hasNoNewPrivileges = (): boolean => /^NoNewPrivs:\s*1/m.test(readFileSync("/proc/self/status", "utf8"));

const setOf = (capabilities: readonly number[]): bigint =>
  capabilities.reduce((bits, capability) => bits | (1n << BigInt(capability)), 0n);

/** Whether the process has capabilities beyond these. */
export const hasMoreThan = (kept: readonly number[]): boolean => (permittedCapabilities() & ~setOf(kept)) !== 0n;

/** What a process found that was started anew, or by a predecessor whose place it takes. */
export interface Handover {
  readonly left: unknown;
  readonly fromPredecessor: boolean;
}

/** What a program left for itself, or for its successor; `undefined` in one that nobody left anything. */
export function takeHandover(): Handover | undefined {
  const { pid, left } = parsed(process.env[HANDOVER] ?? "");
  delete process.env[HANDOVER];
  // A child that only inherited the variable has neither number.
  if (pid === process.pid) return { left, fromPredecessor: false };
  return pid === process.ppid && process.send !== undefined ? { left, fromPredecessor: true } : undefined;
}

/** What is not ours counts for nothing. */
function parsed(text: string): { readonly pid?: unknown; readonly left?: unknown } {
  try {
    return Object(JSON.parse(text));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return {};
  }
}

/** The environment of a successor, which will find `left`. The watchdog is its own from the beginning. */
export function handoverTo(left: object): NodeJS.ProcessEnv {
  const { WATCHDOG_PID: _, ...environment } = process.env;
  return { ...environment, [HANDOVER]: JSON.stringify({ pid: process.pid, left }) };
}

/**
 * Starts the program anew, without a way to new privileges and with no other capabilities than `kept`, if there is such a
 * list. `left` is what takeHandover will return, `descriptors` stay open. Does not return; throws DeviceError if it cannot
 * be done.
 */
export function restartWith(kept: readonly number[] | undefined, left: object, descriptors: readonly number[]): never {
  if (kept !== undefined) limitCapabilities(kept);
  // Of this thread, and of those of the program that it becomes.
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) throw failure("giving up new privileges");
  // Node marks all of its descriptors as not to be inherited, standard ones among them.
  for (const descriptor of [...STANDARD_DESCRIPTORS, ...descriptors]) fcntl(descriptor, F_SETFD, 0);
  const environment = { ...process.env, [HANDOVER]: JSON.stringify({ pid: process.pid, left }) };
  const words = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  execve(process.execPath, [...words, null], [...variables, null]);
  throw failure("starting again without privileges");
}

/** This thread's sets, which the new program begins with. A root of few capabilities is bound by the bounding set, others by the ambient one. */
function limitCapabilities(kept: readonly number[]): void {
  for (let capability = 0; capability <= LAST_CAPABILITY; capability++) {
    // Newer kernels have more, older fewer: what is not there cannot be dropped and need not be.
    if (!kept.includes(capability)) prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  }
  const allowed = permittedCapabilities() & setOf(kept);
  const [low, high] = [Number(allowed & 0xffffffffn), Number(allowed >> 32n)];
  const header = Uint32Array.of(CAPABILITY_VERSION, 0);
  // Effective, permitted and inheritable: first the low words, then the high ones.
  const sets = Uint32Array.of(low, low, low, high, high, high);
  if (capset(addressOf(header), addressOf(sets)) < 0) throw failure("dropping capabilities");
  for (const capability of kept) prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0);
}

function failure(what: string): DeviceError {
  const { code, text } = lastError();
  return new DeviceError(code, `${what}: ${text}`);
}

/** Becomes another user for good, in all threads (the C library sees to that). Throws DeviceError. */
export function becomeUser(user: string | number): void {
  const entry = userEntry(user);
  if (entry === undefined) throw new DeviceError("ENOENT", `user: there is no user ${user} in /etc/passwd`);
  if (process.getuid?.() === entry.uid) return;
  try {
    process.setgroups?.([entry.gid, ...groupsOf(entry.name)]);
    process.setgid?.(entry.gid);
    process.setuid?.(entry.uid);
  } catch (error) {
    throw new DeviceError(
      "EPERM",
      `user: becoming ${user} needs root (${error instanceof Error ? error.message : error})`,
    );
  }
}

export interface UserEntry {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** A user of /etc/passwd by name or number. */
export function userEntry(user: string | number): UserEntry | undefined {
  for (const line of readFileSync("/etc/passwd", "utf8").split("\n")) {
    const [name = "", , uid, gid] = line.split(":");
    if (name !== "" && (name === user || uid === String(user))) return { name, uid: Number(uid), gid: Number(gid) };
  }
  return undefined;
}

/** The numbers of the groups of /etc/group that list a user. */
function groupsOf(name: string): number[] {
  return readFileSync("/etc/group", "utf8")
    .split("\n")
    .map((line) => line.split(":"))
    .filter(([, , , members = ""]) => members.split(",").includes(name))
    .map(([, , gid]) => Number(gid));
}
