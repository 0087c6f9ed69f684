/** Work that a sender left to its network card, done in software: checksums still to be made. */
import { checksum } from "./checksum.ts";
import type { Frame } from "./frame.ts";

/**
 * Finishes a checksum of which only the pseudo-header sum is there (net/core/dev.c: skb_checksum_help). A UDP checksum
 * that comes out as 0 is sent as ffff.
 */
export function finishChecksum(frame: Frame): void {
  if (frame.checksumStart === 0) return;
  const from = frame.start + frame.checksumStart;
  const check = checksum(frame.view, from, frame.end - from);
  frame.view.setUint16(from + frame.checksumOffset, check === 0 ? 0xffff : check);
  frame.checksumStart = 0;
  frame.checksumOffset = 0;
}
