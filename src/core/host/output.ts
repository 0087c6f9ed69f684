/** The last steps of every packet: fragments where needed, the next hop's Ethernet address, the wire. net/ipv4/ip_output.c. */

import type { DataPath, Route } from "../ipvs/data-path.ts";
import { DROP, PARKED, SENT, type Verdict } from "../trace/verdict.ts";
import { AF_INET, AF_INET6 } from "../wire/address.ts";
import type { AddressHandle } from "../wire/address-table.ts";
import { ETHERNET_TYPE, ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from "../wire/ethernet.ts";
import type { Frame } from "../wire/frame.ts";
import { DESTINATION_UNREACHABLE, FRAGMENTATION_NEEDED } from "../wire/icmp.ts";
import { PACKET_TOO_BIG } from "../wire/icmpv6.ts";
import { DONT_FRAGMENT, IPV4_FRAGMENT } from "../wire/ipv4.ts";
import { finishChecksum } from "../wire/offload.ts";
import type { Director } from "./director.ts";
import { fragment } from "./fragments/fragmentation.ts";
import { fragmentIpv6, fragmentMtu } from "./fragments/fragmentation-ipv6.ts";
import { NEIGHBOR_STATES, type Neighbor } from "./neighbors/neighbor.ts";
import { leavesWhole, segment } from "./segmentation.ts";

/**
 * Whether a packet cannot go by this MTU as it is, or came in pieces that it leaves in. An IPv6 datagram that became no longer
 * than its largest fragment leaves whole.
 */
export const goesInPieces = (frame: Frame, mtu: number): boolean =>
  frame.segmentSize > 0 ||
  frame.end - frame.network > mtu ||
  (frame.largestFragment !== 0 && (frame.family === AF_INET || frame.end - frame.network > frame.largestFragment));

/** Cuts the packet, or lets the next link do it; the verdict of the last piece. */
export const outputPieces = (
  director: Director,
  frame: Frame,
  route: Route,
  destination: AddressHandle,
  mtu: number,
): Verdict =>
  frame.segmentSize > 0
    ? outputSegments(director, frame, route, destination, mtu)
    : (frame.family === AF_INET ? outputFragments : outputIpv6Fragments)(director, frame, route, destination, mtu);

// The closures below stand in functions of their own: V8 would allocate their context for every packet.

function outputSegments(
  director: Director,
  frame: Frame,
  route: Route,
  destination: AddressHandle,
  mtu: number,
): Verdict {
  if (leavesWhole(frame, mtu)) return outputWhole(director, frame, route, destination);
  return segment(director, frame, mtu, (piece) => director.ip.output(piece, route, destination, mtu));
}

/** ip_output.c: ip_fragment. */
function outputFragments(
  director: Director,
  frame: Frame,
  route: Route,
  destination: AddressHandle,
  mtu: number,
): Verdict {
  const dontFragment = (frame.view.getUint16(frame.network + IPV4_FRAGMENT) & DONT_FRAGMENT) !== 0;
  if (dontFragment && (!frame.ignoreDontFragment || frame.largestFragment > mtu)) {
    director.ip.sendError(frame, DESTINATION_UNREACHABLE, FRAGMENTATION_NEEDED, mtu);
    return DROP.tooBig;
  }
  finishChecksum(frame);
  let verdict = SENT;
  const pieces = fragment(frame, mtu, (piece) => {
    verdict = outputWhole(director, piece, route, destination);
  });
  director.trace?.add({ kind: "fragmented", pieces });
  return verdict;
}

/** ip6_output.c: ip6_fragment. */
function outputIpv6Fragments(
  director: Director,
  frame: Frame,
  route: Route,
  destination: AddressHandle,
  routeMtu: number,
): Verdict {
  const mtu = fragmentMtu(frame, routeMtu);
  if (mtu === undefined) {
    director.ip.sendError(frame, PACKET_TOO_BIG, 0, routeMtu);
    return DROP.tooBig;
  }
  finishChecksum(frame);
  let verdict: Verdict = SENT;
  const pieces = fragmentIpv6(frame, mtu, director.ip.identification(), (piece) => {
    verdict = outputWhole(director, piece, route, destination);
  });
  director.trace?.add({ kind: "fragmented", pieces });
  return verdict;
}

/** Puts the Ethernet header on, or parks the frame until the next hop's address is known (ip_finish_output2). */
export function outputWhole(director: Director, frame: Frame, route: Route, destination: AddressHandle): Verdict {
  const nextHop = route.gateway === 0 ? destination : route.gateway;
  const neighbors = director.neighborsOf(nextHop);
  const neighbor = neighbors.of(route.ifindex, nextHop, director.now);
  if (neighbor === undefined) return DROP.neighborTableOverflow;
  if (neighbors.isUsable(neighbor, director.now)) {
    sendBy(director, frame, neighbor);
    return SENT;
  }
  director.trace?.add({
    kind: "neighbor",
    what: "awaited",
    address: director.path.shown.address(nextHop),
    mac: "",
    state: NEIGHBOR_STATES[neighbor.state] ?? "",
  });
  neighbors.park(neighbor, frame.copy(), director.now);
  return PARKED;
}

/** Puts the Ethernet header on and the frame on the wire. */
export function sendBy(director: Director, frame: Frame, neighbor: Neighbor): void {
  addressTo(director, frame, neighbor);
  director.emit(frame, neighbor.ifindex);
}

const NO_INTERFACE = { macHigh: 0, macLow: 0 };

/** Writes the Ethernet header. */
export function addressTo(director: Director, frame: Frame, neighbor: Neighbor): void {
  const { view, start } = frame;
  const { macHigh, macLow } = neighbor;
  const { macHigh: ownHigh, macLow: ownLow } = director.interfaces[neighbor.ifindex] ?? NO_INTERFACE;
  const type = frame.family === AF_INET6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4;
  view.setInt32(start, (macHigh << 16) | (macLow >>> 16));
  view.setInt32(start + 4, (macLow << 16) | ownHigh);
  view.setInt32(start + 8, ownLow);
  view.setUint16(start + ETHERNET_TYPE, type);
  if (director.trace !== undefined) noteUsed(director.path, neighbor);
}

function noteUsed({ shown, shared, trace }: DataPath, { address, mac, state }: Neighbor): void {
  trace?.add(shared.usedNeighbor(shown.address(address), shown.mac(mac), NEIGHBOR_STATES[state] ?? ""));
}
