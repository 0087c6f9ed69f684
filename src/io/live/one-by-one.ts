/** A read(2) for each frame that comes in, a write(2) for each that leaves: what works everywhere. */
import { errno, read, write } from "../system/libc.ts";
import type { Port } from "./port.ts";
import { type Exchange, LARGE, SLOT, SLOTS, type Slots, START } from "./slots.ts";

const EAGAIN = 11;

export class OneByOne implements Exchange {
  readonly name = "read and write";
  readonly #slots: Slots;

  constructor(slots: Slots) {
    this.#slots = slots;
  }

  receive(port: Port): number {
    let slot = 0;
    while (slot < SLOTS) {
      const bytes = read(port.descriptor, this.#slots.addressOf(slot), SLOT - START);
      if (bytes <= this.#slots.header) {
        const error = bytes < 0 ? errno() : EAGAIN;
        if (error !== EAGAIN) throw port.failure(error);
        return slot;
      }
      this.#slots.arrived(slot, slot, bytes, port);
      slot++;
      if (bytes >= LARGE) return slot;
    }
    return slot;
  }

  flush(): void {
    const { leaving, header, memory } = this.#slots;
    this.#slots.leaving = 0;
    for (let index = 0; index < leaving; index++) {
      const frame = this.#slots.ready(index);
      const port = this.#slots.portOf(index);
      if (frame === undefined || port === undefined) continue;
      const { start, length } = frame;
      if (write(port.descriptor, memory.address + start - header, length + header) < 0) {
        port.sendErrors++;
        continue;
      }
      port.sent++;
      port.sentBytes += length;
    }
  }
}
