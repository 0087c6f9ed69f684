/**
 * Where addresses stand that are no handles of their own: as four words at a place, which a hash finds again. Who stores a place's handle for longer
 * than a packet's walk keeps it, and releases it after. Places that nobody keeps take turns in a ring of fixed size: a flood of strangers' addresses
 * costs no more than that.
 */
import type { AddressHandle } from "./address-table.ts";

const TABLED = 0xe;
export const PLACE = 0x07ffffff;
export const NOWHERE = -1;
/** Handles that nobody keeps, at least. */
const STRANGERS = 1024;

/** Whether a handle is that of a place. */
export const isTabled = (handle: AddressHandle): boolean => handle >>> 28 === TABLED;

export class AddressPlaces {
  readonly #seed: number = 0;
  /** Four signed words a place. */
  protected words = new Int32Array(4 * STRANGERS);
  /** The family's base of the handle. */
  #bases = new Int32Array(STRANGERS);
  #keepers = new Int32Array(STRANGERS);
  /** The walk that looked at the address last. */
  #walks = new Int32Array(STRANGERS);
  /** Chains of the hash, and the list of free places. */
  #next = new Int32Array(STRANGERS);
  #heads = new Int32Array(STRANGERS).fill(NOWHERE);
  #used = 0;
  #free = NOWHERE;
  /** Places whose address was not kept when it came here; NOWHERE where one has been taken out. */
  #ring = new Int32Array(STRANGERS).fill(NOWHERE);
  #inRing = new Uint8Array(STRANGERS);
  #hand = 0;
  #walk = 0;

  /** `seed` keeps a stranger from choosing the chain. */
  constructor(seed = 0) {
    this.#seed = seed;
  }

  /** A packet's walk begins: handles borrowed before, and kept by nobody, may be given away from now on. */
  beginWalk(): void {
    this.#walk = (this.#walk + 1) | 0;
  }

  /** Addresses that stand here, kept or not. */
  get size(): number {
    let freed = 0;
    for (let place = this.#free; place !== NOWHERE; place = this.#next[place] ?? NOWHERE) freed++;
    return this.#used - freed;
  }

  keep(handle: AddressHandle): AddressHandle {
    if (isTabled(handle)) this.#count(handle & PLACE, 1);
    return handle;
  }

  /** Not to be used any more, unless the walk has read it from a packet, too. */
  release(handle: AddressHandle): void {
    if (!isTabled(handle)) return;
    const place = handle & PLACE;
    this.#count(place, -1);
    if (this.#keepers[place] === 0 && this.#inRing[place] === 0) this.#enterRing(place);
  }

  #count(place: number, change: number): void {
    this.#keepers[place] = (this.#keepers[place] ?? 0) + change;
  }

  // --- places

  protected intern(base: number, first: number, second: number, third: number, last: number): AddressHandle {
    const place = this.find(base, first, second, third, last);
    if (place === NOWHERE) return base | this.#add(base, first, second, third, last);
    this.#walks[place] = this.#walk;
    return base | place;
  }

  /** The place of an address; NOWHERE if it has none. */
  protected find(base: number, first: number, second: number, third: number, last: number): number {
    const chain = this.#chain(first, second, third, last);
    const words = this.words;
    for (let place = this.#heads[chain] ?? NOWHERE; place !== NOWHERE; place = this.#next[place] ?? NOWHERE) {
      const at = place * 4;
      if (
        words[at + 3] === last &&
        words[at] === first &&
        words[at + 1] === second &&
        words[at + 2] === third &&
        this.#bases[place] === base
      ) {
        return place;
      }
    }
    return NOWHERE;
  }

  #chain(first: number, second: number, third: number, last: number): number {
    let hash = Math.imul(first ^ this.#seed, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15) ^ third, 0x2c1b3c6d);
    hash = Math.imul(hash ^ (hash >>> 13) ^ last, 0x297a2d39);
    return (hash ^ (hash >>> 16)) & (this.#heads.length - 1);
  }

  #chainOf(place: number): number {
    const words = this.words;
    const at = place * 4;
    return this.#chain(words[at] ?? 0, words[at + 1] ?? 0, words[at + 2] ?? 0, words[at + 3] ?? 0);
  }

  #add(base: number, first: number, second: number, third: number, last: number): number {
    const place = this.#take();
    this.words[place * 4] = first;
    this.words[place * 4 + 1] = second;
    this.words[place * 4 + 2] = third;
    this.words[place * 4 + 3] = last;
    this.#bases[place] = base;
    this.#keepers[place] = 0;
    this.#walks[place] = this.#walk;
    this.#link(place);
    this.#enterRing(place);
    return place;
  }

  #take(): number {
    const place = this.#free;
    if (place !== NOWHERE) {
      this.#free = this.#next[place] ?? NOWHERE;
      return place;
    }
    if (this.#used === this.#keepers.length) this.#grow();
    return this.#used++;
  }

  #link(place: number): void {
    const chain = this.#chainOf(place);
    this.#next[place] = this.#heads[chain] ?? NOWHERE;
    this.#heads[chain] = place;
  }

  /** Forgets an address: its place is free. */
  #drop(place: number): void {
    const chain = this.#chainOf(place);
    const after = this.#next[place] ?? NOWHERE;
    let before = this.#heads[chain] ?? NOWHERE;
    if (before === place) this.#heads[chain] = after;
    else {
      while (this.#next[before] !== place) before = this.#next[before] ?? NOWHERE;
      this.#next[before] = after;
    }
    this.#next[place] = this.#free;
    this.#free = place;
  }

  /** Gives an address that nobody keeps a place in the ring, whose former holder is forgotten. */
  #enterRing(place: number): void {
    const ring = this.#ring;
    for (let tries = 0; tries < ring.length; tries++) {
      const at = this.#hand;
      this.#hand = (at + 1) & (ring.length - 1);
      const holder = ring[at] ?? NOWHERE;
      const kept = holder !== NOWHERE && (this.#keepers[holder] ?? 0) > 0;
      // Some step of the present walk may hold the handle still.
      if (holder !== NOWHERE && !kept && this.#walks[holder] === this.#walk) continue;
      if (holder !== NOWHERE) this.#inRing[holder] = 0;
      if (holder !== NOWHERE && !kept) this.#drop(holder);
      ring[at] = place;
      this.#inRing[place] = 1;
      return;
    }
    this.#growRing();
    this.#enterRing(place);
  }

  #growRing(): void {
    const ring = new Int32Array(this.#ring.length * 2).fill(NOWHERE);
    ring.set(this.#ring);
    this.#hand = this.#ring.length;
    this.#ring = ring;
  }

  #grow(): void {
    const capacity = this.#keepers.length * 2;
    this.words = longer(this.words, 4 * capacity);
    this.#bases = longer(this.#bases, capacity);
    this.#keepers = longer(this.#keepers, capacity);
    this.#walks = longer(this.#walks, capacity);
    this.#next = longer(this.#next, capacity);
    const inRing = new Uint8Array(capacity);
    inRing.set(this.#inRing);
    this.#inRing = inRing;
    this.#heads = new Int32Array(capacity).fill(NOWHERE);
    // The table is full: no place is free, and all go into the new chains.
    for (let place = 0; place < this.#used; place++) this.#link(place);
  }
}

function longer(old: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const array = new Int32Array(length);
  array.set(old);
  return array;
}
