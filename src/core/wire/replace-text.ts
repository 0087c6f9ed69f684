/** Text in the middle of a packet that gives way to another, longer or shorter one. */

import type { Frame } from "./frame.ts";
import { finishNetworkHeader } from "./network.ts";

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
  frame.moveHeaders(-growth);
  for (let index = 0; index < text.length; index++) {
    frame.bytes[frame.start + offset + index] = text.charCodeAt(index);
  }
  finishNetworkHeader(frame);
  // The pieces a datagram came in do not fit any more: it is cut anew.
  frame.fragmentLengths = undefined;
}
