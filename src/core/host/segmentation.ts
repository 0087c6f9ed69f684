/**
 * Frames that stand for many on their way out: whole where the next link takes them so, else cut into the packets they
 * stand for. Mirrors ip_finish_output_gso of net/ipv4/ip_output.c.
 */
import { DROP, SENT, type Verdict } from "../trace/verdict.ts";
import type { Frame } from "../wire/frame.ts";
import { DESTINATION_UNREACHABLE, FRAGMENTATION_NEEDED } from "../wire/icmp.ts";
import { DONT_FRAGMENT, IPV4_FRAGMENT } from "../wire/ipv4.ts";
import { forEachSegment, longestSegment } from "../wire/offload.ts";
import type { Director } from "./director.ts";

const LARGEST_IPV4 = 65535;

/**
 * Whether the next link takes the frame as it is. A tunnel's is always cut: no link is told of segments behind an outer
 * header. So is one that a TOA option made longer than an IPv4 header can say.
 */
export const leavesWhole = (frame: Frame, mtu: number): boolean =>
  longestSegment(frame) <= mtu && !frame.tunnelled && frame.end - frame.network <= LARGEST_IPV4;

/**
 * Sends each of the frame's packets through `send`; the verdict of the last.
 * @ipvs #Y forwarding "A frame that stands for many segments is judged and, where needed, cut by its segments"
 */
export function segment(director: Director, frame: Frame, mtu: number, send: (piece: Frame) => number): Verdict {
  const dontFragment = (frame.view.getUint16(frame.network + IPV4_FRAGMENT) & DONT_FRAGMENT) !== 0;
  if (longestSegment(frame) > mtu && dontFragment && !frame.ignoreDontFragment) {
    // Once for all: each segment would earn its sender the same error.
    director.sendError(frame, DESTINATION_UNREACHABLE, FRAGMENTATION_NEEDED, mtu);
    return DROP.tooBig;
  }
  let verdict = SENT;
  forEachSegment(
    frame,
    () => director.identification(),
    (piece) => {
      verdict = send(piece);
    },
  );
  return verdict;
}
