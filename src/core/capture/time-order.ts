/** Packets in the order of their times, as far as a window of bounded size can put them right. */
import { type CaptureInterface, type Direction, LARGEST_PACKET, type Packet } from "./packet.ts";
import type { TakePacket } from "./parser.ts";

/** How much is held back to be put in order; the smaller one counts. */
export interface OrderWindow {
  readonly packets: number;
  readonly bytes: number;
}

/** dumpcap writes each interface in blocks of a buffer's size (2 MiB by default). */
export const DEFAULT_WINDOW: OrderWindow = { packets: 32_768, bytes: 16 * 1024 * 1024 };

/** The memory of many packets, used again when the last of them is gone. */
interface Slab {
  readonly bytes: Uint8Array;
  used: number;
  live: number;
}

const SLAB = 4 * LARGEST_PACKET;

/** Slots of packets that came in the order of their times; those before `head` are gone. */
interface Run {
  slots: number[];
  head: number;
}

/**
 * What is held of each packet, by slot: an object for each would outlive the young generation, which is what makes
 * garbage expensive.
 */
class Slots {
  readonly time: Float64Array;
  readonly nanoseconds: Uint16Array;
  readonly originalLength: Uint32Array;
  readonly offset: Float64Array;
  readonly record: Float64Array;
  readonly start: Uint32Array;
  readonly length: Uint32Array;
  readonly timestamped: Uint8Array;
  readonly slab: Slab[] = [];
  readonly interface: CaptureInterface[] = [];
  readonly direction: Direction[] = [];
  readonly free: number[] = [];

  constructor(count: number) {
    this.time = new Float64Array(count);
    this.nanoseconds = new Uint16Array(count);
    this.originalLength = new Uint32Array(count);
    this.offset = new Float64Array(count);
    this.record = new Float64Array(count);
    this.start = new Uint32Array(count);
    this.length = new Uint32Array(count);
    this.timestamped = new Uint8Array(count);
    for (let slot = count - 1; slot >= 0; slot--) this.free.push(slot);
  }

  put(packet: Packet, slab: Slab): number {
    const slot = this.free.pop() ?? 0;
    this.time[slot] = packet.time;
    this.nanoseconds[slot] = packet.nanoseconds;
    this.originalLength[slot] = packet.originalLength;
    this.offset[slot] = packet.offset;
    this.record[slot] = packet.record;
    this.start[slot] = slab.used;
    this.length[slot] = packet.bytes.length;
    this.timestamped[slot] = packet.timestamped ? 1 : 0;
    this.slab[slot] = slab;
    this.interface[slot] = packet.interface;
    this.direction[slot] = packet.direction;
    return slot;
  }

  /** The packet, and its slot is free. */
  take(slot: number): Packet | undefined {
    const port = this.interface[slot];
    const slab = this.slab[slot];
    if (port === undefined || slab === undefined) return undefined;
    const start = this.start[slot] ?? 0;
    this.free.push(slot);
    return {
      interface: port,
      time: this.time[slot] ?? 0,
      nanoseconds: this.nanoseconds[slot] ?? 0,
      timestamped: this.timestamped[slot] === 1,
      originalLength: this.originalLength[slot] ?? 0,
      direction: this.direction[slot],
      offset: this.offset[slot] ?? 0,
      record: this.record[slot] ?? 0,
      bytes: slab.bytes.subarray(start, start + (this.length[slot] ?? 0)),
    };
  }

  isEarlier(a: number, b: number): boolean {
    const [first = 0, second = 0] = [this.time[a], this.time[b]];
    return first < second || (first === second && (this.nanoseconds[a] ?? 0) < (this.nanoseconds[b] ?? 0));
  }

  /** Of one time, the one that came first. */
  precedes(a: number, b: number): boolean {
    return this.isEarlier(a, b) || (!this.isEarlier(b, a) && (this.record[a] ?? 0) < (this.record[b] ?? 0));
  }
}

