/** The director's ports as TAP devices: frames come in by read(2) and leave by write(2), without waiting. */
import type { Link } from "../../core/host/director.ts";
import { Frame } from "../../core/wire/frame.ts";
import { areOffloadsSound } from "../../core/wire/offload.ts";
import { DeviceError, errorText } from "../system/errors.ts";
import { addressOf, errno, read, write } from "../system/libc.ts";
import { readVirtioHeader, VIRTIO_HEADER, writeVirtioHeader } from "../tap/virtio-header.ts";

/** Where in its slot a frame's Ethernet header lies: room for outer headers before it. */
const START = 128;
/** The largest frame that stands for many, with room to grow. */
const SLOT = 80 * 1024;
/** Frames that are taken, and sent, together. */
export const SLOTS = 64;
/** Bytes of a frame that ends a batch. */
const LARGE = 4096;
const EAGAIN = 11;
/** What a TAP descriptor answers when its device was deleted. */
const EBADFD = 77;

/** Memory that the kernel and the director share. */
class SharedBuffer {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly address: number;

  constructor(length: number) {
    this.bytes = new Uint8Array(length);
    this.view = new DataView(this.bytes.buffer);
    this.address = addressOf(this.bytes);
  }
}

/** The counters of one port. */
export class Port {
  readonly name: string;
  readonly descriptor: number;
  received = 0;
  sent = 0;
  receivedBytes = 0;
  sentBytes = 0;
  sendErrors = 0;

  constructor(name: string, descriptor: number) {
    this.name = name;
    this.descriptor = descriptor;
  }
}

export class Ports implements Link {
  readonly list: readonly Port[];
  /** The frames of the slots, borrowed until their slot is used again. */
  readonly frames: readonly Frame[];
  /** The frame that the director makes a tunnel's segments in, one after the other: sent from where it lies. */
  piece: Frame | undefined;
  /** Frames that lie in no slot leave before those that wait. */
  overtakes = false;
  #pieceMemory: Uint8Array = new Uint8Array(0);
  #pieceAddress = 0;
  readonly #received = new SharedBuffer(SLOTS * SLOT);
  readonly #sent = new SharedBuffer(SLOT);
  readonly #header: number;
  /** Frames of slots that are to leave, in order, and by which port. */
  readonly #leaving: (Frame | undefined)[] = new Array<undefined>(SLOTS).fill(undefined);
  readonly #leavingPort = new Int32Array(SLOTS);
  #leavingCount = 0;

  constructor(list: readonly Port[], offloads: boolean) {
    this.list = list;
    this.#header = offloads ? VIRTIO_HEADER : 0;
    this.frames = Array.from({ length: SLOTS }, () => new Frame(this.#received.bytes, START, START));
  }

  /**
   * Takes frames that wait at a port into the slots; how many. Less than SLOTS says that no more wait, or that the last
   * one is large: it ends a batch, so that its memory is used again while the cache still has it.
   */
  receive(port: Port): number {
    let slot = 0;
    while (slot < SLOTS) {
      const length = this.#take(port, slot);
      if (length === 0) return slot;
      slot++;
      if (length > LARGE) return slot;
    }
    return slot;
  }

  /** The length of the frame that was taken; 0 if none waits. */
  #take(port: Port, slot: number): number {
    const start = slot * SLOT + START;
    const length = read(port.descriptor, this.#received.address + start - this.#header, SLOT - START) - this.#header;
    const frame = this.frames[slot];
    if (length <= 0 || frame === undefined) return this.#nothing(port, length + this.#header);
    frame.bytes = this.#received.bytes;
    frame.view = this.#received.view;
    frame.reset(start, start + length);
    if (this.#header > 0) readFacts(frame);
    port.received++;
    port.receivedBytes += length;
    return length;
  }

  #nothing(port: Port, result: number): 0 {
    const error = result < 0 ? errno() : EAGAIN;
    if (error === EAGAIN) return 0;
    if (error === EBADFD) throw new DeviceError("EBADFD", `the TAP device of ${port.name} was removed`);
    const { code, text } = errorText(error);
    throw new DeviceError(code, `the TAP device of ${port.name}: ${text}`);
  }

  /**
   * Sends a frame. One that lies in a slot leaves with the next flush: kernel and director, taking turns only once in a
   * batch, find their code in the cache. Whoever owns the slots must not touch it until then.
   */
  send(frame: Frame, number: number): void {
    if (frame.bytes === this.#received.bytes) {
      if (this.#leavingCount === SLOTS) this.flush();
      this.#leaving[this.#leavingCount] = frame;
      this.#leavingPort[this.#leavingCount] = number;
      this.#leavingCount++;
      return;
    }
    // Others leave at once, and mostly not before those that came earlier.
    if (!this.overtakes) this.flush();
    if (frame === this.piece && frame.start >= VIRTIO_HEADER) {
      this.#write(frame, frame.view, this.#addressOfPiece(frame), frame.start, number);
      return;
    }
    this.#sent.bytes.set(frame.contents(), START);
    this.#write(frame, this.#sent.view, this.#sent.address, START, number);
  }

  #addressOfPiece({ bytes }: Frame): number {
    if (bytes !== this.#pieceMemory) {
      this.#pieceMemory = bytes;
      this.#pieceAddress = addressOf(bytes);
    }
    return this.#pieceAddress;
  }

  /** Sends what waits to leave. */
  flush(): void {
    const count = this.#leavingCount;
    this.#leavingCount = 0;
    const { view, address } = this.#received;
    for (let index = 0; index < count; index++) {
      const frame = this.#leaving[index];
      if (frame !== undefined) this.#write(frame, view, address, frame.start, this.#leavingPort[index] ?? 0);
    }
  }

  /** `at` is where in the memory the frame begins. */
  #write(frame: Frame, view: DataView, address: number, at: number, number: number): void {
    const port = this.list[number];
    if (port === undefined) return;
    const { length } = frame;
    if (this.#header > 0) writeVirtioHeader(view, at, frame);
    if (write(port.descriptor, address + at - this.#header, length + this.#header) < 0) {
      port.sendErrors++;
      return;
    }
    port.sent++;
    port.sentBytes += length;
  }
}

/** What the kernel says beside the bytes. Facts that do not fit them, from whoever injects frames, are taken for none. */
function readFacts(frame: Frame): void {
  readVirtioHeader(frame);
  const { checksumStart, segmentSize, start, end } = frame;
  if ((checksumStart !== 0 || segmentSize !== 0) && !areOffloadsSound(frame)) frame.reset(start, end);
}
