/**
 * The kernel's timer wheel over rows of a table: timers are never early, and late by at most an eighth of their length.
 * Mirrors kernel/time/timer.c (calc_wheel_index, collect_expired_timers), so that an entry of the connection table
 * disappears in the same tick as the kernel's.
 */
import { cutTo, grainOf, type KernelTicks, levelOf, levelsAt, SLOTS, type Ticks } from "./kernel-ticks.ts";

const SLOT_MASK = SLOTS - 1;

/** Where a row keeps its place in the wheel; the wheel owns these fields. */
export interface TimerRows {
  timerBucket(row: number): number;
  setTimerBucket(row: number, bucket: number): void;
  timerNext(row: number): number;
  setTimerNext(row: number, next: number): void;
  timerPrevious(row: number): number;
  setTimerPrevious(row: number, previous: number): void;
}

const NONE = -1;
/** In place of a bucket: the row's timer is not in the wheel, its owner lets it expire on its own. */
const ELSEWHERE = -2;

/** Of no row. */
const NOWHERE = -3;

export class TimerWheel {
  readonly #rows: TimerRows;
  readonly #levels: number;
  readonly #heads: Int32Array;
  /** By level. */
  readonly #pending: Int32Array;
  /** By level: the rows that are due, taken out of their bucket together, and which bucket that was; NONE. */
  readonly #due: Int32Array;
  readonly #dueBucket: Int32Array;
  #behind = false;
  /** The tick at which they are. */
  #dueAt: Ticks = 0;
  /** What `arm` was asked for last, and its bucket; NaN once the clock has moved on. */
  #armedFor = Number.NaN;
  #armedBucket = NONE;
  /** The next tick to be processed. */
  #clock: number;

  /** A wheel that begins to turn at time 0. */
  constructor(rows: TimerRows, ticks: KernelTicks) {
    this.#rows = rows;
    this.#levels = levelsAt(ticks.hz);
    this.#heads = new Int32Array(this.#levels * SLOTS).fill(NONE);
    this.#pending = new Int32Array(this.#levels);
    this.#due = new Int32Array(this.#levels).fill(NONE);
    this.#dueBucket = new Int32Array(this.#levels).fill(NONE);
    this.#clock = ticks.at(0);
  }

  isPending(row: number): boolean {
    return this.#rows.timerBucket(row) !== NONE;
  }