/**
 * Holds packets back until the window is full, then hands on the earliest. Those of one time stay as they came. A file in
 * the order of time is one run; one that dumpcap wrote has about as many runs as interfaces.
 */
export class TimeOrder {
  readonly #take: TakePacket;
  readonly #window: OrderWindow;
  readonly #slots: Slots;
  readonly #runs: Run[] = [];
  #slab: Slab = { bytes: new Uint8Array(SLAB), used: 0, live: 0 };
  readonly #free: Slab[] = [];
  #packets = 0;
  #bytes = 0;
  #lastTime = Number.NEGATIVE_INFINITY;
  #lastNanoseconds = 0;
  #late = 0;

  /** `take` gets each packet in turn; its bytes are borrowed. */
  constructor(take: TakePacket, window: OrderWindow = DEFAULT_WINDOW) {
    this.#take = take;
    this.#window = window;
    this.#slots = new Slots(window.packets + 1);
  }

  /** Packets that are earlier than one that was handed on before them: the window was too small for them. */
  get late(): number {
    return this.#late;
  }

  /** Copies the packet's bytes. */
  add(packet: Packet): void {
    const slot = this.#hold(packet);
    this.#append(slot);
    this.#packets++;
    this.#bytes += packet.bytes.length;
    while (this.#packets > this.#window.packets || this.#bytes > this.#window.bytes) this.#handOn();
  }

  /** Hands on all that is held. */
  end(): void {
    while (this.#packets > 0) this.#handOn();
  }

  #hold(packet: Packet): number {
    const { length } = packet.bytes;
    let slab = this.#slab;
    if (slab.used + length > slab.bytes.length) {
      slab = this.#free.pop() ?? { bytes: new Uint8Array(Math.max(SLAB, length)), used: 0, live: 0 };
      this.#slab = slab;
    }
    slab.bytes.set(packet.bytes, slab.used);
    const slot = this.#slots.put(packet, slab);
    slab.used += length;
    slab.live++;
    return slot;
  }

  #append(slot: number): void {
    for (const run of this.#runs) {
      const end = run.slots[run.slots.length - 1];
      if (end !== undefined && this.#slots.isEarlier(slot, end)) continue;
      run.slots.push(slot);
      return;
    }
    this.#runs.push({ slots: [slot], head: 0 });
  }

  #handOn(): void {
    const run = this.#earliest();
    if (run === undefined) return;
    const slot = run.slots[run.head] ?? 0;
    const slab = this.#slots.slab[slot];
    const packet = this.#slots.take(slot);
    this.#leave(run);
    this.#packets--;
    if (packet === undefined || slab === undefined) return;
    this.#bytes -= packet.bytes.length;
    this.#note(packet);
    this.#take(packet);
    this.#release(slab);
  }

  #leave(run: Run): void {
    run.head++;
    if (run.head === run.slots.length) this.#runs.splice(this.#runs.indexOf(run), 1);
    else if (run.head >= this.#window.packets) {
      run.slots = run.slots.slice(run.head);
      run.head = 0;
    }
  }

  #note({ time, nanoseconds }: Packet): void {
    if (time < this.#lastTime || (time === this.#lastTime && nanoseconds < this.#lastNanoseconds)) {
      this.#late++;
      return;
    }
    this.#lastTime = time;
    this.#lastNanoseconds = nanoseconds;
  }

  #earliest(): Run | undefined {
    let best = this.#runs[0];
    for (let index = 1; index < this.#runs.length; index++) {
      const run = this.#runs[index];
      if (run === undefined || best === undefined) continue;
      if (this.#slots.precedes(run.slots[run.head] ?? 0, best.slots[best.head] ?? 0)) best = run;
    }
    return best;
  }

  #release(slab: Slab): void {
    slab.live--;
    if (slab.live > 0) return;
    slab.used = 0;
    if (slab !== this.#slab) this.#free.push(slab);
  }
}
