/** Runs the built command: in a thread that has it loaded, or as a process of its own. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { inThread } from "./thread.ts";

/** Beside the tests, wherever they were built to. */
export const MAIN = fileURLToPath(new URL("../../program/cli/main.js", import.meta.url));

export interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  readonly input?: Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
}

/** The environment without what would colour the output of a test's terminal. */
const { FORCE_COLOR: _force, NO_COLOR: _no, ...environment } = process.env;

const LONGEST = 120_000;

const options = ({ input, env }: RunOptions) => ({
  ...(input === undefined ? {} : { input }),
  env: { ...environment, ...env },
  maxBuffer: 2 ** 26,
  // A command that waits for ever must not keep all other tests waiting: nothing interrupts a synchronous call.
  timeout: LONGEST,
  killSignal: "SIGKILL" as const,
});

/** `tapvs WORDS...` to its end, in a thread: many times as fast as a process. Of commands that read no input and enter no namespace. */
export function tapvs(words: readonly string[], folder = "."): Run {
  const { code, out, err } = inThread("tapvs", words, folder);
  return { code, out, err };
}

/** `tapvs WORDS...` to its end, in a process of its own. */
export function tapvsProcess(words: readonly string[], settings: RunOptions = {}): Run {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...words], {
    ...options(settings),
    encoding: "utf8",
  });
  return { code: status, out: stdout, err: stderr };
}

/** The same for output that is no text. */
export function tapvsBytes(
  words: readonly string[],
  settings: RunOptions = {},
): { readonly code: number | null; readonly out: Buffer } {
  const { status, stdout } = spawnSync(process.execPath, [MAIN, ...words], options(settings));
  return { code: status, out: stdout };
}

/** A process that is still running; standard input, output and error are pipes. */
export const startTapvs = (words: readonly string[]) => spawn(process.execPath, [MAIN, ...words], { env: environment });

/** `tapvs WORDS...` to its end, while this process goes on: it may be whom the command speaks to. */
export async function runTapvs(words: readonly string[], env: Readonly<Record<string, string>>): Promise<Run> {
  const child = spawn(process.execPath, [MAIN, ...words], { env: { ...environment, ...env } });
  const texts = { out: "", err: "" };
  child.stdout.on("data", (piece) => {
    texts.out += piece;
  });
  child.stderr.on("data", (piece) => {
    texts.err += piece;
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, ...texts };
}

/** An ordinary user, as every machine has one. */
export const NOBODY = { uid: 65534, gid: 65534 };

/** Whether another user can run what was built: it may stand in somebody's home. */
export const runsForNobody = (): boolean =>
  process.getuid?.() === 0 && spawnSync(process.execPath, [MAIN, "--version"], { cwd: "/", ...NOBODY }).status === 0;
