/** Programs that run for as long as a lab stands: started, told apart from strangers, ended. */
import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { missingProgram } from "./execute.ts";
import { LabError } from "./lab-error.ts";
import type { LabProcess } from "./state.ts";

/** The descriptor on which a program of ours writes a line when it is ready; the variable tells it so. */
const READY_DESCRIPTOR = 3;
const READY_VARIABLE = "TAPVS_READY_FD";
const READY_MILLISECONDS = 10_000;

export interface Started {
  readonly process: LabProcess;
  /** What it prints. */
  readonly log: string;
  /** Resolves when the program has said that it is ready; at once if it is none that says so. */
  readonly ready: Promise<void>;
  /** Rejects with LabError when the program ends; does not keep this process alive. */
  readonly ended: Promise<never>;
}

export interface StartOptions {
  readonly host: string;
  readonly program: string;
  /** The whole command line. */
  readonly words: readonly string[];
  /** What it prints goes here. */
  readonly log: string;
  /** False for programs of others, which know nothing of the descriptor. */
  readonly announces: boolean;
}

/** Starts a program in a session of its own, so that a Ctrl-C here does not end it. */
export function startProcess({ host, program, words, log, announces }: StartOptions): Started {
  const [first = "", ...rest] = words;
  const output = openSync(log, "a");
  const child = spawn(first, rest, {
    detached: true,
    stdio: ["ignore", output, output, announces ? "pipe" : "ignore"],
    env: announces ? { ...process.env, [READY_VARIABLE]: `${READY_DESCRIPTOR}` } : process.env,
  });
  closeSync(output);
  const { pid } = child;
  if (pid === undefined) {
    child.once("error", () => {});
    throw missingProgram(first);
  }
  child.unref();
  const startTime = startTimeOf(pid) ?? "";
  const ended = new Promise<never>((_, reject) => {
    child.once("exit", (code, signal) => {
      const how = signal === null ? `with code ${code}` : `by ${signal}`;
      reject(new LabError(1, `${host}: ${program} ended ${how}: ${lastLines(log)}`));
    });
  });
  ended.catch(() => {});
  const ready = announces ? announced(child.stdio[READY_DESCRIPTOR] as Readable, host, program) : Promise.resolve();
  ready.catch(() => {});
  return { process: { host, program, pid, startTime }, log, ready, ended };
}

/** Waits for the line, no longer than READY_MILLISECONDS. */
function announced(pipe: Readable, host: string, program: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(
      () => reject(new LabError(1, `${host}: ${program} was not ready after ${READY_MILLISECONDS / 1000} seconds`)),
      READY_MILLISECONDS,
    );
    pipe.once("data", () => {
      clearTimeout(late);
      pipe.destroy();
      resolve();
    });
    pipe.once("close", () => clearTimeout(late));
  });
}

/** The end of a log, for a message. The log is gone when the lab was taken down in the meantime. */
export function lastLines(log: string): string {
  try {
    const text = readFileSync(log, "utf8").trim();
    return text === "" ? "it printed nothing" : text.split("\n").slice(-3).join("\n");
  } catch {
    return "its log is gone";
  }
}

/** When the process started, in clock ticks; `undefined` if there is none. A zombie counts as none. */
export function startTimeOf(pid: number): string | undefined {
  try {
    // The name in parentheses may hold anything, so what follows is counted from the last parenthesis.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\)\s*/s, "")
      .split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

export const isRunning = ({ pid, startTime }: LabProcess): boolean => startTimeOf(pid) === startTime;

/** How long a process may take to end when asked, in milliseconds. */
const PATIENCE = 2000;
const LOOK_AGAIN = 10;

/** Asks processes to end, and makes those that do not. */
export async function endProcesses(processes: readonly LabProcess[]): Promise<void> {
  const signal = (name: NodeJS.Signals): void => {
    for (const entry of processes) if (isRunning(entry)) kill(entry.pid, name);
  };
  signal("SIGTERM");
  // A stopped process hears nothing else before it goes on.
  signal("SIGCONT");
  if (await goneWithin(processes, PATIENCE)) return;
  signal("SIGKILL");
  await goneWithin(processes, PATIENCE);
}

async function goneWithin(processes: readonly LabProcess[], milliseconds: number): Promise<boolean> {
  for (let waited = 0; waited <= milliseconds; waited += LOOK_AGAIN) {
    if (!processes.some(isRunning)) return true;
    await sleep(LOOK_AGAIN);
  }
  return false;
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself in between.
  }
}
