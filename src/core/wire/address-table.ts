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
import { AddressPlaces, isTabled, NOWHERE, PLACE } from "./address-places.ts";
import { difference32, fold, halves } from "./checksum.ts";

export type AddressHandle = Flavoured<"address">;

/** 0.0.0.0, and where a handle may be missing: none. */
export const NO_ADDRESS: AddressHandle = 0;

const IPV6 = 0xe0000000 | 0;
const IPV4_MULTICAST = 0xe8000000 | 0;

/** The family of an address, from its handle alone. */
export const familyOf = (handle: AddressHandle): Family => (handle >>> 27 === 0x1c ? AF_INET6 : AF_INET);

export class AddressTable extends AddressPlaces {
  // --- to handles

  /** The handle of the IPv4 address of a 32-bit number, signed or not. */
  ofIpv4(word: number): AddressHandle {
    return isTabled(word) ? this.intern(IPV4_MULTICAST, word | 0, 0, 0, 0) : word | 0;
  }

  /** The handle of the IPv6 address whose 16 bytes stand at `at`. */
  ofIpv6At(view: DataView, at: number): AddressHandle {
    return this.intern(IPV6, view.getInt32(at), view.getInt32(at + 4), view.getInt32(at + 8), view.getInt32(at + 12));
  }

  /** The same of an address that is most likely `likely`, a handle that is good: then nothing is looked up. */
  ofLikelyIpv6At(view: DataView, at: number, likely: AddressHandle): AddressHandle {
    const words = this.words;
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
    return family === AF_INET ? this.ofIpv4(mark) : this.intern(IPV6, mark | 0, 0, 0, 0);
  }

  /** A handle that stays good until it is released. */
  kept(address: Address): AddressHandle {
    return this.keep(this.of(address));
  }

  /** Borrowed, as all handles are but kept ones. */
  of({ family, words: [first, second, third, last] }: Address): AddressHandle {
    return family === AF_INET ? this.ofIpv4(first) : this.intern(IPV6, first | 0, second | 0, third | 0, last | 0);
  }

  /**
   * The network of an address: by a mask (IPv4, 32 bits in host order) or a prefix length (IPv6), as `-p` and `-M` of
   * ipvsadm give them (ipv6_addr_prefix).
   */
  masked(handle: AddressHandle, netmask: number): AddressHandle {
    if (familyOf(handle) === AF_INET) return this.ofIpv4(this.word(handle, 0) & netmask);
    const word = (index: number): number => this.word(handle, index) & prefixMask(netmask, index);
    return this.intern(IPV6, word(0), word(1), word(2), word(3));
  }

  // --- from handles

  /** Whether two addresses of one family have the first `prefix` bits in common. */
  samePrefix(a: AddressHandle, b: AddressHandle, prefix: number): boolean {
    if (!isTabled(a) && !isTabled(b)) return ((a ^ b) & prefixMask(prefix, 0)) === 0;
    if (familyOf(a) !== familyOf(b)) return false;
    if (familyOf(a) === AF_INET) return ((this.word(a, 0) ^ this.word(b, 0)) & prefixMask(prefix, 0)) === 0;
    const words = this.words;
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
    if (isTabled(handle)) return this.words[(handle & PLACE) * 4 + index] ?? 0;
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
    const words = this.words;
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
    const words = this.words;
    const from = (handle & PLACE) * 4;
    view.setInt32(at, words[from] ?? 0);
    view.setInt32(at + 4, words[from + 1] ?? 0);
    view.setInt32(at + 8, words[from + 2] ?? 0);
    view.setInt32(at + 12, words[from + 3] ?? 0);
  }

  /** The handle of the IPv6 address whose 16 bytes stand at `at`, if it has one; NO_ADDRESS if not. Nothing is noted. */
  findIpv6At(view: DataView, at: number): AddressHandle {
    const place = this.find(
      IPV6,
      view.getInt32(at),
      view.getInt32(at + 4),
      view.getInt32(at + 8),
      view.getInt32(at + 12),
    );
    return place === NOWHERE ? NO_ADDRESS : IPV6 | place;
  }
}
