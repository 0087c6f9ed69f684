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

/** The numbers of a packet: eight doubles, which lie in one line of the processor's cache. */
const WIDTH = 8;
const TIME = 0;
const OFFSET = 1;
const RECORD = 2;
const ORIGINAL_LENGTH = 3;
const START = 4;
const END = 5;
/** The number of its interface. */
const INTERFACE = 6;
/** Nanoseconds; whether it has a time, above them; its direction; the number of its slab. */
const REST = 7;
const NANOSECONDS_MASK = 0x3ff;
const TIMESTAMPED = 0x400;
const DIRECTION_SHIFT = 11;
const SLAB_SHIFT = 13;

/**
 * What is held of each packet, by slot: an object for each would outlive the young generation, which is what makes
 * garbage expensive. Slots are in chains: one of those that are free, and those that somebody makes of others.
 */
export class Slots {
  readonly #numbers: Float64Array;
  readonly #next: Int32Array;
  readonly #slabs: Slab[] = [];
  readonly #interfaces: CaptureInterface[] = [];
  #free = 0;

  constructor(count: number) {
    this.#numbers = new Float64Array(count * WIDTH);
    this.#next = new Int32Array(count);
    for (let slot = 0; slot < count; slot++) this.#next[slot] = slot === count - 1 ? NONE : slot + 1;
  }

  get isFull(): boolean {
    return this.#free === NONE;
  }

  /** A packet whose bytes lie in a slab; the slot that it has from now on, without a next one. */
  put(packet: Packet, slab: Slab, start: number, end: number): number {
    const slot = this.#free;
    const numbers = this.#numbers;
    const at = slot * WIDTH;
    const from = packet.interface;
    if (this.#interfaces[from.index] !== from) this.#meet(from);
    if (slab.number === NONE) this.#know(slab);
    const direction = packet.direction === undefined ? 0 : packet.direction === "in" ? 1 : 2;
    const timestamped = packet.timestamped ? TIMESTAMPED : 0;
    this.#free = this.#next[slot] ?? NONE;
    this.#next[slot] = NONE;
    numbers[at + TIME] = packet.time;
    numbers[at + OFFSET] = packet.offset;
    numbers[at + RECORD] = packet.record;
    numbers[at + ORIGINAL_LENGTH] = packet.originalLength;
    numbers[at + START] = start;
    numbers[at + END] = end;
    numbers[at + INTERFACE] = from.index;
    numbers[at + REST] =
      packet.nanoseconds | timestamped | (direction << DIRECTION_SHIFT) | (slab.number << SLAB_SHIFT);
    slab.live++;
    return slot;
  }

  #know(slab: Slab): void {
    slab.number = this.#slabs.length;
    this.#slabs.push(slab);
  }

  #meet(from: CaptureInterface): void {
    while (this.#interfaces.length <= from.index) this.#interfaces.push(from);
    this.#interfaces[from.index] = from;
  }

  /** Makes `packet` the one of the slot, which is free then; the slab that it lies in. */
  take(slot: number, packet: PacketInPlace): Slab | undefined {
    const numbers = this.#numbers;
    const at = slot * WIDTH;
    const rest = numbers[at + REST] ?? 0;
    const from = this.#interfaces[numbers[at + INTERFACE] ?? 0];
    const slab = this.#slabs[rest >>> SLAB_SHIFT];
    if (from === undefined || slab === undefined) return undefined;
    this.#next[slot] = this.#free;
    this.#free = slot;
    packet.interface = from;
    packet.time = numbers[at + TIME] ?? 0;
    packet.nanoseconds = rest & NANOSECONDS_MASK;
    packet.timestamped = (rest & TIMESTAMPED) !== 0;
    packet.originalLength = numbers[at + ORIGINAL_LENGTH] ?? 0;
    packet.direction = DIRECTIONS[(rest >>> DIRECTION_SHIFT) & 3];
    packet.offset = numbers[at + OFFSET] ?? 0;
    packet.record = numbers[at + RECORD] ?? 0;
    packet.lieIn(slab.bytes, slab.view, numbers[at + START] ?? 0, numbers[at + END] ?? 0);
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
    const first = this.#numbers[a * WIDTH + TIME] ?? 0;
    const second = this.#numbers[b * WIDTH + TIME] ?? 0;
    return first === second ? this.#nanoseconds(a) < this.#nanoseconds(b) : first < second;
  }

  #nanoseconds(slot: number): number {
    return (this.#numbers[slot * WIDTH + REST] ?? 0) & NANOSECONDS_MASK;
  }

  /** Of one time, the one that came first. */
  precedes(a: number, b: number): boolean {
    return this.isEarlier(a, b) || (!this.isEarlier(b, a) && this.#record(a) < this.#record(b));
  }

  #record(slot: number): number {
    return this.#numbers[slot * WIDTH + RECORD] ?? 0;
  }
}
