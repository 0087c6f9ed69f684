/** Writes pcapng: a section header, an interface description per port, an enhanced packet block per frame. */
import { copyBytes } from "./copy-bytes.ts";
import { type Direction, ETHERNET, type Instant, LARGEST_PACKET } from "./packet.ts";
import {
  DIRECTION_IN,
  DIRECTION_OUT,
  EPB_FLAGS,
  IF_MACADDR,
  IF_NAME,
  IF_TSRESOL,
  OPT_COMMENT,
  OPT_END,
  padded,
  SHB_USERAPPL,
} from "./pcapng-options.ts";
import { MICROSECONDS, NANOSECONDS, WORD } from "./timebase.ts";
import { encodeUtf8 } from "./utf8.ts";

/** Gets whole blocks, one or many. The bytes are borrowed: they are overwritten by what follows. */
export type WriteBytes = (bytes: Uint8Array) => void;

/** A port of the director as an interface of the capture. */
export interface CapturePort {
  readonly name: string;
  /** Six bytes. */
  readonly mac?: Uint8Array | undefined;
}

/** A frame to write. `time` is in microseconds and may have a fraction; `nanoseconds`, where given, come on top of it. */
export interface WrittenPacket {
  /** The index of its port in the list that the writer was made with. */
  readonly port: number;
  readonly time: number;
  readonly nanoseconds?: number | undefined;
  readonly bytes: Uint8Array;
  /** Bytes on the wire, where `bytes` is only their beginning. */
  readonly originalLength?: number | undefined;
  readonly direction?: Direction;
  /** What Wireshark shows as the packet's comment. */
  readonly comment?: string | undefined;
}

/** The kind of block that a packet is in, and what stands in it before the packet's bytes. */
const ENHANCED_PACKET = 6;
const ENHANCED_HEADER = 28;

/** An option holds so many bytes. */
const LONGEST_OPTION = 0xffff;

/** So many bytes are handed on together. */
const ENOUGH = 64 * 1024;

/** Writes little-endian pcapng to a sink, all ports in one section: whenever there are 64 KiB, and what is left when it is flushed. */
export class PcapngWriter {
  readonly #write: WriteBytes;
  readonly #ports: number;
  readonly #resolution: typeof MICROSECONDS | typeof NANOSECONDS;
  #bytes = new Uint8Array(4096);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;
  /** Where the block that is being written begins. */
  #block = 0;

  /** `nanoseconds` asks for timestamps in nanoseconds; else they are in microseconds, which every reader knows. */
  constructor(write: WriteBytes, ports: readonly CapturePort[], { nanoseconds = false } = {}) {
    this.#write = write;
    this.#ports = ports.length;
    this.#resolution = nanoseconds ? NANOSECONDS : MICROSECONDS;
    this.#sectionHeader();
    for (const port of ports) this.#interfaceDescription(port);
  }

