/** The director's ports as TAP devices: frames come in and leave without waiting, those of the slots together. */
import type { Link } from "../../core/host/director.ts";
import type { Frame } from "../../core/wire/frame.ts";
import { addressOf, write } from "../system/libc.ts";
import type { Ring } from "../system/uring.ts";
import { VIRTIO_HEADER, writeVirtioHeader } from "../tap/virtio-header.ts";
import { AllAtOnce } from "./all-at-once.ts";
import { OneByOne } from "./one-by-one.ts";
import type { Port } from "./port.ts";
import { type Exchange, SharedBuffer, SLOT, SLOTS, Slots, START } from "./slots.ts";

export class Ports implements Link {
  readonly list: readonly Port[];
  /** The frame that the director makes a tunnel's segments in, one after the other: sent from where it lies. */
  piece: Frame | undefined;
  /** Frames that lie in no slot leave before those that wait. */
  overtakes = false;
  #pieceMemory: Uint8Array = new Uint8Array(0);
  #pieceAddress = 0;
  readonly #slots: Slots;
  readonly #exchange: Exchange;
  readonly #sent = new SharedBuffer(SLOT);

  /** Without a ring, each frame has a call of its own. */
  constructor(list: readonly Port[], offloads: boolean, ring: Ring | undefined) {
    this.list = list;
    this.#slots = new Slots(offloads);
    this.#exchange = ring === undefined ? new OneByOne(this.#slots) : new AllAtOnce(this.#slots, ring);
  }

  /** The calls by which frames come in and leave. */
  get calls(): Exchange["name"] {
    return this.#exchange.name;
  }

  /** The frames that were received last, borrowed until the next are. */
  get frames(): readonly Frame[] {
    return this.#slots.frames;
  }

  /** Takes frames that wait at a port; how many. With 0 none is left. Throws DeviceError if its device is gone. */
  receive(port: Port): number {
    return this.#exchange.receive(port);
  }

  /** Sends what waits to leave. With `next`, frames of that port are received after this. */
  flush(next?: Port): void {
    this.#exchange.flush(next);
  }

  /**
   * Sends a frame. One that lies in a slot leaves with the next flush: kernel and director, taking turns only once in a
   * batch, find their code in the cache. Whoever owns the slots must not touch it until then.
   */
  send(frame: Frame, number: number): void {
    const port = this.list[number];
    if (port === undefined) return;
    if (frame.bytes === this.#slots.memory.bytes) {
      if (this.#slots.leaving === SLOTS) this.flush();
      this.#slots.leave(frame, port);
      return;
    }
    // Others leave at once, and mostly not before those that came earlier.
    if (!this.overtakes) this.flush();
    if (frame === this.piece && frame.start >= VIRTIO_HEADER) {
      this.#write(frame, frame.view, this.#addressOfPiece(frame), frame.start, port);
      return;
    }
    this.#sent.bytes.set(frame.contents(), START);
    this.#write(frame, this.#sent.view, this.#sent.address, START, port);
  }

  #addressOfPiece({ bytes }: Frame): number {
    if (bytes !== this.#pieceMemory) {
      this.#pieceMemory = bytes;
      this.#pieceAddress = addressOf(bytes);
    }
    return this.#pieceAddress;
  }

  /** `at` is where in the memory the frame begins. */
  #write(frame: Frame, view: DataView, address: number, at: number, port: Port): void {
    const { length } = frame;
    const { header } = this.#slots;
    if (header > 0) writeVirtioHeader(view, at, frame);
    if (write(port.descriptor, address + at - header, length + header) < 0) {
      port.sendErrors++;
      return;
    }
    port.sent++;
    port.sentBytes += length;
  }
}
