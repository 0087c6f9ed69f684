/** Keeps the packets of a capture: their bytes in a few large slabs, not one array each. */
import { LARGEST_PACKET, type Packet } from "./packet.ts";

/** No packet straddles two slabs, so at most LARGEST_PACKET bytes of each stay empty. */
const SLAB = 16 * LARGEST_PACKET;

/** What is kept of a packet: where its bytes are, and all the rest. */
interface Entry extends Omit<Packet, "bytes"> {
  readonly slab: Uint8Array;
  readonly start: number;
  readonly length: number;
}

/** All packets of a capture, in the order they were added until they are sorted. The bytes it hands out are its own. */
export class PacketStore {
  readonly #entries: Entry[] = [];
  #slab = new Uint8Array(0);
  #used = 0;

  get count(): number {
    return this.#entries.length;
  }

  /** Copies the packet's bytes. */
  add(packet: Packet): void {
    const { bytes, ...rest } = packet;
    if (this.#used + bytes.length > this.#slab.length) {
      this.#slab = new Uint8Array(Math.max(SLAB, bytes.length));
      this.#used = 0;
    }
    this.#slab.set(bytes, this.#used);
    this.#entries.push({ ...rest, slab: this.#slab, start: this.#used, length: bytes.length });
    this.#used += bytes.length;
  }

  /** Puts the packets in the order of their times; those of one time stay as they were. dumpcap writes each interface in blocks. */
  sortByTime(): void {
    this.#entries.sort((a, b) => a.time - b.time || a.nanoseconds - b.nanoseconds);
  }

  /** The packets in order. Each object is new, each `bytes` a view of the store. */
  *[Symbol.iterator](): Generator<Packet, void, undefined> {
    for (const { slab, start, length, ...rest } of this.#entries) {
      yield { ...rest, bytes: slab.subarray(start, start + length) };
    }
  }
}
