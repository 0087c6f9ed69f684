/** Runs the commands of a page in a directory of its own, as a reader would after `npm install` and `make`. */
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { inThread } from "../cli/thread.ts";
import type { Heard } from "../cli/thread-worker.ts";
import type { Command } from "./blocks.ts";
import { Lab } from "./lab.ts";

/** Where `dist` is: this file is dist/test/docs/shell.js. */
const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const MAIN = join(ROOT, "dist/program/cli/main.js");
/** A command of a page may take so many milliseconds. */
const PATIENCE = 60_000;
const IPVSADM = /^(ipvsadm|ipvsadm-save|ipvsadm-restore)(?: (.*))?$/;

/**
 * A command line that needs no shell, of a program that ends by itself: `tapvs` or a module, words plain or within single
 * quotes; and what may read its output, behind a pipe.
 */
const PLAIN =
  /^((?:tapvs (?:explain|lesson|releases|replay|verify)|node [\w./-]+\.mjs)(?: +(?:[\w./:=,@%+-]+|'[^']*'))*)(?: \| (.*))?$/;

interface Printed {
  readonly code: number;
  readonly text: string;
}

export class Shell {
  readonly directory = mkdtempSync(join(tmpdir(), "tapvs-docs-"));
  lab = new Lab(["nat", "rules=none"]);
  #code = 0;

  /** Copies what commands may write to or import from, and links the rest. `repository` is where the pages are. */
  constructor(repository: string) {
    const here = (name: string): string => join(this.directory, name);
    cpSync(join(repository, "examples"), here("examples"), { recursive: true });
    for (const name of ["docs", "fixtures"]) symlinkSync(resolve(repository, name), here(name));
    symlinkSync(join(ROOT, "dist"), here("dist"));
    mkdirSync(here("node_modules/.bin"), { recursive: true });
    symlinkSync(ROOT, here("node_modules/tapvs"));
    symlinkSync(join(ROOT, "node_modules/fast-check"), here("node_modules/fast-check"));
    const launcher = `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`;
    writeFileSync(here("node_modules/.bin/tapvs"), launcher, { mode: 0o755 });
  }

  close(): void {
    rmSync(this.directory, { recursive: true });
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.directory, name), text);
  }

  /** What a command prints on both streams; a newline at the end is left out. */
  async run({ host, line }: Command): Promise<string> {
    const { code, text } = host === "" ? await this.#onDirector(line) : this.#onClient(host, line);
    this.#code = code;
    return text.replace(/\n$/, "");
  }

  async #onDirector(line: string): Promise<Printed> {
    if (line === "echo $?") return { code: 0, text: `${this.#code}\n` };
    const sleep = /^sleep (\d+)$/.exec(line);
    if (sleep !== null) {
      this.lab.sleep(Number(sleep[1]));
      return { code: 0, text: "" };
    }
    const [, program, words = ""] = IPVSADM.exec(line) ?? [];
    if (program !== undefined) return this.#ipvsadm(program, words);
    const [, plain, reader] = PLAIN.exec(line) ?? [];
    if (plain === undefined) return this.sh(line);
    const { code, out, err, both } = this.#inThread(plain);
    if (reader === undefined) return { code, text: both };
    const read = await this.sh(reader, out);
    return { code: read.code, text: err + read.text };
  }

  #onClient(host: string, line: string): Printed {
    const [, url] = /^curl (\S+)$/.exec(line) ?? [];
    if (host !== "client" || url === undefined) throw new Error(`${host}$ ${line}: a client can only curl`);
    return { code: 0, text: this.lab.curl(url) };
  }

  /** Redirections are taken; quotes are not. */
  #ipvsadm(program: string, line: string): Printed {
    const [, words = "", direction, file = ""] = /^(.*?)(?:(?:^| )([<>]) ?(\S+))?$/.exec(line) ?? [];
    const stdin = direction === "<" ? readFileSync(join(this.directory, file), "utf8") : "";
    const { code, out, err } = this.lab.run(program, words.split(/\s+/).filter(Boolean), stdin);
    if (direction === ">") this.write(file, out);
    return { code, text: direction === ">" ? err : out + err };
  }

  /** In a thread of the tests: most commands take less than the start of a process. */
  #inThread(line: string): Heard {
    const [program, ...words] = (line.match(/'[^']*'|[^\s']+/g) ?? []).map((word) => word.replace(/^'(.*)'$/, "$1"));
    return inThread(program === "node" ? "node" : "tapvs", words, this.directory);
  }

  /** A module of the directory. */
  module(file: string): Printed {
    const { code, both } = this.#inThread(`node ${file}`);
    return { code, text: both };
  }

  /** Any other command line, by sh, with `tapvs` in its path. */
  async sh(line: string, stdin = ""): Promise<Printed> {
    const path = `${join(this.directory, "node_modules/.bin")}:${process.env.PATH ?? ""}`;
    const env = { PATH: path, HOME: this.directory, LC_ALL: "C.UTF-8", TZ: "UTC", NO_COLOR: "1", COLUMNS: "80" };
    const options = { cwd: this.directory, env, timeout: PATIENCE, maxBuffer: 1 << 24 };
    try {
      const running = promisify(execFile)("sh", ["-c", `exec 2>&1\n${line}`], options);
      // One that has seen enough, as head, closes its end.
      running.child.stdin?.on("error", () => {}).end(stdin);
      const { stdout } = await running;
      return { code: 0, text: stdout };
    } catch (error) {
      const { code, stdout } = error as { readonly code?: unknown; readonly stdout?: string };
      if (typeof code !== "number") throw error;
      return { code, text: stdout ?? "" };
    }
  }
}
