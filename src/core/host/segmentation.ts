/**
 * Frames that stand for many on their way out: whole where the next link takes them so, else cut into the packets they
 * stand for. Mirrors ip_finish_output_gso of net/ipv4/ip_output.c and ip6_finish_output_gso_slowpath_drop of net/ipv6/ip6_output.c.
 */
import { DROP, SENT, type Verdict } from "../trace/verdict.ts";
import { AF_INET } from "../wire/address.ts";
import type { Frame } from "../wire/frame.ts";
import { DESTINATION_UNREACHABLE, FRAGMENTATION_NEEDED } from "../wire/icmp.ts";
import { PACKET_TOO_BIG } from "../wire/icmpv6.ts";
import { IPV6_HEADER } from "../wire/ipv6.ts";
import { isUncuttable } from "../wire/network.ts";
import { longestSegment } from "../wire/offload.ts";
import { forEachSegment } from "../wire/segments.ts";
import type { Director } from "./director.ts";

const LARGEST_IPV4 = 65535;
/** IPv6 counts what follows its header. */
const LARGEST_IPV6 = LARGEST_IPV4 + IPV6_HEADER;

/**
 * Whether the next link takes the frame as it is. A tunnel's is always cut: no link is told of segments behind an outer
 * header. So is one that a TOA option made longer than a header can say.
 */
export const leavesWhole = (frame: Frame, mtu: number): boolean =>
  longestSegment(frame) <= mtu &&
  !frame.tunnelled &&
  frame.end - frame.network <= (frame.family === AF_INET ? LARGEST_IPV4 : LARGEST_IPV6);

/**
 * Sends each of the frame's packets through `send`; the verdict of the last.
 * @ipvs #Y forwarding "A frame that stands for many segments is judged and, where needed, cut by its segments"
 */
export function segment(director: Director, frame: Frame, mtu: number, send: (piece: Frame) => number): Verdict {
  if (longestSegment(frame) > mtu && isUncuttable(frame) && !frame.ignoreDontFragment) {
    // Once for all: each segment would earn its sender the same error.
    if (frame.family === AF_INET) director.ip.sendError(frame, DESTINATION_UNREACHABLE, FRAGMENTATION_NEEDED, mtu);
    else director.ip.sendError(frame, PACKET_TOO_BIG, 0, mtu);
    return DROP.tooBig;
  }
  let verdict = SENT;
  forEachSegment(
    frame,
    () => director.ip.identification(),
    (piece) => {
      verdict = send(piece);
    },
    director.piece,
  );
  return verdict;
}
