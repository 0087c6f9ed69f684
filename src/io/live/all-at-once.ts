/**
 * One call of io_uring(7) for a whole batch: it writes the frames that leave, and reads those that wait by then. The kernel
 * works the list off in order, so a slot is read into again only when what left from it was taken.
 */
import type { Ring } from "../system/uring.ts";
import type { Port } from "./port.ts";
import { type Exchange, LARGE, type SendBytes, SLOT, SLOTS, type Slots, START } from "./slots.ts";

/** Entries of the ring: a read into each slot, then as many writes. */
export const ENTRIES = 2 * SLOTS;
/** How many large frames are asked for: their memory is to be used again while the cache still has it. */
export const FEW = 4;
const EAGAIN = 11;

export class AllAtOnce implements Exchange {
  readonly name = "io_uring";
  readonly #slots: Slots;
  readonly #ring: Ring;
  /** Reads that were asked for, and whose results are to be looked at. */
  #asked = 0;
  /** How many are worth asking for: about as many as came last. One that finds nothing costs a third of one that does. */
  #expected = 1;

  constructor(slots: Slots, ring: Ring) {
    this.#slots = slots;
    this.#ring = ring;
    for (let slot = 0; slot < SLOTS; slot++) {
      ring.isRead(slot);
      ring.place(slot, slots.addressOf(slot), SLOT - START);
      ring.isWrite(SLOTS + slot);
    }
  }

  receive(port: Port): number {
    if (this.#asked === 0) {
      this.#ask(port);
      this.#ring.submit();
    }
    const { header } = this.#slots;
    let count = 0;
    let isLarge = false;
    while (this.#ring.next()) {
      const { entry, result } = this.#ring;
      if (entry >= SLOTS) {
        this.#refused(entry);
      } else if (result > header) {
        this.#slots.arrived(count, entry, result, port);
        count++;
        if (result >= LARGE) isLarge = true;
      } else if (result < 0 && result !== -EAGAIN) {
        throw port.failure(-result);
      }
    }
    this.#expected = isLarge ? FEW : count < this.#asked ? Math.max(1, count) : Math.min(SLOTS, 2 * count);
    this.#asked = 0;
    return count;
  }

  #ask({ descriptor }: Port): void {
    this.#asked = this.#expected;
    for (let slot = 0; slot < this.#asked; slot++) this.#ring.queue(slot, descriptor);
  }

  flush(next: Port | undefined): void {
    const leaving = this.#slots.sendLeaving(this.#send);
    if (next !== undefined) this.#ask(next);
    for (let index = this.#ring.submit(); index < leaving; index++) this.#refused(SLOTS + index);
    // With reads behind them, receive looks at all that came of this.
    if (next === undefined) while (this.#ring.next()) this.#refused(this.#ring.entry);
  }

  readonly #send: SendBytes = (index, port, address, length) => {
    this.#ring.place(SLOTS + index, address, length);
    this.#ring.queue(SLOTS + index, port.descriptor);
    // The kernel tells only of those that it did not take.
    port.sent++;
    port.sentBytes += length - this.#slots.header;
  };

  /** A frame that the kernel did not take. */
  #refused(entry: number): void {
    const port = this.#slots.portOf(entry - SLOTS);
    if (port === undefined) return;
    port.sendErrors++;
    port.sent--;
    port.sentBytes -= this.#ring.lengthOf(entry) - this.#slots.header;
  }
}
