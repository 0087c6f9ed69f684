/**
 * Runs a program whose generic netlink family IPVS is ours. A worker thread puts the filter on itself and starts the program;
 * this thread answers what the filter stops. It is over when nobody has the filter any more, daemons included.
 */
import { constants, release } from "node:os";
import { Worker } from "node:worker_threads";
import { DeviceError, errorNumber, errorText } from "../system/errors.ts";
import { addressOf, pollLater } from "../system/libc.ts";
import type { FamilyServer } from "./family-server.ts";
import type { WorkerMessage, WorkerSetup } from "./filter-worker.ts";
import { adoptOrphans, orphans, reapOrphans } from "./orphans.ts";
import { Supervisor } from "./supervisor.ts";

export interface WithOptions {
  /** The program and its words. */
  readonly words: readonly string[];
  /** It is to find the files of /proc/net that the kernel's IPVS has. */
  readonly files: boolean;
  readonly family: FamilyServer;
  readonly heard: (datagram: Uint8Array, replies: readonly Uint8Array[]) => void;
  /** What people should know: nobody answers for the family. Told once. */
  readonly warn: (message: string) => void;
}

/** What a shell ends with for a program that is not there, or may not be run. */
const NOT_FOUND = 127;
const NOT_RUNNABLE = 126;
/** The terminal says these to the program, too. */
const FROM_TERMINAL = ["SIGINT", "SIGQUIT"] as const;
const FORWARDED = ["SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGCONT", "SIGWINCH"] as const;

const startWorker = (setup: WorkerSetup): Worker =>
  new Worker(new URL("./filter-worker.js", import.meta.url), { workerData: setup });

/** libuv makes its threads when they are first wanted: it must not be the thread with the filter that wants them. */
const makePool = (): Promise<void> =>
  new Promise((resolve) => pollLater(addressOf(new Uint8Array(8)), 0, 0, () => resolve()));

/** Since this kernel a stopped call can be answered with a descriptor in one step (SECCOMP_ADDFD_FLAG_SEND). */
const OLDEST_KERNEL = [5, 14] as const;

/** Whether a kernel, named as uname does, is older than that. */
export function isTooOld(kernel: string): boolean {
  const [major = 0, minor = 0] = kernel.split(/[.-]/).map(Number);
  const [wantedMajor, wantedMinor] = OLDEST_KERNEL;
  return major < wantedMajor || (major === wantedMajor && minor < wantedMinor);
}

function tooOld(): DeviceError | undefined {
  if (!isTooOld(release())) return undefined;
  return new DeviceError(
    "ENOSYS",
    `Linux ${release()} is too old: ${OLDEST_KERNEL.join(".")} or newer lets programs be watched`,
  );
}

/** Resolves to the program's exit code, or 128 and the signal that ended it. Rejects with DeviceError. */
export async function runWith({ words, files, family, heard, warn }: WithOptions): Promise<number> {
  const obstacle = tooOld();
  if (obstacle !== undefined) throw obstacle;
  adoptOrphans();
  await makePool();
  const worker = startWorker({ words, files });
  return new Promise((resolve, reject) => {
    const run = new Run(worker, resolve);
    worker.on("error", reject);
    worker.on("message", (message: WorkerMessage) => {
      if (message.kind === "no-filter") {
        reject(noFilter(message.errno));
        return;
      }
      if (message.kind === "listening") {
        const failed = (error: unknown): void => run.failed(error, warn);
        new Supervisor(message.listener, { family, heard, failed, warn, over: () => run.over() }).run();
      }
      run.take(message, warn);
    });
  });
}

/** How far it is: the program's end, and that of the last process with the filter, come in any order. */
class Run {
  readonly #worker: Worker;
  readonly #resolve: (code: number) => void;
  #pid: number | undefined;
  /** Signals from before it was known who gets them. */
  readonly #held: NodeJS.Signals[] = [];
  #code: number | undefined;
  #isOver = false;
  #hasFailed = false;

  constructor(worker: Worker, resolve: (code: number) => void) {
    this.#worker = worker;
    this.#resolve = resolve;
    this.#forwardSignals();
  }

  take(message: WorkerMessage, warn: (message: string) => void): void {
    switch (message.kind) {
      case "started":
        this.#pid = message.pid;
        for (const signal of this.#held) this.#send(signal);
        return;
      case "not-started":
        warn(`${message.program}: ${errorText(errorNumber(message.code)).text}`);
        this.#ended(message.code === "ENOENT" ? NOT_FOUND : NOT_RUNNABLE);
        return;
      case "ended":
        this.#ended(message.signal === null ? (message.code ?? 0) : 128 + constants.signals[message.signal]);
        return;
      case "listening":
      case "no-filter":
    }
  }

  #forwardSignals(): void {
    for (const signal of FROM_TERMINAL) process.on(signal, () => {});
    for (const signal of FORWARDED) process.on(signal, () => this.#send(signal));
    process.on("SIGCHLD", () => this.#reap());
  }

  /** To the program, or to what it left behind: that it has ended may be heard here later than it is so. */
  #send(signal: NodeJS.Signals): void {
    if (this.#pid === undefined && this.#code === undefined) {
      this.#held.push(signal);
      return;
    }
    if (this.#code === undefined && this.#pid !== undefined && reaches(this.#pid, signal)) return;
    for (const pid of orphans()) reaches(pid, signal);
  }

  /** Not before libuv has said what became of the program: it waits for it itself. */
  #reap(): void {
    if (this.#pid === undefined && this.#code === undefined) return;
    reapOrphans(this.#code === undefined ? this.#pid : undefined);
  }

  #ended(code: number): void {
    this.#code ??= code;
    this.#reap();
    if (this.#isOver) this.#resolve(this.#code);
    // The worker has the filter, too. Daemons that the program left behind go on.
    else void this.#worker.terminate();
  }

  over(): void {
    this.#isOver = true;
    this.#reap();
    if (this.#code !== undefined) this.#resolve(this.#code);
  }

  failed(error: unknown, warn: (message: string) => void): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    warn(error instanceof Error ? error.message : String(error));
  }
}

const EBUSY = 16;
const EINVAL = 22;
const ENOSYS = 38;

function noFilter(errno: number): DeviceError {
  const { code, text } = errorText(errno);
  if (errno === EBUSY) {
    return new DeviceError(
      code,
      "a program can be watched once: this is inside another `tapvs with`, or a container that watches system calls",
    );
  }
  if (errno === EINVAL || errno === ENOSYS) {
    return new DeviceError(code, "this kernel does not let programs be watched: it has no seccomp filters");
  }
  return new DeviceError(code, `the program cannot be watched: ${text}`);
}

/** Why programs cannot be run so on this machine; `undefined` if they can. Puts a filter on a thread of its own, which ends. */
export async function tryFilter(): Promise<string | undefined> {
  const obstacle = tooOld();
  if (obstacle !== undefined) return obstacle.message;
  await makePool();
  const worker = startWorker({ words: [], files: false });
  return new Promise((resolve) => {
    worker.on("error", (error: Error) => resolve(error.message));
    worker.on("message", (message: WorkerMessage) => {
      void worker.terminate();
      resolve(message.kind === "no-filter" ? noFilter(message.errno).message : undefined);
    });
  });
}

/** Whether a process was still there for a signal. */
function reaches(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
