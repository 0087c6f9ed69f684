/**
 * The memory that kernel and director share: slots for the frames that come in together, and the list of those that leave
 * from there.
 */
import { Frame } from "../../core/wire/frame.ts";
import { areOffloadsSound } from "../../core/wire/offload.ts";
import { addressOf } from "../system/libc.ts";
import { readVirtioHeader, VIRTIO_HEADER, writeVirtioHeader } from "../tap/virtio-header.ts";
import type { Port } from "./port.ts";

/** Where in its slot a frame's Ethernet header lies: room for outer headers before it. */
export const START = 128;
/** The largest frame that stands for many, with room to grow; and a little, or the headers of all slots would want the same few lines of a cache. */
export const SLOT = 80 * 1024 + 192;
/** Frames that are taken, and sent, together. */
export const SLOTS = 64;
/** A frame of so many bytes is large: few are taken together, so that their memory is used again while the cache still has it. */
export const LARGE = 4096;

/** Memory with its address. */
export class SharedBuffer {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly address: number;

  constructor(length: number) {
    this.bytes = new Uint8Array(length);
    this.view = new DataView(this.bytes.buffer);
    this.address = addressOf(this.bytes);
  }
}

/** How the frames of the slots come in, and leave. */
export interface Exchange {
  /** The calls, for people. */
  readonly name: "io_uring" | "read and write";
  /** Takes frames that wait at a port; how many: they are the first of the slots' frames. 0: none waits. Throws DeviceError if its device is gone. */
  receive(port: Port): number;
  /** Sends what is to leave, in order. With `next`, frames of that port are received after this. */
  flush(next: Port | undefined): void;
}

/** Sends what stands at `address`, a frame behind its header; `index` is its place among those that leave together. */
export type SendBytes = (index: number, port: Port, address: number, length: number) => void;

export class Slots {
  readonly memory = new SharedBuffer(SLOTS * SLOT);
  /** Borrowed until frames are received again. */
  readonly frames: readonly Frame[];
  /** Bytes before each frame that tell what the kernel left to others: a virtio header, or none. */
  readonly header: number;
  /** How many are to leave; which, and by which port. */
  leaving = 0;
  readonly #leavingFrames: Frame[];
  readonly #leavingPorts: (Port | undefined)[] = new Array<undefined>(SLOTS).fill(undefined);

  constructor(offloads: boolean) {
    this.header = offloads ? VIRTIO_HEADER : 0;
    this.frames = Array.from({ length: SLOTS }, () => new Frame(this.memory.bytes, START, START));
    this.#leavingFrames = [...this.frames];
  }

  /** Where in a slot the kernel puts a frame, behind its header. */
  addressOf(slot: number): number {
    return this.memory.address + slot * SLOT + START - this.header;
  }

  /** The frame at `index` is one that the kernel put into a slot: so many bytes, with the header. */
  arrived(index: number, slot: number, bytes: number, port: Port): void {
    const frame = this.frames[index];
    if (frame === undefined) return;
    const start = slot * SLOT + START;
    const length = bytes - this.header;
    frame.bytes = this.memory.bytes;
    frame.view = this.memory.view;
    frame.reset(start, start + length);
    if (this.header > 0) readFacts(frame);
    port.received++;
    port.receivedBytes += length;
  }

  /** The frame lies in a slot, and is to leave. */
  leave(frame: Frame, port: Port): void {
    this.#leavingFrames[this.leaving] = frame;
    this.#leavingPorts[this.leaving] = port;
    this.leaving++;
  }

  /** Has all that is to leave sent, in order; how many they are. */
  sendLeaving(send: SendBytes): number {
    const { header, leaving, memory } = this;
    this.leaving = 0;
    for (let index = 0; index < leaving; index++) {
      const frame = this.#ready(index);
      const port = this.#leavingPorts[index];
      if (frame === undefined || port === undefined) continue;
      send(index, port, memory.address + frame.start - header, frame.length + header);
    }
    return leaving;
  }

  /** Number `index` of those that leave, with its header written. */
  #ready(index: number): Frame | undefined {
    const frame = this.#leavingFrames[index];
    if (frame !== undefined && this.header > 0) writeVirtioHeader(this.memory.view, frame.start, frame);
    return frame;
  }

  /** The port that number `index` is to leave by. */
  portOf(index: number): Port | undefined {
    return this.#leavingPorts[index];
  }
}

/** What the kernel says beside the bytes. Facts that do not fit them, from whoever injects frames, are taken for none. */
function readFacts(frame: Frame): void {
  readVirtioHeader(frame);
  const { checksumStart, segmentSize, start, end } = frame;
  if ((checksumStart !== 0 || segmentSize !== 0) && !areOffloadsSound(frame)) frame.reset(start, end);
}
