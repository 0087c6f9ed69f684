/** Packets that are held for a while, and the memory that they lie in. */
import { HEADROOM } from "../wire/frame.ts";
import { type CaptureInterface, type Direction, LARGEST_PACKET, type Packet, type PacketInPlace } from "./packet.ts";

/** The memory of many packets, used again when the last of them is gone. */
export class Slab {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Whoever has a packet that is spent may write to what lies before it: before the first one, too. */
  used = HEADROOM;
  /** Packets in it that are held. */
  live = 0;

  constructor(length: number) {
    this.bytes = new Uint8Array(HEADROOM + length);
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

/** Two pieces of a file, as they are read. */
const USUAL = 4 * LARGEST_PACKET;

/** Slabs that are in use, and those that will be again. */
export class Slabs {
  readonly #free: Slab[] = [];

  /** An empty one with room for so many bytes. */
  take(length: number): Slab {
    return length > USUAL ? new Slab(length) : (this.#free.pop() ?? new Slab(USUAL));
  }

  /** Nobody holds anything in it any more. */
  giveBack(slab: Slab): void {
    slab.clear();
    if (slab.room === USUAL) this.#free.push(slab);
  }
}

/**
 * What is held of each packet, by slot: an object for each would outlive the young generation, which is what makes
 * garbage expensive.
 */
export class Slots {
  readonly #time: Float64Array;
  readonly #nanoseconds: Uint16Array;
  readonly #originalLength: Uint32Array;
  readonly #offset: Float64Array;
  readonly #record: Float64Array;
  readonly #start: Uint32Array;
  readonly #length: Uint32Array;
  readonly #timestamped: Uint8Array;
  readonly #slab: Slab[] = [];
  readonly #interface: CaptureInterface[] = [];
  readonly #direction: Direction[] = [];
  readonly #free: number[] = [];

  constructor(count: number) {
    this.#time = new Float64Array(count);
    this.#nanoseconds = new Uint16Array(count);
    this.#originalLength = new Uint32Array(count);
    this.#offset = new Float64Array(count);
    this.#record = new Float64Array(count);
    this.#start = new Uint32Array(count);
    this.#length = new Uint32Array(count);
    this.#timestamped = new Uint8Array(count);
    for (let slot = count - 1; slot >= 0; slot--) this.#free.push(slot);
  }

  get isFull(): boolean {
    return this.#free.length === 0;
  }

  /** A packet whose bytes lie in a slab; the slot that it has from now on. */
  put(packet: Packet, slab: Slab, start: number, length: number): number {
    const slot = this.#free.pop() ?? 0;
    this.#time[slot] = packet.time;
    this.#nanoseconds[slot] = packet.nanoseconds;
    this.#originalLength[slot] = packet.originalLength;
    this.#offset[slot] = packet.offset;
    this.#record[slot] = packet.record;
    this.#start[slot] = start;
    this.#length[slot] = length;
    this.#timestamped[slot] = packet.timestamped ? 1 : 0;
    this.#slab[slot] = slab;
    this.#interface[slot] = packet.interface;
    this.#direction[slot] = packet.direction;
    slab.live++;
    return slot;
  }

  /** Makes `packet` the one of the slot, which is free then; the slab that it lies in. */
  take(slot: number, packet: PacketInPlace): Slab | undefined {
    const port = this.#interface[slot];
    const slab = this.#slab[slot];
    if (port === undefined || slab === undefined) return undefined;
    const start = this.#start[slot] ?? 0;
    this.#free.push(slot);
    packet.interface = port;
    packet.time = this.#time[slot] ?? 0;
    packet.nanoseconds = this.#nanoseconds[slot] ?? 0;
    packet.timestamped = this.#timestamped[slot] === 1;
    packet.originalLength = this.#originalLength[slot] ?? 0;
    packet.direction = this.#direction[slot];
    packet.offset = this.#offset[slot] ?? 0;
    packet.record = this.#record[slot] ?? 0;
    packet.lieIn(slab.bytes, slab.view, start, start + (this.#length[slot] ?? 0));
    return slab;
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
