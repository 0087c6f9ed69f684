/**
 * Gives memory back once few connections are left of many, as after a flood, a little at a time, so that no packet waits for it: the last
 * rows are moved to free ones among the first; those under templates learn where these are; chains that were split off are merged; and the memory behind is
 * given back.
 */

import type { TimerWheel } from "../time/timer-wheel.ts";
import { NONE, type Row } from "./connection-rows.ts";
import type { ConnectionTable } from "./connection-table.ts";
import type { GrowingChains } from "./growing-chains.ts";
import type { Discard } from "./row-memory.ts";

/** So many times as many rows were taken as are left. */
const FEW = 8;
/** Rows that are kept for each connection that is left: more may come meanwhile. */
const ROOM = 1.5;
/** What is done in one step at most. */
export interface Pace {
  /** Rows that are looked at, and of them moved. */
  readonly looks: number;
  readonly moves: number;
  /** Rows that learn where their templates are. */
  readonly followed: number;
  /** Chains that are merged with others. */
  readonly merged: number;
  /** Rows whose memory is given back. */
  readonly givenBack: number;
}

/** Of each a millisecond's worth, or less. */
const PACE: Pace = { looks: 8192, moves: 256, followed: 32_768, merged: 8192, givenBack: 32_768 };

export class Compaction {
  /** Gives pages back. Without it what is left moves to other memory, once that is a matter of a few milliseconds. */
  discard: Discard | undefined = undefined;
  readonly #table: ConnectionTable;
  readonly #chains: readonly GrowingChains[];
  readonly #least: number;
  readonly #wheel: TimerWheel;
  readonly #pace: Pace;
  /** Rows from here on are free. */
  #from: Row = 0;
  /** Rows before this one know their templates. */
  #followed: Row = 0;
  #isMerged = true;
  #isGivenBack = true;

  /** Of a table whose rows have their timers in `wheel`. */
  constructor(table: ConnectionTable, wheel: TimerWheel, pace: Pace = PACE) {
    this.#table = table;
    this.#chains = [table, table.local];
    this.#wheel = wheel;
    this.#pace = pace;
    this.#least = table.rows.capacity;
  }

  /** Begins if there is enough to be given back; whether there are steps to be done. */
  begin(): boolean {
    const { rows } = this.#table;
    if (this.#isUnderWay) return true;
    const kept = Math.max(this.#least, Math.ceil(rows.count * ROOM));
    if (rows.count * FEW >= rows.end || kept >= rows.end) return false;
    rows.free.keep(kept);
    this.#from = rows.end;
    this.#followed = 0;
    this.#isMerged = false;
    this.#isGivenBack = false;
    return true;
  }

  get #isUnderWay(): boolean {
    return !this.#isGivenBack;
  }

  /** Does a little; whether there is more to do. */
  step(): boolean {
    const { rows } = this.#table;
    if (rows.free.isKeeping) this.#gather();
    else if (!this.#isMerged) this.#isMerged = !this.#chains.some((chains) => chains.merge(this.#pace.merged));
    else this.#giveBack();
    return this.#isUnderWay;
  }

  /** If too many connections come meanwhile, `take` ends it: rows stay where they are, and what follows finds little to do. */
  #gather(): void {
    const { rows } = this.#table;
    const { kept } = rows.free;
    if (this.#from > kept) this.#moveSome(kept);
    else if (this.#followed < kept) {
      const end = Math.min(this.#followed + this.#pace.followed, kept);
      rows.followTemplates(this.#followed, end);
      this.#followed = end;
    } else rows.endKeeping();
  }

  #moveSome(kept: Row): void {
    const { rows } = this.#table;
    const least = Math.max(kept, this.#from - this.#pace.looks);
    for (let moves = 0; this.#from > least && moves < this.#pace.moves; ) {
      const row = this.#from - 1;
      if (!rows.isFree(row)) {
        // Somebody who knows it by its number lets it expire with the next tick.
        if (this.#wheel.isLent(row)) return;
        const to = rows.move(row);
        if (to === NONE) {
          rows.keepAll();
          return;
        }
        this.#table.followRow(row, to);
        this.#wheel.followRow(row, to);
        moves++;
      }
      this.#from = row;
    }
  }

  #giveBack(): void {
    const { discard } = this;
    const { givenBack } = this.#pace;
    if (discard === undefined) this.#moveToSmallBlocks();
    else if (this.#table.rows.giveBack(givenBack, discard)) return;
    else if (this.#chains.some((chains) => chains.giveBackChains(givenBack, discard))) return;
    this.#isGivenBack = true;
  }

  #moveToSmallBlocks(): void {
    this.#table.rows.moveToSmallBlock();
    for (const chains of this.#chains) chains.moveToSmallBlock();
  }
}
