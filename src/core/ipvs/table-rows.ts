/** The rows of the connection table: taken, released, and moved together where few are left (compaction.ts). */
import { ConnectionExtras } from "./connection-extras.ts";
import { COLD, cold, EXTRAS, FREE, HOT, hot, NONE, type Row, UNDER_CONTROL } from "./connection-rows.ts";
import { type Freeable, FreeRows } from "./free-rows.ts";
import { RowFields } from "./row-fields.ts";
import type { Discard } from "./row-memory.ts";

export class ConnectionRows extends RowFields implements Freeable {
  readonly free = new FreeRows(this);
  #count = 0;
  readonly #extras = new Map<Row, ConnectionExtras>();
  /** Where templates are that were moved while rows are moved together, by the number that those under them know. */
  readonly #movedTemplates = new Map<Row, Row>();

  /** Rows in use. */
  get count(): number {
    return this.#count;
  }

  /** Every row in use has a number below this. */
  get end(): number {
    return this.free.end;
  }

  /** A row, all fields 0 but those that say NONE. */
  take(): Row {
    let row = this.free.take();
    if (row === NONE && this.free.isKeeping) {
      this.keepAll();
      row = this.free.take();
    }
    if (row === NONE) {
      if (this.end === this.capacity) this.grow(this.end);
      row = this.free.end++;
      this.touch(row + 1);
    }
    this.#count++;
    this.#clear(row);
    return row;
  }

  release(row: Row): void {
    if ((this.flags(row) & EXTRAS) !== 0) this.#extras.delete(row);
    this.setProtocol(row, FREE);
    this.#count--;
    this.free.release(row);
  }

  /** What the connection has beside its row; `undefined` for nearly all. */
  extras(row: Row): ConnectionExtras | undefined {
    return (this.flags(row) & EXTRAS) === 0 ? undefined : this.#extras.get(row);
  }

  /** The same, made if there are none. */
  addExtras(row: Row): ConnectionExtras {
    const extras = this.extras(row) ?? new ConnectionExtras();
    this.setFlags(row, this.flags(row) | EXTRAS);
    this.#extras.set(row, extras);
    return extras;
  }

  inUse(row: Row): boolean {
    return row >= 0 && row < this.end && this.protocol(row) !== FREE;
  }

  isFree(row: Row): boolean {
    return this.protocol(row) === FREE;
  }

  #clear(row: Row): void {
    for (let word = 0; word < HOT; word++) this.hot[hot(row, word)] = 0;
    for (let word = 0; word < COLD; word++) this.cold[cold(row, word)] = 0;
    this.setDestination(row, NONE);
    this.setNext(row, NONE);
    this.setNextLocal(row, NONE);
    this.setTimerBucket(row, NONE);
    this.setControl(row, NONE);
    this.setLocalIndex(row, NONE);
  }

  /** Whether there are as many rows as are wanted. */
  get isFull(): boolean {
    return this.#count >= this.most;
  }

  // --- moved together, where few are left (compaction.ts)

  /** Moves a row to one that is kept; which one, or NONE if none is free. Links to it are for their owners to follow, but for those to a template. */
  move(from: Row): Row {
    const to = this.free.take();
    if (to === NONE) return NONE;
    this.hot.copyWithin(hot(to, 0), hot(from, 0), hot(from + 1, 0));
    this.cold.copyWithin(cold(to, 0), cold(from, 0), cold(from + 1, 0));
    const extras = this.extras(from);
    if (extras !== undefined) this.#extras.set(to, extras);
    this.#extras.delete(from);
    if (this.controlled(from) > 0) this.#movedTemplates.set(from, to);
    this.setProtocol(from, FREE);
    return to;
  }

  /** Rows from `from` up to `end` learn where their templates are now. */
  followTemplates(from: Row, end: Row): void {
    if (this.#movedTemplates.size === 0) return;
    for (let row = from; row < end; row++) if (!this.isFree(row)) this.setControl(row, this.control(row));
  }

  /** There are too many connections again to keep some rows only. */
  keepAll(): void {
    this.followTemplates(0, this.end);
    this.#movedTemplates.clear();
    this.free.keepAll();
  }

  /** Behind the rows that are kept nothing is left. */
  endKeeping(): void {
    this.#movedTemplates.clear();
    this.free.endKeeping();
  }

  /** Moves to memory for no more rows than there are, if they are few. */
  moveToSmallBlock(): void {
    this.shrink(this.end);
  }

  /** Gives back the memory of at most so many rows behind those that are used: whole pages, which are zeros then. Whether there is more. */
  giveBack(most: number, discard: Discard): boolean {
    return this.giveBackBehind(this.end, most, discard);
  }

  /** The template that controls this connection; NONE if none does. */
  control(row: Row): Row {
    if ((this.flags(row) & UNDER_CONTROL) === 0) return NONE;
    const control = this.controlAsNoted(row);
    return control >= this.free.kept ? (this.#movedTemplates.get(control) ?? control) : control;
  }
}
