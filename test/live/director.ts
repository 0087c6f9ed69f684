/** A live director under test: `tapvs run` in a namespace, and what is asked of it. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { askDirector, type ControlAnswer } from "../../src/io/control/client.ts";
import { inThread } from "../cli/thread.ts";
import { attempt, end, type Network, type Outcome } from "./network.ts";

/** Beside the tests, wherever they were built to. */
export const MAIN = fileURLToPath(new URL("../../program/cli/main.js", import.meta.url));
export const IPVSADM = fileURLToPath(new URL("../../program/cli/tapvs-ipvsadm.js", import.meta.url));

export interface StartOptions {
  readonly words?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A program that runs it, with its options. */
  readonly as?: readonly string[];
  /** Whether the socket is named on its command line. */
  readonly named?: boolean;
}

export class TestDirector {
  readonly folder = mkdtempSync(join(tmpdir(), "tvs-"));
  readonly socket = join(this.folder, "test.sock");
  readonly config = join(this.folder, "director.yaml");
  readonly #network: Network;
  #child: ChildProcess | undefined;
  /** What it said on standard error, and on standard output. */
  log = "";
  out = "";

  constructor(network: Network, yaml: string) {
    this.#network = network;
    this.configure(yaml);
  }

  configure(yaml: string): void {
    writeFileSync(this.config, yaml);
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  get child(): ChildProcess {
    if (this.#child === undefined) throw new Error("the director does not run");
    return this.#child;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** The words that run it. */
  words(...more: readonly string[]): string[] {
    return this.wordsAs([], ...more);
  }

  /** The same behind a program that runs what follows, as setpriv. */
  wordsAs(as: readonly string[], ...more: readonly string[]): string[] {
    const run = [process.execPath, MAIN, "run", "-c", this.config, "--socket", this.socket, ...more];
    return this.#network.within("d", ...as, ...run);
  }

  /** Starts it; resolves when it says `ready`, rejects if it ends instead. */
  async start({ words = [], env = {}, as = [], named = true }: StartOptions = {}): Promise<void> {
    this.log = "";
    const all = this.wordsAs(as, ...words);
    if (!named) all.splice(all.indexOf("--socket"), 2);
    const [program = "", ...rest] = all;
    const child = spawn(program, rest, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
    this.#child = child;
    child.stdout?.on("data", (piece) => {
      this.out += piece;
    });
    await new Promise<void>((resolve, reject) => {
      child.stderr?.on("data", (piece) => {
        this.log += piece;
        if (/(^|[ >])ready$/m.test(this.log) || this.log.includes('"message":"ready"')) resolve();
      });
      child.once("close", (code) => reject(new Error(`the director ended with ${code}: ${this.log}`)));
    });
  }

  /** Resolves to what it said when it matches. */
  async says(pattern: RegExp): Promise<void> {
    await until(
      () => pattern.test(this.log),
      () => `${pattern} in ${this.log}`,
    );
  }

  /** Ends it in order; resolves to the exit code. */
  async stop(): Promise<number | null> {
    const child = this.#child;
    if (child === undefined) return null;
    await end(child);
    return child.exitCode;
  }

  async close(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** What `tapvs ipvsadm` prints, and ends with. */
  ipvsadm(...words: readonly string[]): Outcome {
    const { code, out, err } = inThread("tapvs", ["ipvsadm", ...words], ".", { TAPVS_SOCKET: this.socket });
    return { code, out, err };
  }

  /** What ipvsadm would print, asked at the socket: without a process for each time that somebody looks. */
  async listing(...words: readonly string[]): Promise<string> {
    const { text } = await this.ask("POST", "/v1/ipvsadm", { words });
    return (JSON.parse(text) as Outcome).out;
  }

  /** Resolves when what ipvsadm prints is as wanted. */
  async lists(words: readonly string[], isWanted: (listing: string) => boolean): Promise<void> {
    let last = "";
    const look = async (): Promise<boolean> => {
      last = await this.listing(...words);
      return isWanted(last);
    };
    await until(look, () => `what is wanted of ipvsadm ${words.join(" ")}:\n${last}`);
  }

  tapvs(...words: readonly string[]): Outcome {
    return attempt(["env", `TAPVS_SOCKET=${this.socket}`, process.execPath, MAIN, ...words]);
  }

  ask(method: "GET" | "POST", path: string, body?: object): Promise<ControlAnswer> {
    return askDirector(this.socket, method, path, body);
  }

  async json<Answer>(path: string): Promise<Answer> {
    return JSON.parse((await this.ask("GET", path)).text) as Answer;
  }
}

/** Milliseconds: a busy machine may take its time, and what never happens is found out soon enough. */
const PATIENCE = 60_000;

/** Resolves when the condition holds; rejects with `what` if it does not within a minute. */
export async function until(condition: () => boolean | Promise<boolean>, what: () => string): Promise<void> {
  const deadline = Date.now() + PATIENCE;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited ${PATIENCE} ms in vain for ${what()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
