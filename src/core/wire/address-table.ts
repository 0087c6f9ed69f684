/**
 * Addresses of both families as signed 32-bit handles, which is what rows, hashes and routes can afford to hold.
 *
 * An IPv4 address is its own handle. An IPv6 address, and an IPv4 multicast one, stands here as four words under a number
 * that no unicast IPv4 address has:
 *
 *   e0000000 to e7ffffff   place of an IPv6 address
 *   e8000000 to efffffff   place of an IPv4 multicast address, which only commands and forged quotations can name
 *
 * So a handle alone says its family. Whoever stores one for longer than a packet's walk keeps it, and releases it after.
 * Handles that nobody keeps take turns in a ring of fixed size: a flood of strangers' addresses costs no more than that.
 */
import type { Flavoured } from "../flavoured.ts";
import { type Address, AF_INET, AF_INET6, type Family, prefixMask } from "./address.ts";

import { difference32, fold, halves } from "./checksum.ts";

export type AddressHandle = Flavoured<"address">;

/** 0.0.0.0, and where a handle may be missing: none. */
export const NO_ADDRESS: AddressHandle = 0;

const TABLED = 0xe;
const IPV6 = 0xe0000000 | 0;
const IPV4_MULTICAST = 0xe8000000 | 0;
const PLACE = 0x07ffffff;
const NOWHERE = -1;
/** Handles that nobody keeps, at least. */
const STRANGERS = 1024;

/** The family of an address, from its handle alone. */
export const familyOf = (handle: AddressHandle): Family => (handle >>> 27 === 0x1c ? AF_INET6 : AF_INET);

const isTabled = (handle: AddressHandle): boolean => handle >>> 28 === TABLED;

export class AddressTable {
  readonly #seed: number = 0;
  /** Four signed words a place. */
  #words = new Int32Array(4 * STRANGERS);
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

  // --- to handles

  /** The handle of the IPv4 address of a 32-bit number, signed or not. */
  ofIpv4(word: number): AddressHandle {
    return word >>> 28 === TABLED ? this.#intern(IPV4_MULTICAST, word | 0, 0, 0, 0) : word | 0;
  }

  /** The handle of the IPv6 address whose 16 bytes stand at `at`. */
  ofIpv6At(view: DataView, at: number): AddressHandle {
    return this.#intern(IPV6, view.getInt32(at), view.getInt32(at + 4), view.getInt32(at + 8), view.getInt32(at + 12));
  }

  /** The same of an address that is most likely `likely`, a handle that is good: then nothing is looked up. */
  ofLikelyIpv6At(view: DataView, at: number, likely: AddressHandle): AddressHandle {
    const words = this.#words;
    const from = (likely & PLACE) * 4;
    return familyOf(likely) === AF_INET6 &&
      words[from + 3] === view.getInt32(at + 12) &&
      words[from] === view.getInt32(at) &&
      words[from + 1] === view.getInt32(at + 4) &&
      words[from + 2] === view.getInt32(at + 8)
      ? likely
      : this.ofIpv6At(view, at);
  }

  /** What the template of a firewall-mark service has in the virtual address's place (ip_vs_core.c: ip_vs_sched_persist). */
  ofMark(family: Family, mark: number): AddressHandle {
    return family === AF_INET ? this.ofIpv4(mark) : this.#intern(IPV6, mark | 0, 0, 0, 0);
  }

  /** Borrowed, as all handles are. */
  of({ family, words: [first, second, third, last] }: Address): AddressHandle {
    return family === AF_INET ? this.ofIpv4(first) : this.#intern(IPV6, first | 0, second | 0, third | 0, last | 0);
  }

  /**
   * The network of an address: by a mask (IPv4, 32 bits in host order) or a prefix length (IPv6), as `-p` and `-M` of
   * ipvsadm give them (ipv6_addr_prefix).
   */
  masked(handle: AddressHandle, netmask: number): AddressHandle {
    if (familyOf(handle) === AF_INET) return this.ofIpv4(this.word(handle, 0) & netmask);
    const word = (index: number): number => this.word(handle, index) & prefixMask(netmask, index);
    return this.#intern(IPV6, word(0), word(1), word(2), word(3));
  }

  // --- from handles

  /** Whether two addresses of one family have the first `prefix` bits in common. */
  samePrefix(a: AddressHandle, b: AddressHandle, prefix: number): boolean {
    if (!isTabled(a) && !isTabled(b)) return ((a ^ b) & prefixMask(prefix, 0)) === 0;
    if (familyOf(a) !== familyOf(b)) return false;
    if (familyOf(a) === AF_INET) return ((this.word(a, 0) ^ this.word(b, 0)) & prefixMask(prefix, 0)) === 0;
    const words = this.#words;
    let at = (a & PLACE) * 4;
    let other = (b & PLACE) * 4;
    let left = prefix;
    for (; left >= 32; left -= 32) if (words[at++] !== words[other++]) return false;
    return left === 0 || (((words[at] ?? 0) ^ (words[other] ?? 0)) & (-1 << (32 - left))) === 0;
  }

