/** The host's clock: it begins with the first time that a caller tells, and counts from there. */
import type { VirtualServer } from "../ipvs/virtual-server.ts";
import type { Microseconds } from "../time/kernel-ticks.ts";

const MILLISECOND = 1_000;
/** In milliseconds. */
const DAY = 86_400_000;
/** A virtual clock may not run away from the timers: jumps beyond 20 years count as 20 years. */
const LONGEST_JUMP = 20 * 365 * 86_400 * 1_000_000;

export class HostClock {
  readonly #server: VirtualServer;
  readonly #wallClock: number;
  /** The caller's time at which the clock began; NaN before. */
  #epoch = Number.NaN;
  #now: Microseconds = 0;

  /** `wallClock`: microseconds from the caller's time to the wall clock's, which counts from 1970, UTC. */
  constructor(server: VirtualServer, wallClock: number) {
    this.#server = server;
    this.#wallClock = wallClock;
  }

  /** Microseconds since the clock began. */
  get now(): Microseconds {
    return this.#now;
  }

  /** Milliseconds since midnight UTC (net/ipv4/af_inet.c: inet_current_timestamp). */
  timeOfDay(): number {
    const wall = (this.hasBegun ? this.#epoch : 0) + this.#now + this.#wallClock;
    return Math.floor(wall / MILLISECOND) % DAY;
  }

  get hasBegun(): boolean {
    return !Number.isNaN(this.#epoch);
  }

  /** The caller's `time` is 0 here. */
  begin(time: number): void {
    this.#epoch = time;
  }

  /** Lets time pass up to the caller's `time`: timers fire, rates are estimated. */
  advance(time: number): void {
    const now = Math.min(time - this.#epoch, this.#now + LONGEST_JUMP);
    if (!(now > this.#now)) return;
    this.#server.advance(now, this.#onDue);
    this.#now = now;
  }

  readonly #onDue = (due: Microseconds): void => {
    this.#now = due;
  };
}
