/**
 * The memory of the connection table's rows: two blocks that grow without a stop, and are given back. Words of typed arrays, and no DataView: what
 * V8 knows of objects it forgets whenever something is written into a DataView.
 */
import { COLD, HOT } from "./connection-rows.ts";

const WORD = 4;
/** A large ArrayBuffer of V8 begins 16 bytes into a cache line; rows begin on the next one. */
const ALIGNMENT = 48;
/** Rows up to which growing is copying. */
const LARGE = 1 << 14;
/** Rows up to which what is left moves to a block of its own: a few milliseconds. */
const SMALL = 1 << 16;
/** More rows than begin on a page of memory, of 64 KB at most. */
const PAGE = 4096;
/** Rows that a larger table has addresses for: 1.5 GB of them. */
const RESERVED = 1 << 24;
/** Rows of a table that has just begun: their memory is counted whether it was touched or not. */
const ALWAYS_THERE = 4096;

/** Gives the pages that lie wholly within some memory back to the system: they are zeros from then on. */
export type Discard = (memory: Uint8Array) => void;

export class RowMemory {
  /** The hot block: borrowed until the next `grow`. */
  hot = new Int32Array(0);
  /** The same, as float64s. */
  protected expiries = new Float64Array(0);
  protected cold = new Int32Array(0);
  /** More rows than this are not wanted; memory for no more is taken. */
  most = Number.POSITIVE_INFINITY;
  #capacity = 0;
  /** Rows that have memory, whether they are used again or not. */
  #touched = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
    const memory = new ArrayBuffer(capacity * HOT * WORD + ALIGNMENT);
    this.hot = new Int32Array(memory, ALIGNMENT);
    this.expiries = new Float64Array(memory, ALIGNMENT);
    this.cold = new Int32Array(capacity * COLD);
  }

  get capacity(): number {
    return this.#capacity;
  }

  /** Memory that rows have taken so far. What lies behind them was never touched: the system has given addresses for it, and nothing else. */
  get bytes(): number {
    return Math.min(this.#capacity, Math.max(this.#touched, ALWAYS_THERE)) * (HOT + COLD) * WORD + ALIGNMENT;
  }

  /** All rows before `end` are used now, or were. */
  protected touch(end: number): void {
    this.#touched = Math.max(this.#touched, end);
  }

  /** Moves to memory for no more rows than those before `end`, if they are few. */
  protected shrink(end: number): void {
    if (end > SMALL) return;
    this.#move(end, end, true);
    this.#touched = end;
  }

  /** Gives back the memory of at most so many rows behind `end`: whole pages, which are zeros then. Whether there is more. */
  protected giveBackBehind(end: number, most: number, discard: Discard): boolean {
    const from = Math.max(end, this.#touched - most);
    const last = Math.min(this.#touched + PAGE, this.#capacity);
    if (from >= this.#touched) return false;
    discard(new Uint8Array(this.hot.buffer, ALIGNMENT + from * HOT * WORD, (last - from) * HOT * WORD));
    discard(new Uint8Array(this.cold.buffer, from * COLD * WORD, (last - from) * COLD * WORD));
    this.#touched = from;
    return from > end;
  }

  /**
   * A small table doubles, which is copied in a millisecond. A larger one gets addresses for as many rows as it may ever have, or
   * RESERVED, at once: no packet waits while millions of rows are copied, and memory comes as rows are touched.
   */
  protected grow(end: number): void {
    const doubled = Math.min(this.#capacity * 2, Math.max(this.most, this.#capacity + 1));
    const reserved = Math.max(doubled, Math.min(RESERVED, this.most));
    if (this.#capacity < LARGE || !this.#move(reserved, end)) this.#move(doubled, end, true);
  }

  /** Moves the rows before `end` to memory for so many; false if there is none, which throws a RangeError where it `must` be. */
  #move(capacity: number, end: number, must = false): boolean {
    try {
      const memory = new ArrayBuffer(capacity * HOT * WORD + ALIGNMENT);
      const words = new Int32Array(memory, ALIGNMENT);
      const others = new Int32Array(capacity * COLD);
      words.set(this.hot.subarray(0, end * HOT));
      others.set(this.cold.subarray(0, end * COLD));
      this.hot = words;
      this.expiries = new Float64Array(memory, ALIGNMENT);
      this.cold = others;
      this.#capacity = capacity;
      return true;
    } catch (error) {
      if (must || !(error instanceof RangeError)) throw error;
      return false;
    }
  }
}
