/** Taking an IPIP packet apart (RFC 2003). */

const SHORTEST_HEADER = 20;
const VERSION_4 = 4;

/** Where the inner packet lies in an IPIP packet of `length` bytes; `undefined` if there is no whole IPv4 packet in it. */
export function innerPacket(
  bytes: Uint8Array,
  length: number,
): { readonly start: number; readonly length: number } | undefined {
  const start = ((bytes[0] ?? 0) & 0x0f) * 4;
  if (start < SHORTEST_HEADER || length < start + SHORTEST_HEADER) return undefined;
  if ((bytes[start] ?? 0) >> 4 !== VERSION_4) return undefined;
  const inner = ((bytes[start + 2] ?? 0) << 8) | (bytes[start + 3] ?? 0);
  return inner < SHORTEST_HEADER || start + inner > length ? undefined : { start, length: inner };
}
