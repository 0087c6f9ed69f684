/** A master's thread: gathers records into messages, and sends them. Mirrors sync_thread_master of net/netfilter/ipvs/ip_vs_sync.c. */
import type { Appointment } from "../../time/agenda.ts";
import type { Microseconds } from "../../time/kernel-ticks.ts";
import type { KernelTimers } from "../../time/kernel-timers.ts";
import type { Connections } from "../connections.ts";
import type { SyncDaemon } from "./daemon.ts";
import { MESSAGE_HEADER, MESSAGE_HEADER_V0, MESSAGE_SYNC_ID, MESSAGE_VERSION } from "./message.ts";

const SECOND = 1_000_000;
/** How long a message waits for more records, in microseconds, and how often that is looked at (IPVS_SYNC_FLUSH_TIME, IPVS_SYNC_CHECK_PERIOD). */
const FLUSH_TIME = 2 * SECOND;
const CHECK_PERIOD = SECOND;
/** A full message waits for a 50th of a second, or until there are so many (IPVS_SYNC_SEND_DELAY, IPVS_SYNC_WAKEUP_RATE). */
const SENDS_A_SECOND = 50;
const WAKEUP_RATE = 8;

/** A message that gathers records (struct ip_vs_sync_buff). */
interface Gathering {
  version: number;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Bytes written so far. */
  length: number;
  /** Tick of its beginning. */
  since: number;
}

/** One of a master's threads, with a port of its own. */
export class MasterThread {
  readonly #timers: KernelTimers;
  readonly #daemon: SyncDaemon;
  readonly #send: (message: Uint8Array) => void;
  #gathering: Gathering | undefined = undefined;
  /** Messages that wait to be sent. */
  #full: Gathering[] = [];
  #next: Appointment;
  #wakeup: Appointment | undefined = undefined;
  #isUrgent = false;
  /** Messages that were sent, to be written again. */
  readonly #spare: Gathering[] = [];

  constructor(timers: KernelTimers, now: Microseconds, daemon: SyncDaemon, send: (message: Uint8Array) => void) {
    this.#timers = timers;
    this.#daemon = daemon;
    this.#send = send;
    this.#next = timers.set(now, CHECK_PERIOD, this.#run);
  }

  stop(): void {
    this.#timers.cancel(this.#next);
    this.#timers.cancel(this.#wakeup);
  }

  /** Sends now what would leave at the end of this moment. */
  hurry(now: Microseconds): void {
    if (this.#isUrgent) this.#run(now);
  }

  /**
   * The message that has got room for one more record of this size, at its end: the one at hand, or another if that is
   * full or of the other version.
   */
  roomFor(size: number, version: number, { ticks, timers: { now } }: Connections): Gathering {
    let gathering = this.#gathering;
    let padding = gathering === undefined || version === 0 ? 0 : -gathering.length & 3;
    if (gathering !== undefined) {
      const isFull = gathering.length + padding + size > gathering.bytes.length;
      // A count that has come round to 0 makes a message of version 0 look like one of version 1.
      const isOther = gathering.version !== version || (version === 0 && gathering.bytes[0] === 0);
      if (isFull || isOther) {
        this.#queue(gathering, now);
        gathering = undefined;
        padding = 0;
      }
    }
    gathering ??= this.#begin(size, version, ticks.at(now));
    this.#gathering = gathering;
    const end = gathering.length + padding + size;
    gathering.bytes.fill(0, gathering.length, end);
    gathering.length = end;
    return gathering;
  }

  /** What has gathered leaves at the end of this moment. */
  sendSoon(now: Microseconds): void {
    if (this.#isUrgent) return;
    this.#isUrgent = true;
    this.#timers.cancel(this.#wakeup);
    this.#wakeup = this.#timers.schedule(now, this.#run);
  }

  #queue(message: Gathering, now: Microseconds): void {
    this.#full.push(message);
    const { ticks } = this.#timers;
    const delay = Math.max(Math.floor(ticks.hz / SENDS_A_SECOND), 1);
    this.#wakeup ??= this.#timers.schedule(ticks.next(delay + 1, now), this.#run);
    if (this.#full.length < WAKEUP_RATE) return;
    this.#timers.cancel(this.#wakeup);
    this.#wakeup = this.#timers.schedule(now, this.#run);
  }

  /** Sends what is full, and what has waited long enough; then sleeps. */
  readonly #run = (now: Microseconds): void => {
    this.#timers.cancel(this.#next);
    this.#timers.cancel(this.#wakeup);
    this.#wakeup = undefined;
    for (const message of this.#full.splice(0)) this.#sendOut(message);
    const { ticks } = this.#timers;
    const gathering = this.#gathering;
    const isDue = (since: number): boolean => ticks.at(now) - since >= (FLUSH_TIME / SECOND) * ticks.hz;
    if (gathering !== undefined && (this.#isUrgent || isDue(gathering.since))) {
      this.#gathering = undefined;
      this.#sendOut(gathering);
    }
    this.#isUrgent = false;
    this.#next = this.#timers.set(now, CHECK_PERIOD, this.#run);
  };

  #sendOut(message: Gathering): void {
    this.#send(message.bytes.subarray(0, message.length));
    if (this.#spare.length < WAKEUP_RATE) this.#spare.push(message);
  }

  /** ip_vs_sync_buff_create. */
  #begin(size: number, version: number, since: number): Gathering {
    const { syncId, maxLength } = this.#daemon;
    const header = version === 0 ? MESSAGE_HEADER_V0 : MESSAGE_HEADER;
    const message = this.#messageOf(Math.max(header + size, maxLength));
    message.bytes.fill(0, 0, header);
    message.bytes[MESSAGE_SYNC_ID] = syncId;
    if (version !== 0) message.bytes[MESSAGE_VERSION] = version;
    return Object.assign(message, { version, length: header, since });
  }

  #messageOf(room: number): Gathering {
    const spare = this.#spare.pop();
    if (spare !== undefined && spare.bytes.length >= room) return spare;
    const bytes = new Uint8Array(room);
    return { version: 0, bytes, view: new DataView(bytes.buffer), length: 0, since: 0 };
  }
}
