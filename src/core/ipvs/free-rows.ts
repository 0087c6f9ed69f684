/**
 * Which rows of the connection table are free. A freed row is handed out again, newest first.
 *
 * Where few rows are left of many, those that are left can be moved together (compaction.ts): then only the first rows are handed out, and are
 * looked for, since the list of free ones is full of others.
 */
import type { Row } from "./connection-rows.ts";

/** The rows themselves: the list of free ones goes through them. */
export interface Freeable {
  isFree(row: Row): boolean;
  next(row: Row): number;
  setNext(row: Row, next: number): void;
}

const NONE = -1;
const ALL = Number.POSITIVE_INFINITY;

export class FreeRows {
  readonly #rows: Freeable;
  /** Rows handed out so far, freed ones included: every row in use has a number below this. */
  end = 0;
  #first: Row = NONE;
  /** Free rows from here up to #holesEnd are in no list, unless they were freed since: the list is taken from first, then they are looked for. */
  #holes: Row = 0;
  #holesEnd: Row = 0;
  /** Rows from here on are not handed out again. */
  #kept: Row = ALL;

  constructor(rows: Freeable) {
    this.#rows = rows;
  }

  /** A row that was freed; NONE if there is none. */
  take(): Row {
    const row = this.#first;
    if (row === NONE) return this.#holes < this.#holesEnd ? this.#findHole() : NONE;
    this.#first = this.#rows.next(row);
    return row;
  }

  #findHole(): Row {
    while (this.#holes < this.#holesEnd) {
      const row = this.#holes++;
      if (this.#rows.isFree(row)) return row;
    }
    return NONE;
  }

  release(row: Row): void {
    if (row >= this.#kept) return;
    this.#rows.setNext(row, this.#first);
    this.#first = row;
  }

  /** From now on rows before `kept` are handed out only. */
  keep(kept: Row): void {
    this.#first = NONE;
    this.#holes = 0;
    this.#holesEnd = kept;
    this.#kept = kept;
  }

  /** The first row that is not handed out again; infinite if all are. */
  get kept(): Row {
    return this.#kept;
  }

  get isKeeping(): boolean {
    return this.#kept !== ALL;
  }

  /** All rows are handed out again: there are too many connections for some of them. */
  keepAll(): void {
    this.#holes = this.#kept;
    this.#holesEnd = this.end;
    this.#kept = ALL;
  }

  /** Behind those that are kept nothing is left. */
  endKeeping(): void {
    this.end = this.#kept;
    this.#kept = ALL;
  }
}
