/**
 * The thread that has the filter and starts the program: libuv forks from here, so the program has the filter, and the
 * rest of this process has not. The listener is a descriptor of the whole process.
 */
import { spawn } from "node:child_process";
import { parentPort, workerData } from "node:worker_threads";
import { installFilter } from "./filter.ts";

export type WorkerMessage =
  | { readonly kind: "listening"; readonly listener: number }
  | { readonly kind: "no-filter"; readonly errno: number }
  | { readonly kind: "started"; readonly pid: number }
  | { readonly kind: "not-started"; readonly code: string; readonly program: string }
  | { readonly kind: "ended"; readonly code: number | null; readonly signal: NodeJS.Signals | null };

export interface WorkerSetup {
  /** Of the program; none to try the filter only. */
  readonly words: readonly string[];
  /** Files that it opens are looked at, too. */
  readonly files: boolean;
}

if (parentPort !== null) {
  const main = parentPort;
  const tell = (message: WorkerMessage): void => main.postMessage(message);
  const setup = workerData as WorkerSetup;
  const filter = installFilter(setup.files);
  if ("errno" in filter) tell({ kind: "no-filter", errno: filter.errno });
  else {
    tell({ kind: "listening", listener: filter.listener });
    const [program, ...words] = setup.words;
    if (program !== undefined) start(program, words, tell);
  }
}

function start(program: string, words: readonly string[], tell: (message: WorkerMessage) => void): void {
  const child = spawn(program, words, { stdio: "inherit" });
  if (child.pid !== undefined) tell({ kind: "started", pid: child.pid });
  child.on("error", (error: NodeJS.ErrnoException) => {
    tell({ kind: "not-started", code: error.code ?? "", program });
  });
  child.on("exit", (code, signal) => tell({ kind: "ended", code, signal }));
}