  /** How many leading bits two addresses of one family have in common. */
  commonPrefix(a: AddressHandle, b: AddressHandle): number {
    let bits = 0;
    for (let index = 0; index < (familyOf(a) === AF_INET ? 1 : 4); index++) {
      const common = Math.clz32(this.word(a, index) ^ this.word(b, index));
      bits += common;
      if (common < 32) break;
    }
    return bits;
  }

  /** One of the four words of an address, signed. An IPv4 address stands in the first. */
  word(handle: AddressHandle, index: number): number {
    if (isTabled(handle)) return this.#words[(handle & PLACE) * 4 + index] ?? 0;
    return index === 0 ? handle : 0;
  }

  /** Whether all words are 0. */
  isZero(handle: AddressHandle): boolean {
    return (this.word(handle, 0) | this.word(handle, 1) | this.word(handle, 2) | this.word(handle, 3)) === 0;
  }

  /** The exclusive or of the words, signed: what the kernel's hashes make of an IPv6 address; IPv4 as it is. */
  fold(handle: AddressHandle): number {
    if (!isTabled(handle)) return handle;
    return this.word(handle, 0) ^ this.word(handle, 1) ^ this.word(handle, 2) ^ this.word(handle, 3);
  }

  /**
   * What the change of an address adds to the sum that a checksum complements; unfolded. Addresses of one family, or of
   * both (NAT64), where the words that one of them lacks count as 0.
   */
  difference(before: AddressHandle, after: AddressHandle): number {
    if (!isTabled(before) && !isTabled(after)) return difference32(before, after);
    if (familyOf(before) !== AF_INET && familyOf(after) !== AF_INET) return this.#ipv6Difference(before, after);
    let difference = 0;
    for (let index = 0; index < 4; index++)
      difference += difference32(this.word(before, index), this.word(after, index));
    return fold(difference);
  }

  #ipv6Difference(before: AddressHandle, after: AddressHandle): number {
    const words = this.#words;
    const old = (before & PLACE) * 4;
    const at = (after & PLACE) * 4;
    return (
      difference32(words[old] ?? 0, words[at] ?? 0) +
      difference32(words[old + 1] ?? 0, words[at + 1] ?? 0) +
      difference32(words[old + 2] ?? 0, words[at + 2] ?? 0) +
      difference32(words[old + 3] ?? 0, words[at + 3] ?? 0)
    );
  }

  /** The sum of an address's 16-bit words, unfolded: its share of a pseudo header's sum. */
  sum(handle: AddressHandle): number {
    if (!isTabled(handle)) return halves(handle);
    let sum = 0;
    for (let index = 0; index < 4; index++) sum += halves(this.word(handle, index));
    return sum;
  }

  /** The address as a value, for people and listings. */
  value(handle: AddressHandle): Address {
    const word = (index: number): number => this.word(handle, index) >>> 0;
    return { family: familyOf(handle), words: [word(0), word(1), word(2), word(3)] };
  }

  /** Writes the address at `at`: 4 bytes of IPv4, 16 of IPv6. */
  write(view: DataView, at: number, handle: AddressHandle): void {
    if (familyOf(handle) === AF_INET) {
      view.setInt32(at, this.word(handle, 0));
      return;
    }
    const words = this.#words;
    const from = (handle & PLACE) * 4;
    view.setInt32(at, words[from] ?? 0);
    view.setInt32(at + 4, words[from + 1] ?? 0);
    view.setInt32(at + 8, words[from + 2] ?? 0);
    view.setInt32(at + 12, words[from + 3] ?? 0);
  }

  // --- keeping

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

  /** The handle of the IPv6 address whose 16 bytes stand at `at`, if it has one; NO_ADDRESS if not. Nothing is noted. */
  findIpv6At(view: DataView, at: number): AddressHandle {
    const place = this.#find(
      IPV6,
      view.getInt32(at),
      view.getInt32(at + 4),
      view.getInt32(at + 8),
      view.getInt32(at + 12),
    );
    return place === NOWHERE ? NO_ADDRESS : IPV6 | place;
  }

  #intern(base: number, first: number, second: number, third: number, last: number): AddressHandle {
    const place = this.#find(base, first, second, third, last);
    if (place === NOWHERE) return base | this.#add(base, first, second, third, last);
    this.#walks[place] = this.#walk;
    return base | place;
  }

  /** The place of an address; NOWHERE if it has none. */
  #find(base: number, first: number, second: number, third: number, last: number): number {
    const chain = this.#chain(first, second, third, last);
    const words = this.#words;
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
    const words = this.#words;
    const at = place * 4;
    return this.#chain(words[at] ?? 0, words[at + 1] ?? 0, words[at + 2] ?? 0, words[at + 3] ?? 0);
  }

  #add(base: number, first: number, second: number, third: number, last: number): number {
    const place = this.#take();
    this.#words[place * 4] = first;
    this.#words[place * 4 + 1] = second;
    this.#words[place * 4 + 2] = third;
    this.#words[place * 4 + 3] = last;
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
    this.#words = longer(this.#words, 4 * capacity);
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
