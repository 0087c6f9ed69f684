/** The files that the kernel's IPVS has under /proc/net, in a folder of our own, for programs that read those. */
import { rmdirSync } from "node:fs";
import { makeFolder } from "../folder.ts";
import { systemError } from "../system-error.ts";
import { removeFile } from "./instance-lock.ts";
import type { LiveDirector } from "./live-director.ts";
import { writeWhole } from "./whole-file.ts";

const NAMES = ["ip_vs", "ip_vs_stats", "ip_vs_conn"];
/** Whoever scrapes may read them, as those of the kernel. */
const READABLE = 0o644;
/** How often they are written, in milliseconds: counters are sampled every two seconds. */
const INTERVAL = 1000;

export class ProcFiles {
  readonly #folder: string;
  readonly #director: LiveDirector;
  readonly #warn: (message: string) => void;
  readonly #last = new Map<string, string>();
  /** Told once, until it works again. */
  #failed = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(folder: string, director: LiveDirector, warn: (message: string) => void) {
    this.#folder = `${folder}/net`;
    this.#director = director;
    this.#warn = warn;
  }

  /** Writes the files, and goes on doing so. */
  async start(): Promise<void> {
    await this.#write();
    this.#timer = setTimeout(() => void this.start(), INTERVAL);
  }

  async #write(): Promise<void> {
    const texts = await this.#director.ask({ kind: "proc", names: NAMES }).catch(() => []);
    try {
      for (const [index, text] of texts.entries()) this.#put(NAMES[index] ?? "", text ?? "");
      this.#failed = false;
    } catch (error) {
      const failure = systemError(error);
      if (failure === undefined) throw error;
      if (!this.#failed) this.#warn(`${this.#folder}: ${failure.text}`);
      this.#failed = true;
    }
  }

  #put(name: string, text: string): void {
    if (this.#last.get(name) === text) return;
    makeFolder(this.#folder);
    writeWhole(`${this.#folder}/${name}`, text, { mode: READABLE, lasting: false });
    this.#last.set(name, text);
  }

  /** Stops writing, and removes the files and their folder. */
  stop(): void {
    clearTimeout(this.#timer);
    for (const name of NAMES) removeFile(`${this.#folder}/${name}`);
    try {
      rmdirSync(this.#folder);
    } catch (error) {
      // Somebody keeps more in it, or it never was.
      if (systemError(error) === undefined) throw error;
    }
  }
}
