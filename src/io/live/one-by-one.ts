/** A read(2) for each frame that comes in, a write(2) for each that leaves: what works everywhere. */
import { errno, read, write } from "../system/libc.ts";
import type { Port } from "./port.ts";
import { type Exchange, LARGE, type SendBytes, SLOT, SLOTS, type Slots, START } from "./slots.ts";

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
    this.#slots.sendLeaving(this.#send);
  }

  readonly #send: SendBytes = (_index, port, address, length) => {
    if (write(port.descriptor, address, length) < 0) {
      port.sendErrors++;
      return;
    }
    port.sent++;
    port.sentBytes += length - this.#slots.header;
  };
}
