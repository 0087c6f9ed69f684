/** Packets that are held for a while, and the memory that they lie in. */
import { HEADROOM } from "../wire/frame.ts";
import { type CaptureInterface, type Direction, LARGEST_PACKET, type Packet, type PacketInPlace } from "./packet.ts";

/** No slot, no number. */
export const NONE = -1;

/** The memory of many packets, used again when the last of them is gone. */
export class Slab {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Whoever has a packet that is spent may write to what lies before it: before the first one, too. */
  used = HEADROOM;
  /** Packets in it that are held. */
  live = 0;
  /** By which slots know it. */
  number = NONE;

  constructor() {
    this.bytes = new Uint8Array(HEADROOM + LONGEST_PIECE);
    this.view = new DataView(this.bytes.buffer);
  }

  /** What may still be put into it, in bytes. */
  get room(): number {
    return this.bytes.length - this.used;
  }

  clear(): void {
    this.used = HEADROOM;
  }
}

/** Room for the longest packet, and for two pieces of a file as they are read. */
export const LONGEST_PIECE = 4 * LARGEST_PACKET;

/** Slabs that are in use, and those that will be again. */
export class Slabs {
  readonly #free: Slab[] = [];

  /** An empty one. */
  take(): Slab {
    return this.#free.pop() ?? new Slab();
  }

  /** Nobody holds anything in it any more. */
  giveBack(slab: Slab): void {
    slab.clear();
    this.#free.push(slab);
  }
}

const DIRECTIONS: readonly Direction[] = [undefined, "in", "out"];

/**
 * What is held of each packet, by slot: an object for each would outlive the young generation, which is what makes
 * garbage expensive. Slots are in chains: one of those that are free, and those that somebody makes of others.
 */
export class Slots {
  readonly #time: Float64Array;
  readonly #nanoseconds: Uint16Array;
  readonly #originalLength: Uint32Array;
  readonly #offset: Float64Array;
  readonly #record: Float64Array;
  readonly #start: Int32Array;
  readonly #end: Int32Array;
  readonly #timestamped: Uint8Array;
  readonly #direction: Uint8Array;
  /** By number: slabs that packets lie in, and interfaces that they came on. */
  readonly #slab: Uint16Array;
  readonly #interface: Uint32Array;
  readonly #slabs: Slab[] = [];
  readonly #interfaces: CaptureInterface[] = [];
  readonly #next: Int32Array;
  #free = 0;

  constructor(count: number) {
    this.#time = new Float64Array(count);
    this.#nanoseconds = new Uint16Array(count);
    this.#originalLength = new Uint32Array(count);
    this.#offset = new Float64Array(count);
    this.#record = new Float64Array(count);
    this.#start = new Int32Array(count);
    this.#end = new Int32Array(count);
    this.#timestamped = new Uint8Array(count);
    this.#direction = new Uint8Array(count);
    this.#slab = new Uint16Array(count);
    this.#interface = new Uint32Array(count);
    this.#next = new Int32Array(count);
    for (let slot = 0; slot < count; slot++) this.#next[slot] = slot === count - 1 ? NONE : slot + 1;
  }

  get isFull(): boolean {
    return this.#free === NONE;
  }

  /** A packet whose bytes lie in a slab; the slot that it has from now on, without a next one. */
  put(packet: Packet, slab: Slab, start: number, end: number): number {
    const slot = this.#free;
    this.#free = this.#next[slot] ?? NONE;
    this.#next[slot] = NONE;
    this.#time[slot] = packet.time;
    this.#nanoseconds[slot] = packet.nanoseconds;
    this.#originalLength[slot] = packet.originalLength;
    this.#offset[slot] = packet.offset;
    this.#record[slot] = packet.record;
    this.#start[slot] = start;
    this.#end[slot] = end;
    this.#timestamped[slot] = packet.timestamped ? 1 : 0;
    this.#direction[slot] = packet.direction === undefined ? 0 : packet.direction === "in" ? 1 : 2;
    this.#slab[slot] = slab.number === NONE ? this.#know(slab) : slab.number;
    const from = packet.interface;
    this.#interface[slot] = this.#interfaces[from.index] === from ? from.index : this.#meet(from);
    slab.live++;
    return slot;
  }

  #know(slab: Slab): number {
    slab.number = this.#slabs.length;
    this.#slabs.push(slab);
    return slab.number;
  }

  #meet(from: CaptureInterface): number {
    while (this.#interfaces.length <= from.index) this.#interfaces.push(from);
    this.#interfaces[from.index] = from;
    return from.index;
  }

  /** Makes `packet` the one of the slot, which is free then; the slab that it lies in. */
  take(slot: number, packet: PacketInPlace): Slab | undefined {
    const from = this.#interfaces[this.#interface[slot] ?? 0];
    const slab = this.#slabs[this.#slab[slot] ?? 0];
    if (from === undefined || slab === undefined) return undefined;
    this.#next[slot] = this.#free;
    this.#free = slot;
    packet.interface = from;
    packet.time = this.#time[slot] ?? 0;
    packet.nanoseconds = this.#nanoseconds[slot] ?? 0;
    packet.timestamped = this.#timestamped[slot] === 1;
    packet.originalLength = this.#originalLength[slot] ?? 0;
    packet.direction = DIRECTIONS[this.#direction[slot] ?? 0];
    packet.offset = this.#offset[slot] ?? 0;
    packet.record = this.#record[slot] ?? 0;
    packet.lieIn(slab.bytes, slab.view, this.#start[slot] ?? 0, this.#end[slot] ?? 0);
    return slab;
  }

  /** The slot that follows in its chain; NONE if none does. */
  next(slot: number): number {
    return this.#next[slot] ?? NONE;
  }

  follow(slot: number, next: number): void {
    this.#next[slot] = next;
  }

  isEarlier(a: number, b: number): boolean {
    const [first = 0, second = 0] = [this.#time[a], this.#time[b]];
    return first < second || (first === second && (this.#nanoseconds[a] ?? 0) < (this.#nanoseconds[b] ?? 0));
  }

  /** Of one time, the one that came first. */
  precedes(a: number, b: number): boolean {
    return this.isEarlier(a, b) || (!this.isEarlier(b, a) && (this.#record[a] ?? 0) < (this.#record[b] ?? 0));
  }
}
