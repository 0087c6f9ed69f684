/** Packets that a capture has twice: of all interfaces, of a port that mirrors, of a router or a director on its own. */
import { placeOf } from "../../core/capture/network-packet.ts";
import type { Packet } from "../../core/capture/packet.ts";

/** Two sights of one packet are not further apart, in microseconds. */
const TOGETHER = 10_000;
const REMEMBERED = 256;
const HASHED = 64;
/** Bytes that a packet may have without new room for it. */
const USUAL = 2048;

/** Where TTL and checksum of IPv4 stand, and the hop limit of IPv6: a router changes them, and nothing else. */
const IPV4_LIFE: readonly number[] = [8, 10, 11];
const IPV6_LIFE: readonly number[] = [7];

interface Sight {
  hash: number;
  /** Of where it was seen: placeOf. */
  place: number;
  isTunnelled: boolean;
  time: number;
  length: number;
  bytes: Uint8Array;
}

const newSight = (): Sight => ({
  hash: 0,
  place: 0,
  isTunnelled: false,
  time: 0,
  length: -1,
  bytes: new Uint8Array(USUAL),
});

/** The last ones are remembered, in a ring whose memory is used again. */
export class Sights {
  readonly #ring = Array.from({ length: REMEMBERED }, newSight);
  /** The newest place in the ring of each hash. */
  readonly #newest = new Map<number, number>();
  #next = 0;

  /** Whether the packet was seen at another place before: on another interface, from another sender, in a tunnel or out of it. */
  isAgain(bytes: Uint8Array, isTunnelled: boolean, packet: Packet): boolean {
    const life = (bytes[0] ?? 0) >> 4 === 4 ? IPV4_LIFE : IPV6_LIFE;
    const hash = hashOf(bytes, life);
    const place = placeOf(packet);
    const before = this.#ring[this.#newest.get(hash) ?? -1];
    const isOther = before !== undefined && (before.place !== place || before.isTunnelled !== isTunnelled);
    if (isOther && packet.time - before.time <= TOGETHER && isSame(before.bytes, before.length, bytes, life))
      return true;
    const entry = this.#room(hash, bytes);
    entry.place = place;
    entry.isTunnelled = isTunnelled;
    entry.time = packet.time;
    return false;
  }

  /** The oldest entry, which is the packet's now. */
  #room(hash: number, bytes: Uint8Array): Sight {
    const entry = this.#ring[this.#next] ?? newSight();
    if (this.#newest.get(entry.hash) === this.#next) this.#newest.delete(entry.hash);
    this.#newest.set(hash, this.#next);
    this.#next = (this.#next + 1) % REMEMBERED;
    if (bytes.length > entry.bytes.length) entry.bytes = new Uint8Array(bytes.length);
    entry.bytes.set(bytes);
    entry.length = bytes.length;
    entry.hash = hash;
    return entry;
  }
}

/** FNV-1a over the headers, in which packets differ. */
function hashOf(bytes: Uint8Array, life: readonly number[]): number {
  const [first = -1, second = -1, third = -1] = life;
  let hash = 0x811c9dc5 ^ bytes.length;
  for (let at = 0; at < bytes.length && at < HASHED; at++) {
    if (at !== first && at !== second && at !== third) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  }
  return hash;
}

/** All but what routers change. */
function isSame(before: Uint8Array, length: number, bytes: Uint8Array, life: readonly number[]): boolean {
  if (length !== bytes.length) return false;
  for (let at = 0; at < length; at++) if (before[at] !== bytes[at] && !life.includes(at)) return false;
  return true;
}
