/** Whether a packet may go by a way, as FULLNAT asks it: before it changes the packet. */
import { AF_INET } from "../../wire/address.ts";
import type { Frame } from "../../wire/frame.ts";
import { isUncuttable } from "../../wire/network.ts";

/** A packet that may not be cut, and is longer than the MTU; an IPv6 datagram that was put together, than its largest fragment. */
export function isTooBig(frame: Frame, mtu: number): boolean {
  if (!isUncuttable(frame) || frame.segmentSize !== 0) return false;
  const length = frame.end - frame.network;
  return length > mtu && (frame.family === AF_INET || frame.largestFragment === 0 || frame.largestFragment > mtu);
}
