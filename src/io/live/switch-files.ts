/**
 * The director's switches as files, in a folder of our own as under /proc/sys: whoever reads one finds the value in force, and
 * what is written to one reaches the director. `lab exec director` lays them over those of /proc/sys/net.
 */
import {
  closeSync,
  constants,
  type FSWatcher,
  ftruncateSync,
  openSync,
  readFileSync,
  rmdirSync,
  watch,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { sysctlRefusal } from "../../core/host/sysctls.ts";
import { makeFolder } from "../folder.ts";
import { systemError } from "../system-error.ts";
import { removeFile } from "./instance-lock.ts";
import type { LiveDirector } from "./live-director.ts";

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
/** As the kernel's. */
const MODE = 0o644;
/** A shell empties a file before it writes to it: what is empty for longer, in milliseconds, gets its value again. */
const EMPTY = 100;

/** `net/ipv4/conf/eth0/rp_filter`: dots separate, and a slash is a dot of an interface's name. */
const pathOf = (name: string): string => name.replace(/[./]/g, (character) => (character === "." ? "/" : "."));

export class SwitchFiles {
  readonly #folder: string;
  readonly #director: Pick<LiveDirector, "ask">;
  readonly #warn: (message: string) => void;
  /** What each file holds, by the name of its switch. */
  readonly #texts = new Map<string, string>();
  readonly #watchers = new Map<string, FSWatcher>();

  constructor(folder: string, director: Pick<LiveDirector, "ask">, warn: (message: string) => void) {
    this.#folder = `${folder}/sys`;
    this.#director = director;
    this.#warn = warn;
  }

  /** Makes the files, and listens for what is written to them. Without them the director runs as well. */
  async start(): Promise<void> {
    const switches = await this.#director.ask({ kind: "switches" });
    try {
      for (const [name, value] of switches) this.#create(name, `${value}\n`);
      for (const folder of this.#folders()) {
        if (folder === this.#folder) continue;
        const watcher = watch(folder, (_, file) => this.#changed(folder, file ?? ""));
        watcher.on("error", (error) => this.#warn(`${folder}: ${error.message}`));
        this.#watchers.set(folder, watcher);
      }
    } catch (error) {
      const failure = systemError(error);
      if (failure === undefined) throw error;
      this.#warn(`${this.#folder}: ${failure.text}`);
    }
  }

  #fileOf(name: string): string {
    return `${this.#folder}/${pathOf(name)}`;
  }

  /** All folders of files, inner ones first. */
  #folders(): string[] {
    const folders = new Set<string>([this.#folder]);
    for (const name of this.#texts.keys()) {
      for (let folder = dirname(this.#fileOf(name)); folder !== this.#folder; folder = dirname(folder))
        folders.add(folder);
    }
    return [...folders].sort((a, b) => b.length - a.length);
  }

  /** What a crash has left there is replaced, and a link is not followed. */
  #create(name: string, text: string): void {
    const file = this.#fileOf(name);
    makeFolder(dirname(file));
    removeFile(file);
    this.#write(openSync(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, MODE), text);
    this.#texts.set(name, text);
  }

  /** In place, so that a shell that has the file open writes to this one; and never empty in between. */
  #write(descriptor: number, text: string): void {
    try {
      writeSync(descriptor, text, 0);
      ftruncateSync(descriptor, Buffer.byteLength(text));
    } finally {
      closeSync(descriptor);
    }
  }

  /** Resolves when the files hold what is in force. */
  async refresh(): Promise<void> {
    if (this.#watchers.size === 0) return;
    for (const [name, value] of await this.#director.ask({ kind: "switches" })) {
      if (this.#texts.get(name) !== `${value}\n`) this.#put(name, `${value}\n`);
    }
  }

  #put(name: string, text: string): void {
    try {
      this.#texts.set(name, text);
      this.#write(openSync(this.#fileOf(name), O_WRONLY | O_NOFOLLOW), text);
    } catch (error) {
      const failure = systemError(error);
      if (failure === undefined) throw error;
      this.#warn(`${this.#fileOf(name)}: ${failure.text}`);
    }
  }

  #changed(folder: string, file: string): void {
    const name = [...this.#texts.keys()].find((other) => this.#fileOf(other) === `${folder}/${file}`);
    if (name === undefined) return;
    const text = this.#read(name);
    if (text === this.#texts.get(name)) return;
    if (text?.trim() === "") setTimeout(() => this.#restore(name), EMPTY).unref();
    else if (text !== undefined) this.#set(name, text).catch((error: Error) => this.#warn(`${name}: ${error.message}`));
  }

  #restore(name: string): void {
    if (this.#read(name)?.trim() === "") this.#put(name, this.#texts.get(name) ?? "");
  }

  #read(name: string): string | undefined {
    try {
      return readFileSync(this.#fileOf(name), "utf8");
    } catch (error) {
      if (systemError(error) === undefined) throw error;
      return undefined;
    }
  }

  async #set(name: string, text: string): Promise<void> {
    this.#texts.set(name, text);
    const outcome = await this.#director.ask({ kind: "sysctl", name, value: text.trim() });
    const refusal = sysctlRefusal(name, outcome);
    if (refusal !== undefined) this.#warn(`${this.#fileOf(name)}: ${refusal}`);
    if (outcome === "without effect") this.#warn(`${name} has no effect here`);
    await this.refresh();
  }

  /** Stops listening, and removes the files and their folders. */
  stop(): void {
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
    const folders = this.#folders();
    for (const name of this.#texts.keys()) removeFile(this.#fileOf(name));
    for (const folder of folders) {
      try {
        rmdirSync(folder);
      } catch (error) {
        // Somebody keeps more in it, or it never was.
        if (systemError(error) === undefined) throw error;
      }
    }
  }
}
