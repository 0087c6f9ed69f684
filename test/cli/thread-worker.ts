/** The other side of thread.ts: runs command lines by the program's entry, and modules by import, and says what they print. */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type MessagePort, workerData } from "node:worker_threads";
import { runProgram } from "../../src/cli/program.ts";

export interface Asked {
  /** `node` with a module before its words, or the program. */
  readonly program: "node" | "tapvs";
  readonly words: readonly string[];
  /** Beside the environment of the tests. */
  readonly env: Readonly<Record<string, string>>;
}

export interface Heard {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** Both streams, in the order of writing. */
  readonly both: string;
}

const { port, answered } = workerData as { readonly port: MessagePort; readonly answered: Int32Array };
const heard = { out: "", err: "", both: "" };

const listener = (stream: "out" | "err") => (text: string | Uint8Array) => {
  heard[stream] += String(text);
  heard.both += String(text);
  return true;
};

process.stdout.write = listener("out");
process.stderr.write = listener("err");
// As on a pipe without colours, whatever the terminal of the tests.
const { FORCE_COLOR: _force, NO_COLOR: _no, COLUMNS: _columns, ...environment } = process.env;

/** Thrown where a process would be gone. */
class Exit extends Error {}

process.exit = (code) => {
  process.exitCode = code ?? process.exitCode ?? 0;
  throw new Exit();
};

let modules = 0;

/** Anew each time, as a process would; what it imports is there already. */
async function runModule([file = "", ...words]: readonly string[]): Promise<void> {
  process.argv = [process.execPath, resolve(file), ...words];
  await import(`${pathToFileURL(resolve(file)).href}?${++modules}`);
}

async function run({ program, words, env }: Asked): Promise<void> {
  process.env = { ...environment, ...env };
  Object.assign(heard, { out: "", err: "", both: "" });
  process.exitCode = undefined;
  try {
    await (program === "tapvs" ? runProgram(words) : runModule(words));
  } catch (error) {
    if (!(error instanceof Exit)) {
      // As Node does with what nobody catches.
      process.exitCode = 1;
      process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
    }
  }
  // runProgram listens for errors of standard output, each time it is called: once in a process.
  process.stdout.removeAllListeners("error");
  process.stderr.removeAllListeners("error");
  const answer: Heard = { code: Number(process.exitCode ?? 0), ...heard };
  process.exitCode = undefined;
  port.postMessage(answer);
  Atomics.store(answered, 0, 1);
  Atomics.notify(answered, 0);
}

port.on("message", run);
