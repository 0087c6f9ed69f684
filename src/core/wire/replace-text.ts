/** Text in the middle of a packet that gives way to another, longer or shorter one. */

import { AF_INET } from "./address.ts";
import type { Frame } from "./frame.ts";
import { IPV4_LENGTH } from "./ipv4.ts";
import { IPV6_HEADER, IPV6_LENGTH } from "./ipv6.ts";

/**
 * Puts `text` (Latin-1) in place of the bytes from `start` up to `end`, and sets the IP length. What stands before moves; what
 * stands behind stays where it is. Checksums must be made anew.
 */
export function replaceText(frame: Frame, start: number, end: number, text: string): void {
  const growth = text.length - (end - start);
  const offset = start - frame.start;
  if (growth > 0) frame.ensureHeadroom(growth);
  const from = frame.start;
  frame.bytes.copyWithin(from - growth, from, from + offset);
  frame.start = from - growth;
  for (let index = 0; index < text.length; index++) {
    frame.bytes[frame.start + offset + index] = text.charCodeAt(index);
  }
  frame.transport -= growth;
  const length = frame.end - frame.network;
  if (frame.family === AF_INET) frame.view.setUint16(frame.network + IPV4_LENGTH, length);
  else frame.view.setUint16(frame.network + IPV6_LENGTH, length - IPV6_HEADER);
  // The pieces a datagram came in do not fit any more: it is cut anew.
  frame.fragmentLengths = undefined;
}
