/** Writes netlink messages: headers, then attributes one after another, as the kernel does (lib/nlattr.c). */
import { ATTRIBUTE_HEADER, align } from "./attributes.ts";

const FIRST = 512;

export class Writer {
  #bytes = new Uint8Array(FIRST);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Room for so many bytes, all 0; where it begins. */
  reserve(length: number): number {
    const at = this.#length;
    this.#length += align(length);
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length));
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return at;
  }

  /** Where the value of a new attribute begins. */
  #attribute(type: number, length: number): number {
    const at = this.reserve(ATTRIBUTE_HEADER + length);
    this.#view.setUint16(at, ATTRIBUTE_HEADER + length, true);
    this.#view.setUint16(at + 2, type, true);
    return at + ATTRIBUTE_HEADER;
  }

  u8(type: number, value: number): void {
    this.#view.setUint8(this.#attribute(type, 1), value);
  }

  u16(type: number, value: number): void {
    this.#view.setUint16(this.#attribute(type, 2), value, true);
  }

  u32(type: number, value: number): void {
    this.#view.setUint32(this.#attribute(type, 4), value, true);
  }

  /** A whole number below 2^53. */
  u64(type: number, value: number): void {
    this.#view.setBigUint64(this.#attribute(type, 8), BigInt(value), true);
  }

  networkU16(type: number, value: number): void {
    this.#view.setUint16(this.#attribute(type, 2), value);
  }

  networkU32(type: number, value: number): void {
    this.#view.setUint32(this.#attribute(type, 4), value);
  }

  /** Latin letters, with a 0 at the end. */
  text(type: number, value: string): void {
    this.bytes(
      type,
      Uint8Array.from([...value, "\0"], (letter) => letter.charCodeAt(0)),
    );
  }

  bytes(type: number, value: Uint8Array): void {
    this.#bytes.set(value, this.#attribute(type, value.length));
  }

  /** Attributes inside an attribute. The kernel's answers do not set NLA_F_NESTED. */
  nested(type: number, write: () => void): void {
    const at = this.reserve(ATTRIBUTE_HEADER);
    write();
    this.#view.setUint16(at, this.#length - at, true);
    this.#view.setUint16(at + 2, type, true);
  }

  /** At a place that `reserve` gave. */
  setU16(at: number, value: number): void {
    this.#view.setUint16(at, value, true);
  }

  setU32(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }

  setBytes(at: number, value: Uint8Array): void {
    this.#bytes.set(value, at);
  }

  /** What was written; the writer must not be used any more. */
  take(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}
