/** The rules of a running director in a file, so that they survive its crash. */
import { accessSync, constants } from "node:fs";
import { dirname } from "node:path";
import type { Log } from "../log.ts";
import { systemError } from "../system-error.ts";
import { removeFile } from "./instance-lock.ts";
import { readWhole, writeWhole } from "./whole-file.ts";

/** Owner and group, as the socket. */
const STATE_MODE = 0o640;
/** How long after a failure it is tried again, in milliseconds: somebody may have made room. */
const RETRY = 10_000;
/** How long changes are collected that may be saved a little later, in milliseconds. */
const SOON = 50;

/** The lines of a state file, the first one first; `undefined` if there is none. Throws what else the system says. */
export const readState = (file: string): string[] | undefined =>
  readWhole(file)?.toString("utf8").trimEnd().split("\n");

/** Keeps the lines of a state file that were not all taken, beside it. Throws what the system says. */
export function keepRefused(file: string, lines: readonly string[]): string {
  const kept = `${file}.refused`;
  writeWhole(kept, `${lines.join("\n")}\n`, { mode: STATE_MODE, lasting: true });
  return kept;
}

/** Keeps the file up to date. Changes that come while it is written are written together, after it. */
export class StateFile {
  readonly file: string;
  readonly #text: () => Promise<string>;
  readonly #log: Pick<Log, "warning" | "notice">;
  #written = "";
  #isOff = false;
  #running: Promise<string | undefined> | undefined;
  #next: Promise<string | undefined> | undefined;
  #failed = false;
  #retry: NodeJS.Timeout | undefined;
  #soon: NodeJS.Timeout | undefined;

  constructor(file: string, text: () => Promise<string>, log: Pick<Log, "warning" | "notice">) {
    this.file = file;
    this.#text = text;
    this.#log = log;
  }

  /** A user who may not write there has no state file: that is told now, and not with each change. */
  useAs(user: string | number): void {
    try {
      accessSync(dirname(this.file), constants.W_OK | constants.X_OK);
    } catch (error) {
      const failure = systemError(error);
      if (failure === undefined) throw error;
      this.#isOff = true;
      this.#log.warning(`${this.file}: ${failure.text} for ${user}; the rules will not survive a crash`);
    }
  }

  /** Resolves when what is so now stands in the file, or to why it does not: then the file is as it was. */
  save(): Promise<string | undefined> {
    if (this.#running === undefined) return this.#begin();
    const again = (): Promise<string | undefined> => {
      this.#next = undefined;
      return this.#begin();
    };
    this.#next ??= this.#running.then(again, again);
    return this.#next;
  }

  /** The same in a moment: many changes that follow each other are written once. Whoever wants to know calls `save` in the end. */
  saveSoon(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      this.save().catch(() => {});
    }, SOON).unref();
  }

  #begin(): Promise<string | undefined> {
    this.#running = this.#write().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #write(): Promise<string | undefined> {
    const text = await this.#text();
    if (text === this.#written || this.#isOff) return undefined;
    try {
      writeWhole(this.file, text, { mode: STATE_MODE, lasting: true });
      this.#written = text;
    } catch (error) {
      const failure = systemError(error);
      if (failure === undefined) throw error;
      return this.#fail(`${this.file}: ${failure.text}; the rules will not survive a crash`);
    }
    if (this.#failed) this.#log.notice(`${this.file}: the rules are saved again`);
    this.#failed = false;
    return undefined;
  }

  /** Told once, until it works again. */
  #fail(problem: string): string {
    if (!this.#failed) this.#log.warning(problem);
    this.#failed = true;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.save().catch(() => {}), RETRY).unref();
    return problem;
  }

  /** After an orderly end there is nothing to be restored. */
  remove(): void {
    clearTimeout(this.#retry);
    clearTimeout(this.#soon);
    removeFile(this.file);
  }
}
