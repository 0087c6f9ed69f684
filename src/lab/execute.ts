/** Runs other programs and waits for them. */
import { type ChildProcess, spawn } from "node:child_process";
import { LabError } from "./lab-error.ts";

export interface Finished {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface ExecuteOptions {
  readonly stdin?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs a program to its end. Rejects with LabError (4) if it is not installed; a failure is a code other than 0. */
export function execute(words: readonly string[], { stdin, env }: ExecuteOptions = {}): Promise<Finished> {
  const [program = "", ...rest] = words;
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, { stdio: ["pipe", "pipe", "pipe"], ...(env && { env }) });
    const out = collect(child.stdout);
    const err = collect(child.stderr);
    child.once("error", (error: NodeJS.ErrnoException) => reject(notStarted(program, error)));
    child.once("close", (code, signal) => resolve({ code: exitCodeOf(code, signal), out: out(), err: err() }));
    // A program that ends before it has read all is no failure of ours.
    child.stdin.on("error", () => {});
    child.stdin.end(stdin ?? "");
  });
}

/** Runs a program on this terminal; resolves to its exit code. */
export function executeHere(words: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<number> {
  const [program = "", ...rest] = words;
  // A Ctrl-C goes to the whole group; it is for the program to end, and for us to wait for it.
  const stay = (): void => {};
  process.on("SIGINT", stay);
  return new Promise<number>((resolve, reject) => {
    const child: ChildProcess = spawn(program, rest, { stdio: "inherit", env });
    child.once("error", (error: NodeJS.ErrnoException) => reject(notStarted(program, error)));
    child.once("close", (code, signal) => resolve(exitCodeOf(code, signal)));
  }).finally(() => process.off("SIGINT", stay));
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = "";
  stream.setEncoding("utf8");
  stream.on("data", (piece: string) => {
    text += piece;
  });
  return () => text;
}

const SIGNALS: Partial<Readonly<Record<NodeJS.Signals, number>>> = { SIGINT: 130, SIGTERM: 143, SIGKILL: 137 };
const exitCodeOf = (code: number | null, signal: NodeJS.Signals | null): number =>
  code ?? (signal === null ? 1 : (SIGNALS[signal] ?? 1));

/** Where Debian has the programs of a lab. */
const PACKAGES: Readonly<Record<string, string>> = {
  ip: "iproute2",
  curl: "curl",
  keepalived: "keepalived",
  bird: "bird2",
  sysctl: "procps",
  "redis-server": "redis-server",
  tcpdump: "tcpdump",
  dumpcap: "wireshark-common",
};

/** What to do about a program that is not there. */
export const missingProgram = (program: string): LabError => {
  const debian = PACKAGES[program];
  return new LabError(4, `${program} is not installed${debian === undefined ? "" : `; apt-get install ${debian}`}`);
};

const notStarted = (program: string, error: NodeJS.ErrnoException): LabError =>
  error.code === "ENOENT" ? missingProgram(program) : new LabError(1, `${program}: ${error.message}`);
