/** Packets in the order of their times, as far as a window of bounded size can put them right. */
import { LONGEST_PIECE, NONE, type Slab, Slabs, Slots } from "./held-packets.ts";
import { type Packet, PacketInPlace } from "./packet.ts";

/** How much is held back to be put in order; the smaller one counts. */
export interface OrderWindow {
  readonly packets: number;
  readonly bytes: number;
}

/** dumpcap writes each interface in blocks of a buffer's size (2 MiB by default). */
export const DEFAULT_WINDOW: OrderWindow = { packets: 32_768, bytes: 16 * 1024 * 1024 };

/** Packets that may be held beyond the window until somebody settles. */
const MOST_BEYOND = 8192;

/** A chain of slots, of packets that came in the order of their times. */
interface Run {
  first: number;
  last: number;
}

/** Gets each packet in turn. The packet is borrowed, as are its bytes. */
export type TakeInOrder = (packet: PacketInPlace) => void;

/**
 * Holds packets back until the window is full, then hands on the earliest. Those of one time stay as they came. A file in
 * the order of time is one run; one that dumpcap wrote has about as many runs as interfaces.
 */
export class TimeOrder {
  readonly #take: TakeInOrder;
  readonly #window: OrderWindow;
  readonly #slots: Slots;
  readonly #runs: Run[] = [];
  readonly #slabs = new Slabs();
  /** Where pieces of a file are laid, and where packets are copied to that lie elsewhere. */
  #laid: Slab;
  #copied: Slab;
  readonly #packet = new PacketInPlace();
  #packets = 0;
  #bytes = 0;
  #lastTime = Number.NEGATIVE_INFINITY;
  #lastNanoseconds = 0;
  #late = 0;

  constructor(take: TakeInOrder, window: OrderWindow = DEFAULT_WINDOW) {
    this.#take = take;
    this.#window = window;
    this.#slots = new Slots(window.packets + MOST_BEYOND);
    this.#laid = this.#slabs.take();
    this.#copied = this.#slabs.take();
  }

  /** Packets that are earlier than one that was handed on before them: the window was too small for them. */
  get late(): number {
    return this.#late;
  }

  /**
   * Copies a piece of a file to where its packets can be held: those that are found there when they are added are not copied one by
   * one. Packets of a very long piece are, and it stays where it is.
   */
  lay(piece: Uint8Array): { readonly bytes: Uint8Array; readonly start: number; readonly end: number } {
    if (piece.length > LONGEST_PIECE) return { bytes: piece, start: 0, end: piece.length };
    this.#laid = this.#withRoom(this.#laid, piece.length);
    const { bytes, used: start } = this.#laid;
    bytes.set(piece, start);
    this.#laid.used += piece.length;
    return { bytes, start, end: this.#laid.used };
  }

  /** Holds a packet, and hands on what is too much for the window then. */
  add(packet: Packet): void {
    this.hold(packet);
    this.settle();
  }

  /** Copies the packet's bytes, unless they were laid. What is too much for the window stays until `settle`, if there is room for it. */
  hold(packet: Packet): void {
    if (this.#slots.isFull) this.settle();
    if (packet instanceof PacketInPlace && packet.buffer === this.#laid.bytes)
      this.#hold(packet, this.#laid, packet.start, packet.end);
    else this.#copy(packet, packet.bytes);
  }

  /** Hands on what is too much for the window. */
  settle(): void {
    while (this.#packets > this.#window.packets || this.#bytes > this.#window.bytes) this.#handOn();
  }

  #copy(packet: Packet, bytes: Uint8Array): void {
    const slab = this.#withRoom(this.#copied, bytes.length);
    this.#copied = slab;
    const start = slab.used;
    slab.bytes.set(bytes, start);
    slab.used += bytes.length;
    this.#hold(packet, slab, start, slab.used);
  }

  /** A slab to go on with: this one, or another, if there is no room in it. */
  #withRoom(slab: Slab, length: number): Slab {
    if (slab.live === 0) slab.clear();
    if (slab.room >= length) return slab;
    if (slab.live === 0) this.#slabs.giveBack(slab);
    return this.#slabs.take();
  }

  #hold(packet: Packet, slab: Slab, start: number, end: number): void {
    this.#append(this.#slots.put(packet, slab, start, end));
    this.#packets++;
    this.#bytes += end - start;
  }

  /** Hands on all that is held. */
  end(): void {
    while (this.#packets > 0) this.#handOn();
  }

  #append(slot: number): void {
    for (const run of this.#runs) {
      if (this.#slots.isEarlier(slot, run.last)) continue;
      this.#slots.follow(run.last, slot);
      run.last = slot;
      return;
    }
    this.#runs.push({ first: slot, last: slot });
  }

  #handOn(): void {
    const run = this.#earliest();
    if (run === undefined) return;
    const packet = this.#packet;
    // As long as there is one run, all that stood before a packet is gone when it is handed on.
    packet.isSpent = this.#runs.length === 1;
    const slot = run.first;
    run.first = this.#slots.next(slot);
    if (run.first === NONE) this.#runs.splice(this.#runs.indexOf(run), 1);
    const slab = this.#slots.take(slot, packet);
    this.#packets--;
    if (slab === undefined) return;
    this.#bytes -= packet.end - packet.start;
    this.#note(packet);
    this.#take(packet);
    slab.live--;
    if (slab.live === 0 && slab !== this.#laid && slab !== this.#copied) this.#slabs.giveBack(slab);
  }

  #note(packet: PacketInPlace): void {
    const { time, nanoseconds } = packet;
    packet.isLate = time < this.#lastTime || (time === this.#lastTime && nanoseconds < this.#lastNanoseconds);
    if (packet.isLate) {
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
      if (this.#slots.precedes(run.first, best.first)) best = run;
    }
    return best;
  }
}
