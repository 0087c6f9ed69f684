/**
 * The Internet checksum: one's-complement arithmetic on 16-bit words. This is its one home.
 * RFC 1071 (definition and method), RFC 1624 (incremental update), RFC 768 (UDP's zero).
 *
 * Sums are kept unfolded in a JavaScript number below 2^31 where speed matters; `fold` brings them to 16 bits.
 */

/** Folds a sum of 16-bit words (0 .. 2^31-1) to 16 bits with end-around carry. RFC 1071, section 1. */
export function fold(sum: number): number {
  sum = (sum & 0xffff) + (sum >>> 16);
  return (sum & 0xffff) + (sum >>> 16);
}

/** The sum of the 16-bit words of `length` bytes from `at`, folded; an odd last byte counts as the high half of a word. */
export function sum(view: DataView, at: number, length: number): number {
  let total = 0;
  const whole = at + (length & ~3);
  let position = at;
  // 2^13 times two words of at most 2^16-1 stay below 2^31.
  while (position < whole) {
    const stop = Math.min(whole, position + 32768);
    for (; position < stop; position += 4) {
      const two = view.getInt32(position);
      total += (two >>> 16) + (two & 0xffff);
    }
    total = fold(total);
  }
  if (length & 2) {
    total += view.getUint16(position);
    position += 2;
  }
  if (length & 1) total += view.getUint8(position) << 8;
  return fold(total);
}

/** The checksum over `length` bytes from `at`, as it stands in a header whose checksum field is 0 while it is made. */
export const checksum = (view: DataView, at: number, length: number): number => ~sum(view, at, length) & 0xffff;

/** The sum of the IPv4 pseudo header (RFC 793, section 3.1; RFC 768), folded. `length` is that of transport header and data. */
export function pseudoHeaderSum(source: number, destination: number, protocol: number, length: number): number {
  return fold(halves(source) + halves(destination) + protocol + (length & 0xffff) + (length >>> 16));
}

/** The two 16-bit halves of a 32-bit word, added. */
export const halves = (word: number): number => (word >>> 16) + (word & 0xffff);

/**
 * What a 32-bit word's change adds to the sum that a checksum complements: ~before + after (RFC 1624, eqn. 3). Unfolded.
 * Mirrors ip_vs_check_diff4 in include/net/ip_vs.h.
 */
export const difference32 = (before: number, after: number): number => halves(~before >>> 0) + halves(after);

/** The same for a 16-bit word: ip_vs_check_diff2. Unfolded. */
export const difference16 = (before: number, after: number): number => (~before & 0xffff) + after;

/**
 * A checksum after the words it covers changed by `difference` (from difference16 and difference32, added).
 * HC' = ~(~HC + ~m + m') (RFC 1624, eqn. 3). A wrong checksum stays wrong by the same amount. Never returns 0xffff
 * unless all words are 0, as csum_fold in the kernel.
 */
export const updated = (check: number, difference: number): number => ~fold((~check & 0xffff) + difference) & 0xffff;
