/**
 * The connections of a running director in a file beside its rules, so that they survive its crash: written again and again,
 * always a whole file.
 *
 *   a line of text: `tapvs connections 1` and an object of JSON; then the snapshot (core/ipvs/sync/snapshot.ts)
 */
import { crc32 } from "node:zlib";
import { NONE } from "../../core/ipvs/connection-rows.ts";
import type { Log } from "../log.ts";
import { systemError } from "../system-error.ts";
import { removeFile } from "./instance-lock.ts";
import type { LiveDirector } from "./live-director.ts";
import type { ConnectionsAt } from "./messages.ts";
import { Refusal } from "./refusal.ts";
import { readWhole, writeWhole } from "./whole-file.ts";

const MODE = 0o640;
const MAGIC = "tapvs connections 1 ";
/** The first line is not longer. */
const LONGEST_HEAD = 400;
/** How often it is begun anew when rows are moved meanwhile. */
const TRIES = 3;

interface Head {
  readonly hz: number;
  /** Microseconds since 1970, UTC. */
  readonly taken: number;
  readonly connections: number;
  readonly bytes: number;
  readonly crc32: number;
}

/** A snapshot as it was read, and how many connections are in it. */
interface FoundConnections extends ConnectionsAt {
  readonly connections: number;
}

/** What is in the file: `undefined` if there is none, a text if it is not whole. Throws what else the system says. */
export function readConnections(file: string): FoundConnections | string | undefined {
  const contents = readWhole(file);
  return contents && parse(contents);
}

function parse(contents: Buffer): FoundConnections | string {
  const end = contents.subarray(0, LONGEST_HEAD).indexOf("\n");
  const line = contents.toString("latin1", 0, Math.max(end, 0));
  if (!line.startsWith(MAGIC)) return "is no file of connections";
  const head = headOf(line.slice(MAGIC.length));
  const bytes = contents.subarray(end + 1);
  if (head === undefined) return "is no file of connections";
  if (bytes.length !== head.bytes || crc32(bytes) !== head.crc32) return "is not whole";
  return { bytes, hz: head.hz, taken: head.taken, connections: head.connections };
}

function headOf(text: string): Head | undefined {
  try {
    const head = JSON.parse(text) as Partial<Head> | null;
    const numbers = [head?.hz, head?.taken, head?.connections, head?.bytes, head?.crc32];
    return numbers.every(Number.isFinite) && (head?.hz ?? 0) > 0 ? (head as Head) : undefined;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}

/** All connections of a director, asked for in parts: between two of them it forwards packets. `undefined` if they do not come to rest. */
export async function gatherConnections(director: LiveDirector): Promise<Gathered | undefined> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const gathered = await gatherOnce(director);
    if (gathered !== undefined) return gathered;
  }
  return undefined;
}

interface Gathered {
  readonly parts: readonly Uint8Array[];
  readonly hz: number;
  readonly taken: number;
  readonly connections: number;
}

async function gatherOnce(director: LiveDirector): Promise<Gathered | undefined> {
  const taken = Date.now() * 1000;
  const parts: Uint8Array[] = [];
  let connections = 0;
  let arrangement: number | undefined;
  for (let from = 0; ; ) {
    const part = await director.ask({ kind: "snapshot", from });
    if (arrangement !== undefined && part.arrangement !== arrangement) return undefined;
    arrangement = part.arrangement;
    parts.push(part.bytes);
    connections += part.connections;
    if (part.next === NONE) return { parts, hz: part.hz, taken, connections };
    from = part.next;
  }
}

export class ConnectionsFile {
  readonly file: string;
  readonly #director: LiveDirector;
  readonly #log: Pick<Log, "warning" | "notice">;
  #timer: NodeJS.Timeout | undefined;
  #interval: number | undefined;
  #running: Promise<void> = Promise.resolve();
  #failed = false;

  constructor(file: string, director: LiveDirector, log: Pick<Log, "warning" | "notice">) {
    this.file = file;
    this.#director = director;
    this.#log = log;
  }

  /** Writes them every so many milliseconds from now on; `undefined`: no more, and what was written is removed. */
  every(interval: number | undefined): void {
    if (interval === this.#interval) return;
    clearTimeout(this.#timer);
    this.#interval = interval;
    if (interval === undefined) removeFile(this.file);
    else this.#later(interval);
  }

  #later(interval: number): void {
    this.#timer = setTimeout(() => {
      this.#running = this.#save().then(() => {
        if (this.#interval === interval) this.#later(interval);
      });
    }, interval).unref();
  }

  async #save(): Promise<void> {
    try {
      const gathered = await gatherConnections(this.#director);
      if (gathered === undefined) return;
      this.#write(gathered);
      if (this.#failed) this.#log.notice(`${this.file}: connections are saved again`);
      this.#failed = false;
    } catch (error) {
      if (error instanceof Refusal) return;
      const failure = systemError(error);
      if (failure === undefined) throw error;
      if (!this.#failed) this.#log.warning(`${this.file}: ${failure.text}; connections will not survive a crash`);
      this.#failed = true;
    }
  }

  #write({ parts, hz, taken, connections }: Gathered): void {
    let sum = 0;
    let bytes = 0;
    for (const part of parts) {
      sum = crc32(part, sum);
      bytes += part.length;
    }
    const head: Head = { hz, taken, connections, bytes, crc32: sum };
    const line = Buffer.from(`${MAGIC}${JSON.stringify(head)}\n`);
    writeWhole(this.file, [line, ...parts], { mode: MODE, lasting: false });
  }

  /** No more is written when this resolves. After an orderly end there is nothing to be restored. */
  async stop(orderly: boolean): Promise<void> {
    clearTimeout(this.#timer);
    const wrote = this.#interval !== undefined;
    this.#interval = undefined;
    await this.#running;
    if (orderly && wrote) removeFile(this.file);
  }
}
