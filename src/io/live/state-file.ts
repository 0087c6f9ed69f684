/** The rules of a running director in a file, so that they survive its crash. */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { systemError } from "../system-error.ts";
import { removeFile } from "./instance-lock.ts";

/** Writes a file so that a reader finds the old text or the new one, whole, also after a crash. Throws what the system says. */
export function writeAtomically(file: string, text: string, mode: number): void {
  const draft = `${file}.new`;
  const descriptor = openSync(draft, "w", mode);
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(draft, file);
}

/** Owner and group, as the socket. */
const STATE_MODE = 0o640;

/** The lines of a state file; `undefined` if there is none. Throws what else the system says. */
export function readState(file: string): string[] | undefined {
  try {
    return readFileSync(file, "utf8").trimEnd().split("\n");
  } catch (error) {
    if (systemError(error)?.code === "ENOENT") return undefined;
    throw error;
  }
}

/** Keeps the file up to date. Changes that come while it is written are written together, after it. */
export class StateFile {
  readonly file: string;
  readonly #text: () => Promise<string>;
  readonly #warn: (message: string) => void;
  #written = "";
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #failed = false;

  constructor(file: string, text: () => Promise<string>, warn: (message: string) => void) {
    this.file = file;
    this.#text = text;
    this.#warn = warn;
  }

  /** Resolves when what is so now stands in the file. */
  save(): Promise<void> {
    if (this.#running === undefined) return this.#begin();
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      return this.#begin();
    });
    return this.#next;
  }

  #begin(): Promise<void> {
    this.#running = this.#write().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #write(): Promise<void> {
    const text = await this.#text();
    if (text === this.#written) return;
    try {
      writeAtomically(this.file, text, STATE_MODE);
      this.#written = text;
      this.#failed = false;
    } catch (error) {
      const failure = systemError(error);
      if (failure === undefined) throw error;
      if (!this.#failed) this.#warn(`${this.file}: ${failure.text}; the rules will not survive a crash`);
      this.#failed = true;
    }
  }

  /** After an orderly end there is nothing to be restored. */
  remove(): void {
    removeFile(this.file);
  }
}
