/** The Internet checksum as RFC 1071 words it, slowly: the tests' own, so that the emulator's arithmetic has a judge. */

/** The one's-complement sum of the 16-bit words of these bytes; an odd last byte is padded with 0. */
export function onesComplementSum(...parts: readonly Uint8Array[]): number {
  const bytes = parts.flatMap((part) => [...part]);
  let total = 0;
  for (let at = 0; at < bytes.length; at += 2) {
    total += (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
    if (total > 0xffff) total -= 0xffff;
  }
  return total;
}

/** The checksum field that goes with these bytes, the field itself being 0 among them. */
export const internetChecksum = (...parts: readonly Uint8Array[]): number => 0xffff - onesComplementSum(...parts);
