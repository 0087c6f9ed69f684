/** Walks TCP options (RFC 9293, section 3.1). */
import { OPTION_END, OPTION_NOP, TCP_HEADER, tcpHeaderLength } from "./tcp.ts";

/**
 * Offset of the first option of a kind in the segment's header at `at`; -1 if there is none or the options are broken.
 * `limit` is where the segment ends: a header that claims to be longer has no options.
 */
export function findOption(view: DataView, at: number, kind: number, limit = view.byteLength): number {
  const end = at + tcpHeaderLength(view, at);
  if (end > limit) return -1;
  let position = at + TCP_HEADER;
  while (position < end) {
    const found = view.getUint8(position);
    if (found === OPTION_END) return -1;
    if (found === OPTION_NOP) {
      position++;
      continue;
    }
    const length = position + 1 < end ? view.getUint8(position + 1) : 0;
    if (length < 2 || position + length > end) return -1;
    if (found === kind) return position;
    position += length;
  }
  return -1;
}