  /** Arms (or re-arms) the row's timer for tick `expires`; a row already in the right bucket stays where it is. */
  arm(row: number, expires: number): void {
    // Most timers of a tick are armed for the same one.
    if (expires !== this.#armedFor) {
      this.#armedFor = expires;
      this.#armedBucket = this.#bucketFor(expires);
    }
    const bucket = this.#armedBucket;
    const current = this.#rows.timerBucket(row);
    // One that is due and comes into the same bucket does so for the bucket's next turn.
    if (current === bucket && this.#dueBucket[bucket >> 6] !== bucket) return;
    if (current >= 0) this.#unlink(row, current);
    this.#link(row, bucket);
  }

  /** The bucket of a timer armed for `expires`, where one that is in it stays as it is; a number of no bucket where it would not. */
  restingPlace(expires: number): number {
    const bucket = this.#bucketFor(expires);
    return this.#dueBucket[bucket >> 6] === bucket ? NOWHERE : bucket;
  }

  disarm(row: number): void {
    const bucket = this.#rows.timerBucket(row);
    if (bucket >= 0) this.#unlink(row, bucket);
    else this.#rows.setTimerBucket(row, NONE);
  }

  /** Takes a pending timer out of the wheel, for its owner to let it expire. */
  lend(row: number): void {
    this.disarm(row);
    this.#rows.setTimerBucket(row, ELSEWHERE);
  }

  /** A row lies elsewhere now, with its place in the wheel. */
  followRow(from: number, to: number): void {
    const bucket = this.#rows.timerBucket(to);
    if (bucket < 0) return;
    const next = this.#rows.timerNext(to);
    const previous = this.#rows.timerPrevious(to);
    if (previous !== NONE) this.#rows.setTimerNext(previous, to);
    else if (this.#due[bucket >> 6] === from) this.#due[bucket >> 6] = to;
    else this.#heads[bucket] = to;
    if (next !== NONE) this.#rows.setTimerPrevious(next, to);
  }

  /** Whether the row's timer is lent and was not armed again since. */
  isLent(row: number): boolean {
    return this.#rows.timerBucket(row) === ELSEWHERE;
  }

  /** Whether timers are due that `advance` has left for its next call. */
  get isBehind(): boolean {
    return this.#behind;
  }

  /**
   * Runs every timer due up to and including tick `until`; the coarsest level of a tick first, as the kernel does. After `most` of
   * them it leaves the rest for the next call, which begins with them.
   */
  advance(until: Ticks, expire: (row: number, tick: Ticks) => void, most = Number.POSITIVE_INFINITY): void {
    let left = this.#runDue(expire, most);
    while (left > 0 && this.#clock <= until) {
      const tick = this.#clock;
      this.#clock = tick + 1;
      this.#armedFor = Number.NaN;
      this.#dueAt = tick;
      const coarsest = this.#coarsestLevelOf(tick);
      for (let level = 0; level <= coarsest; level++) {
        this.#setAside(level, level * SLOTS + (Math.floor(tick / grainOf(level)) & SLOT_MASK));
      }
      left = this.#runDue(expire, left);
      this.#skipEmptyTicks(until);
    }
    if (this.#clock <= until) this.#behind = true;
  }

  /** Runs up to `most` of the timers that are due; how many more it might have run. */
  #runDue(expire: (row: number, tick: Ticks) => void, most: number): number {
    let left = most;
    for (let level = this.#levels - 1; level >= 0; level--) {
      for (let row = this.#due[level] ?? NONE; row !== NONE; row = this.#due[level] ?? NONE) {
        if (left === 0) {
          this.#behind = true;
          return 0;
        }
        left--;
        this.#unlink(row, this.#rows.timerBucket(row));
        expire(row, this.#dueAt);
      }
      this.#dueBucket[level] = NONE;
    }
    this.#behind = false;
    return left;
  }

  /**
   * Takes the rows of a bucket that is due out of it, before any of them expires: a timer armed again meanwhile may go into the
   * same bucket, for its next turn.
   */
  #setAside(level: number, bucket: number): void {
    const first = this.#head(bucket);
    if (first === NONE) return;
    this.#due[level] = first;
    this.#dueBucket[level] = bucket;
    this.#heads[bucket] = NONE;
  }

  /** Only multiples of 8^n look at level n. */
  #coarsestLevelOf(tick: Ticks): number {
    let level = 0;
    let rest = tick;
    while (level < this.#levels - 1 && rest % 8 === 0) {
      rest /= 8;
      level++;
    }
    return level;
  }

  /** Long silences cost nothing: jumps to the next tick at which an occupied level could fire. */
  #skipEmptyTicks(until: Ticks): void {
    this.#armedFor = Number.NaN;
    let level = 0;
    while (level < this.#levels && this.#pending[level] === 0) level++;
    if (level === this.#levels) this.#clock = Math.max(this.#clock, until + 1);
    else if (level > 0) {
      const step = grainOf(level);
      this.#clock = Math.min(Math.ceil(this.#clock / step) * step, until + 1);
    }
  }

  #bucketFor(expires: number): number {
    const delta = cutTo(this.#levels, expires - this.#clock);
    if (delta < 0) return this.#clock & SLOT_MASK;
    const level = levelOf(delta);
    // Rounded up to the level's grain, so that no timer fires early.
    const slot = Math.floor((this.#clock + delta) / grainOf(level)) + 1;
    return level * SLOTS + (slot & SLOT_MASK);
  }

  #link(row: number, bucket: number): void {
    const first = this.#head(bucket);
    this.#rows.setTimerNext(row, first);
    this.#rows.setTimerPrevious(row, NONE);
    if (first !== NONE) this.#rows.setTimerPrevious(first, row);
    this.#heads[bucket] = row;
    this.#rows.setTimerBucket(row, bucket);
    this.#count(bucket, 1);
  }

  #unlink(row: number, bucket: number): void {
    const next = this.#rows.timerNext(row);
    const previous = this.#rows.timerPrevious(row);
    if (previous !== NONE) this.#rows.setTimerNext(previous, next);
    else if (this.#due[bucket >> 6] === row) this.#due[bucket >> 6] = next;
    else this.#heads[bucket] = next;
    if (next !== NONE) this.#rows.setTimerPrevious(next, previous);
    this.#rows.setTimerBucket(row, NONE);
    this.#count(bucket, -1);
  }

  #head(bucket: number): number {
    return this.#heads[bucket] ?? NONE;
  }

  #count(bucket: number, change: number): void {
    const level = bucket >> 6;
    this.#pending[level] = (this.#pending[level] ?? 0) + change;
  }
}
