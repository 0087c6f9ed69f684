/**
 * Frames that stand for many on their way out: whole where the next link takes them so, else cut into the packets they
 * stand for. Mirrors ip_finish_output_gso of net/ipv4/ip_output.c.
 */
import type { Route } from "../ipvs/data-path.ts";
import { DROP, SENT } from "../trace/verdict.ts";
import type { Frame } from "../wire/frame.ts";
import { DESTINATION_UNREACHABLE, FRAGMENTATION_NEEDED } from "../wire/icmp.ts";
import { DONT_FRAGMENT, IPV4_FRAGMENT } from "../wire/ipv4.ts";
import { forEachSegment, longestSegment } from "../wire/offload.ts";
import type { Director } from "./director.ts";
import { outputWhole } from "./output.ts";

const LARGEST_IPV4 = 65535;

/**
 * Sends the frame whole, or each of its packets through `send`; the verdict of the last. A tunnel's frame is always cut:
 * no link is told of segments behind an outer header.
 * @ipvs #Y forwarding "A frame that stands for many segments is judged and, where needed, cut by its segments"
 */
export function segment(
  director: Director,
  frame: Frame,
  mtu: number,
  send: (piece: Frame) => number,
  route: Route,
  destination: number,
): number {
  const fits = longestSegment(frame) <= mtu;
  // A TOA option may have made the whole longer than an IPv4 header can say.
  if (fits && !frame.tunnelled && frame.end - frame.network <= LARGEST_IPV4)
    return outputWhole(director, frame, route, destination);
  const dontFragment = (frame.view.getUint16(frame.network + IPV4_FRAGMENT) & DONT_FRAGMENT) !== 0;
  if (!fits && dontFragment && !frame.ignoreDontFragment) {
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
