/**
 * How long connections live: each row's timer, restarted by packets, until its time is up. What then becomes of the entry is
 * connections.ts.
 */
import type { KernelTicks, Microseconds, Ticks } from "../time/kernel-ticks.ts";
import type { TimerWheel } from "../time/timer-wheel.ts";
import type { Row } from "./connection-rows.ts";
import { TCP_ESTABLISHED } from "./protocols/tcp-states.ts";
import type { Timeouts } from "./protocols/timeouts.ts";
import type { ConnectionRows } from "./table-rows.ts";

/** Connections that expire before frames have their turn again: a tenth of a millisecond's worth, ten times as much until V8 has compiled it. */
export const EXPIRIES_AT_ONCE = 256;

/** What a packet gives the entry of an established connection: until the clock moves on, the same to all of a protocol. */
export class Prolongation {
  timeout: Ticks = 0;
  expires: Ticks = 0;
  /** The timer's bucket, if one that is there may stay; otherwise one that there is not. */
  bucket = 0;
}

export class ConnectionTimers {
  /** What a packet gives to an established connection (`prolong`), by protocol. */
  readonly tcp = new Prolongation();
  readonly udp = new Prolongation();
  /**
   * How many entries expire at most in one call of `advance`; the others in the next ones. Fewer than all only where nobody compares: a live
   * director has EXPIRIES_AT_ONCE.
   */
  mostExpiries = Number.POSITIVE_INFINITY;
  readonly #rows: ConnectionRows;
  readonly #wheel: TimerWheel;
  readonly #ticks: KernelTicks;
  readonly #timeouts: Timeouts;
  readonly #expire: (row: Row) => void;
  /** Entries that expire with the next tick, in order. */
  readonly #soon: { readonly row: Row; readonly at: Microseconds }[] = [];
  #now: Microseconds = 0;
  #tick: Ticks;
  /** Whether `tcp` and `udp` are of now: the wheel has not turned since. */
  #isPrepared = false;

  /** `expire` hears of each row whose time is up. */
  constructor(
    rows: ConnectionRows,
    wheel: TimerWheel,
    ticks: KernelTicks,
    timeouts: Timeouts,
    expire: (row: Row) => void,
  ) {
    this.#rows = rows;
    this.#wheel = wheel;
    this.#ticks = ticks;
    this.#timeouts = timeouts;
    this.#expire = expire;
    this.#tick = ticks.at(0);
  }

  // --- the clock

  /** Microseconds of the director's clock. */
  get now(): Microseconds {
    return this.#now;
  }

  /** The tick up to which timers have fired. */
  get tick(): Ticks {
    return this.#tick;
  }

  /** Lets connections expire up to `now`. */
  advance(now: Microseconds): void {
    this.#now = now;
    if (this.#soon.length > 0) this.#expireSoon(now);
    const tick = this.#ticks.at(now);
    if (tick === this.#tick && !this.#wheel.isBehind) return;
    this.#wheel.advance(tick, this.#fire, this.mostExpiries);
    this.#tick = tick;
    this.#isPrepared = false;
  }

  readonly #fire = (row: Row, tick: Ticks): void => {
    this.#tick = tick;
    this.#expire(row);
  };

  #expireSoon(now: Microseconds): void {
    for (let next = this.#soon[0]; next !== undefined && next.at <= now; next = this.#soon[0]) {
      this.#soon.shift();
      const { row, at } = next;
      // A packet may have given the entry its full timeout again, or the row may be another's by now.
      if (this.#wheel.isLent(row) && this.#rows.expires(row) === this.#ticks.exactly(at)) this.#expire(row);
    }
  }

  /** Whether entries are due that the last `advance` has left. */
  get isBehind(): boolean {
    return this.#wheel.isBehind;
  }

  // --- of one entry

  /** Whether its timer runs. */
  isPending(row: Row): boolean {
    return this.#wheel.isPending(row);
  }

  /** Gives an entry its full timeout. */
  restart(row: Row): void {
    this.resume(row, this.#rows.timeout(row));
  }

  /** Lets an entry's time go on with so many ticks left; with none it is up with the next tick. */
  resume(row: Row, left: Ticks): void {
    const expires = this.#tick + left;
    this.#rows.setExpires(row, expires);
    this.#wheel.arm(row, expires);
  }

  /** Its time is up with the next tick; the wheel would be late. */
  endNextTick(row: Row): void {
    this.#wheel.lend(row);
    const at = this.#ticks.next(1, this.#now);
    this.#rows.setExpires(row, this.#ticks.exactly(at));
    this.#soon.push({ row, at });
  }

  stop(row: Row): void {
    this.#wheel.disarm(row);
  }

  /** Ticks until an entry's time is up. */
  ticksLeft(row: Row): Ticks {
    return Math.max(0, this.#rows.expires(row) - this.#tick);
  }

  /** Whole seconds until an entry's time is up; 0 for one that only waits for its timer. */
  secondsLeft(row: Row): number {
    return Math.floor(this.ticksLeft(row) / this.#ticks.hz);
  }

  /** Ticks since the entry was last given its full timeout. */
  idleTicks(row: Row): Ticks {
    return this.#rows.timeout(row) - (this.#rows.expires(row) - this.#tick);
  }

  // --- of established connections, whose timeout is the same again and again

  /** Before `prolong`: by how much it is now. */
  lookAtClock(): void {
    const tcp = this.#timeouts.tcp(TCP_ESTABLISHED);
    const { udp } = this.#timeouts;
    // Nothing of it has changed, as a rule, where frames come alone: a tick is long.
    if (this.#isPrepared && this.tcp.timeout === tcp && this.udp.timeout === udp) return;
    this.#prepare(this.tcp, tcp);
    this.#prepare(this.udp, udp);
    this.#isPrepared = true;
  }

  #prepare(prolongation: Prolongation, timeout: Ticks): void {
    const expires = this.#tick + timeout;
    prolongation.timeout = timeout;
    prolongation.expires = expires;
    prolongation.bucket = this.#wheel.restingPlace(expires);
  }

  /** What a packet does to an entry whose state it leaves as it is: `tcp` or `udp`, since the last `lookAtClock`. No one-packet entry. */
  prolong(row: Row, { timeout, expires, bucket }: Prolongation): void {
    const rows = this.#rows;
    rows.setTimeout(row, timeout);
    rows.setExpires(row, expires);
    if (rows.timerBucket(row) !== bucket) this.#wheel.arm(row, expires);
  }
}
