/**
 * More chains as there are more rows, and fewer again: with each row too many some chains are split in two (linear hashing, Litwin 1980), so that no
 * packet waits for all.
 */

import { ConnectionChains } from "./connection-chains.ts";
import { NONE, type Row } from "./connection-rows.ts";
import type { Discard } from "./row-memory.ts";
import type { ConnectionRows } from "./table-rows.ts";

/** Bytes of the first row of a chain, and as many of them as fill a page of memory, of 64 KB at most. */
const HEAD = 4;
const PAGE = 16_384;
/** Chains up to which what is left moves to a block of its own. */
const SMALL = 1 << 16;
/** How many chains are split at once. */
const SPLIT_TOGETHER = 16;

export abstract class GrowingChains extends ConnectionChains {
  /** How many chains there were since memory was given back. */
  #mostChains = 0;
  /** What it began with, and shrinks to again. */
  readonly #least: number = 0;
  /** What `touch` has loaded: kept, so that no compiler leaves the loads out. */
  #seen = 0;

  constructor(rows: ConnectionRows, capacity: number, seed: number) {
    super(rows, capacity, seed);
    this.#mostChains = capacity;
    this.#least = capacity;
  }

  /** Memory in bytes of the chains; rows are counted by themselves. */
  get bytes(): number {
    return this.#mostChains * HEAD;
  }

  override push(row: Row): void {
    if (this.members >= this.chains) this.#grow();
    super.push(row);
  }

  /**
   * Some chains more, split off as many others that lie side by side. Their rows lie anywhere, and are fetched together: a cache miss for each in
   * its turn takes longer than the rest of a new connection.
   */
  #grow(): void {
    if (this.chains === this.heads.length) this.#lengthenHeads();
    const count = Math.min(SPLIT_TOGETHER, 2 * this.level - this.chains, this.heads.length - this.chains);
    const from = this.chains - this.level;
    for (let chain = from; chain < from + count; chain++) this.#seen ^= this.touch(this.heads[chain] ?? NONE);
    for (let chain = from; chain < from + count; chain++) {
      const first = this.heads[chain] ?? NONE;
      if (first !== NONE) this.#seen ^= this.touch(this.after(first));
    }
    for (let chain = 0; chain < count; chain++) this.#split();
    this.#mostChains = Math.max(this.#mostChains, this.chains);
  }

  /** One chain more: it takes over those of another one that its number stands for. Each stays newest first; what follows already is not written. */
  #split(): void {
    const chain = this.chains;
    const from = chain - this.level;
    let row = this.heads[from] ?? NONE;
    this.heads[from] = NONE;
    this.heads[chain] = NONE;
    this.chains = chain + 1;
    let previous = NONE;
    let lastOfOld = NONE;
    let lastOfNew = NONE;
    while (row !== NONE) {
      const next = this.after(row);
      const own = this.chainOf(row);
      const last = own === from ? lastOfOld : lastOfNew;
      if (last === NONE) this.heads[own] = row;
      else if (last !== previous) this.setAfter(last, row);
      if (own === from) lastOfOld = row;
      else lastOfNew = row;
      previous = row;
      row = next;
    }
    if (lastOfOld !== NONE && lastOfOld !== previous) this.setAfter(lastOfOld, NONE);
    if (lastOfNew !== NONE && lastOfNew !== previous) this.setAfter(lastOfNew, NONE);
    if (this.chains === this.level * 2) this.level = this.chains;
  }

  /** Room for as many chains as the rows have addresses for: what is not used is not touched. */
  #lengthenHeads(): void {
    const heads = new Int32Array(Math.max(this.heads.length * 2, this.rows.capacity));
    heads.set(this.heads);
    this.heads = heads;
  }

  // --- smaller again, where few are left (compaction.ts)

  /** Takes at most so many chains back that were split off; whether there are more than are needed. */
  merge(most: number): boolean {
    const least = Math.max(this.#least, this.members);
    for (let left = most; left > 0 && this.chains > least; left--) this.#mergeLast();
    return this.chains > least;
  }

  /** Of two entries of one key both stand in one of the two chains, in their order. */
  #mergeLast(): void {
    const chain = this.chains - 1;
    if (chain < this.level) this.level /= 2;
    this.chains = chain;
    const first = this.heads[chain] ?? NONE;
    if (first === NONE) return;
    this.heads[chain] = NONE;
    const into = chain - this.level;
    let last = this.heads[into] ?? NONE;
    if (last === NONE) {
      this.heads[into] = first;
      return;
    }
    for (let next = this.after(last); next !== NONE; next = this.after(last)) last = next;
    this.setAfter(last, first);
  }

  /** Moves the chains to memory for no more than there are, if they are few. */
  moveToSmallBlock(): void {
    if (this.chains > SMALL) return;
    this.heads = this.heads.slice(0, this.chains);
    this.#mostChains = this.chains;
  }

  /** Gives back the memory of at most so many chains that are no more: whole pages. Whether there is more. */
  giveBackChains(most: number, discard: Discard): boolean {
    const from = Math.max(this.chains, this.#mostChains - most);
    const end = Math.min(this.#mostChains + PAGE, this.heads.length);
    if (from >= this.#mostChains) return false;
    discard(new Uint8Array(this.heads.buffer, from * HEAD, (end - from) * HEAD));
    this.#mostChains = from;
    return from > this.chains;
  }
}
