/** The director's ports as TAP devices: frames come in by read(2) and leave by write(2), without waiting. */
import type { Link } from "../../core/director/director.ts";
import { Frame } from "../../core/wire/frame.ts";
import { areOffloadsSound } from "../../core/wire/offload.ts";
import { DeviceError, errorText } from "../system/errors.ts";
import { addressOf, errno, read, write } from "../system/libc.ts";
import { readVirtioHeader, VIRTIO_HEADER, writeVirtioHeader } from "../tap/virtio-header.ts";

/** Where a frame's Ethernet header lies in a buffer: room for outer headers before it. */
const START = 128;
/** The largest frame that stands for many, with room to grow. */
const BUFFER = START + 80 * 1024;
const EAGAIN = 11;
/** What a TAP descriptor answers when its device was deleted. */
const EBADFD = 77;

/** One buffer that the kernel and the director share, and the frame that looks at it. */
class SharedBuffer {
  readonly bytes = new Uint8Array(BUFFER);
  readonly view = new DataView(this.bytes.buffer);
  readonly address = addressOf(this.bytes);
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
  readonly #received = new SharedBuffer();
  readonly #sent = new SharedBuffer();
  readonly #frame = new Frame(this.#received.bytes, START, START);
  readonly #header: number;

  constructor(list: readonly Port[], offloads: boolean) {
    this.list = list;
    this.#header = offloads ? VIRTIO_HEADER : 0;
  }

  /** The next frame that waits at a port, borrowed until the next call; `undefined` if none does. */
  receive(port: Port): Frame | undefined {
    const { address } = this.#received;
    const length = read(port.descriptor, address + START - this.#header, BUFFER - START);
    if (length < 0) return this.#nothing(port);
    const frame = this.#frame;
    frame.bytes = this.#received.bytes;
    frame.view = this.#received.view;
    frame.reset(START, START + length - this.#header);
    if (this.#header > 0) readFacts(frame);
    port.received++;
    port.receivedBytes += frame.length;
    return frame;
  }

  #nothing(port: Port): undefined {
    const error = errno();
    if (error === EAGAIN) return undefined;
    if (error === EBADFD) throw new DeviceError("EBADFD", `the TAP device of ${port.name} was removed`);
    const { code, text } = errorText(error);
    throw new DeviceError(code, `the TAP device of ${port.name}: ${text}`);
  }

  send(frame: Frame, number: number): void {
    const port = this.list[number];
    if (port === undefined) return;
    // The frame that was received goes out of the buffer it came into; others are copied to where the kernel finds them.
    const own = frame.bytes === this.#received.bytes;
    const { view, address } = own ? this.#received : this.#sent;
    const at = own ? frame.start : START;
    if (!own) this.#sent.bytes.set(frame.contents(), START);
    if (this.#header > 0) writeVirtioHeader(view, at, frame);
    if (write(port.descriptor, address + at - this.#header, frame.length + this.#header) < 0) {
      port.sendErrors++;
      return;
    }
    port.sent++;
    port.sentBytes += frame.length;
  }
}

/** What the kernel says beside the bytes. Facts that do not fit them, from whoever injects frames, are taken for none. */
function readFacts(frame: Frame): void {
  readVirtioHeader(frame);
  const { checksumStart, segmentSize, start, end } = frame;
  if ((checksumStart !== 0 || segmentSize !== 0) && !areOffloadsSound(frame)) frame.reset(start, end);
}
