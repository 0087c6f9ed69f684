/**
 * The bytes of frames as events keep them. They lie one behind the other in blocks: memory of its own for each frame would take longer than
 * the walk. Whoever keeps one of them keeps its block.
 */
import type { Frame } from "../wire/frame.ts";

/** Bytes of a block. */
const BLOCK = 64 * 1024;
/** What is longer has memory of its own, lest the rest of a block be wasted on it. */
const LONGEST = BLOCK / 16;
/** So few bytes are copied sooner in words than by a call that first has to look at what it is given. */
const FEW = 160;

export class ByteCopies {
  #buffer = new ArrayBuffer(0);
  #block = new Uint8Array(this.#buffer);
  #view = new DataView(this.#buffer);
  /** Bytes of the block that are given away: of one that is not there yet, all. */
  #used = BLOCK;

  /** A copy of the frame's bytes as they are now. */
  of(frame: Frame): Uint8Array {
    const { start, end } = frame;
    const length = end - start;
    if (length > LONGEST) return frame.copyOfContents();
    if (length >= BLOCK - this.#used) this.#begin();
    const at = this.#used;
    this.#used = at + length;
    if (length > FEW) this.#block.set(frame.contents(), at);
    else this.#copyWords(frame.view, start, end, at);
    return new Uint8Array(this.#buffer, at, length);
  }

  #copyWords(from: DataView, start: number, end: number, to: number): void {
    const view = this.#view;
    let at = start;
    let place = to;
    for (; at + 4 <= end; at += 4, place += 4) view.setInt32(place, from.getInt32(at, true), true);
    for (; at < end; at++, place++) view.setUint8(place, from.getUint8(at));
  }

  #begin(): void {
    this.#buffer = new ArrayBuffer(BLOCK);
    this.#block = new Uint8Array(this.#buffer);
    this.#view = new DataView(this.#buffer);
    this.#used = 0;
  }
}
