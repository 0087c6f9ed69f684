/** A seeded source of random whole numbers: the same seed gives the same lab, run after run. */

/** Two independent draws make 53 bits, as many as a whole number may have. */
const LIMIT = 2 ** 53;

/** Mulberry32 by Tommy Ettinger (public domain): a counter, scrambled. Period 2^32; not for secrets. */
export class SeededRandom {
  #counter: number;

  /** `seed` is taken as 32 bits. */
  constructor(seed: number) {
    this.#counter = seed | 0;
  }

  /** A whole number in 0..limit inclusive, all equally likely; `limit` is whole and below 2^53 - 1. */
  upTo(limit: number): number {
    const span = limit + 1;
    // Draws above the greatest multiple of the span would favour small numbers: draw again.
    const fair = LIMIT - (LIMIT % span);
    let draw: number;
    do draw = (this.#next() >>> 5) * 2 ** 26 + (this.#next() >>> 6);
    while (draw >= fair);
    return draw % span;
  }

  /** 32 bits, unsigned. */
  #next(): number {
    this.#counter = (this.#counter + 0x6d2b79f5) | 0;
    let bits = Math.imul(this.#counter ^ (this.#counter >>> 15), this.#counter | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return (bits ^ (bits >>> 14)) >>> 0;
  }
}