  /** Writes one frame. What exceeds LARGEST_PACKET is cut, as the snap length says. */
  packet({ port, time, nanoseconds = 0, bytes, originalLength, direction, comment }: WrittenPacket): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.begin(port, time, nanoseconds, view, 0, bytes.length, originalLength ?? bytes.length);
    this.finish(direction, comment);
  }

  /**
   * Writes what `packet` does, but for what stands behind the bytes: `finish` has to follow. They lie from `start` to `end` of what
   * `view` shows. `time` may have a fraction, and nanoseconds may be more than a microsecond.
   */
  begin(
    port: number,
    time: number,
    nanoseconds: number,
    view: DataView,
    start: number,
    end: number,
    originalLength: number,
  ): void {
    if (port < 0 || port >= this.#ports) throw new RangeError(`no port ${port} in this capture`);
    const length = Math.min(end - start, LARGEST_PACKET);
    this.#block = this.#length;
    this.#reserve(ENHANCED_HEADER + padded(length));
    const at = this.#length;
    const block = this.#view;
    block.setUint32(at, ENHANCED_PACKET, true);
    block.setUint32(at + 8, port, true);
    this.#time(at + 12, time, nanoseconds);
    block.setUint32(at + 20, length, true);
    block.setUint32(at + 24, originalLength, true);
    copyBytes(view, start, block, at + ENHANCED_HEADER, length);
    for (let zero = at + ENHANCED_HEADER + length; (zero & 3) !== 0; zero++) block.setUint8(zero, 0);
    this.#length = at + ENHANCED_HEADER + padded(length);
  }

  /** The end of what was begun. */
  finish(direction: Direction, comment: string | undefined): void {
    if (comment !== undefined) this.#comment(comment);
    if (direction !== undefined) {
      this.#word(EPB_FLAGS | (4 << 16));
      this.#word(direction === "in" ? DIRECTION_IN : DIRECTION_OUT);
    }
    if (comment !== undefined || direction !== undefined) this.#word(OPT_END);
    this.#end();
  }

  /** The two halves of a timestamp. A time before 0 becomes 0. */
  #time(at: number, time: number, nanoseconds: number): void {
    const whole = Math.floor(time);
    // Rounded, because 0.001 has no exact double.
    const rest = Math.round((time - whole) * 1000) + nanoseconds;
    const carry = Math.floor(rest / 1000);
    const microseconds = Math.max(0, whole + carry);
    const high = Math.floor(microseconds / WORD);
    const low = microseconds % WORD;
    if (this.#resolution === MICROSECONDS) {
      this.#view.setUint32(at, high, true);
      this.#view.setUint32(at + 4, low, true);
      return;
    }
    const ticks = low * 1000 + rest - carry * 1000;
    this.#view.setUint32(at, high * 1000 + Math.floor(ticks / WORD), true);
    this.#view.setUint32(at + 4, ticks % WORD, true);
  }

  /** What has one byte for each character, as nearly every comment, goes where it belongs without a detour. */
  #comment(text: string): void {
    const { length } = text;
    const start = this.#length;
    this.#reserve(4 + padded(length));
    const bytes = this.#bytes;
    for (let at = 0; at < length; at++) {
      const code = text.charCodeAt(at);
      if (code >= 0x80 || length > LONGEST_OPTION) {
        this.#option(OPT_COMMENT, encodeUtf8(text, LONGEST_OPTION));
        return;
      }
      bytes[start + 4 + at] = code;
    }
    for (let at = start + 4 + length; at < start + 4 + padded(length); at++) bytes[at] = 0;
    this.#word(OPT_COMMENT | (length << 16));
    this.#length = start + 4 + padded(length);
  }

  #sectionHeader(): void {
    this.#begin(0x0a0d0d0a);
    this.#word(0x1a2b3c4d);
    this.#word(1); // version 1.0
    this.#word(0xffffffff); // the length of the section is not known
    this.#word(0xffffffff);
    this.#option(SHB_USERAPPL, encodeUtf8("tapvs"));
    this.#option(OPT_END, new Uint8Array(0));
    this.#end();
  }

  #interfaceDescription({ name, mac }: CapturePort): void {
    this.#begin(1);
    this.#word(ETHERNET);
    this.#word(LARGEST_PACKET);
    this.#option(IF_NAME, encodeUtf8(name, LONGEST_OPTION));
    if (mac !== undefined) this.#option(IF_MACADDR, mac);
    this.#option(IF_TSRESOL, Uint8Array.of(this.#resolution));
    this.#option(OPT_END, new Uint8Array(0));
    this.#end();
  }

  /** Starts a block; its length is filled in at the end. */
  #begin(type: number): void {
    this.#block = this.#length;
    this.#word(type);
    this.#word(0);
  }

  #end(): void {
    const total = this.#length + 4 - this.#block;
    this.#word(total);
    this.#view.setUint32(this.#block + 4, total, true);
    if (this.#length >= ENOUGH) this.flush();
  }

  /** Hands on what has been written so far. */
  flush(): void {
    const length = this.#length;
    this.#length = 0;
    if (length > 0) this.#write(this.#bytes.subarray(0, length));
  }

  #word(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.#length, value, true);
    this.#length += 4;
  }

  #option(code: number, value: Uint8Array): void {
    this.#word(code | (value.length << 16));
    this.#padded(value);
  }

  #padded(bytes: Uint8Array): void {
    const room = padded(bytes.length);
    this.#reserve(room);
    this.#bytes.set(bytes, this.#length);
    for (let at = this.#length + bytes.length; at < this.#length + room; at++) this.#bytes[at] = 0;
    this.#length += room;
  }

  #reserve(length: number): void {
    if (this.#length + length <= this.#bytes.length) return;
    const larger = new Uint8Array(2 * (this.#length + length));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

/** The time of a packet in whole microseconds and nanoseconds below 1000, whichever way it was given. */
export function moment({ time, nanoseconds = 0 }: Pick<WrittenPacket, "time" | "nanoseconds">): Instant {
  const whole = Math.floor(time);
  // Rounded, because 0.001 has no exact double; the carry keeps the rest below 1000.
  const rest = Math.round((time - whole) * 1000) + nanoseconds;
  return { time: whole + Math.floor(rest / 1000), nanoseconds: rest % 1000 };
}
