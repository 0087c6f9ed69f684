/** The last steps of every packet: fragments where needed, the next hop's Ethernet address, the wire. net/ipv4/ip_output.c. */
import type { Route } from "../ipvs/data-path.ts";
import { DROP, PARKED, SENT } from "../trace/verdict.ts";
import { ETHERNET_SOURCE, ETHERNET_TYPE, ETHERTYPE_IPV4, macText } from "../wire/ethernet.ts";
import type { Frame } from "../wire/frame.ts";
import { DESTINATION_UNREACHABLE, FRAGMENTATION_NEEDED } from "../wire/icmp.ts";
import { DONT_FRAGMENT, IPV4_FRAGMENT } from "../wire/ipv4.ts";
import { finishChecksum } from "../wire/offload.ts";
import type { Director } from "./director.ts";
import { fragment } from "./fragmentation.ts";
import { NEIGHBOR_STATES, type Neighbor } from "./neighbors.ts";
import { segment } from "./segmentation.ts";

/**
 * Sends a packet by a route towards `destination` (ip_finish_output); SENT, PARKED or a drop. `mtu` is the route's, or
 * the path's where the host may know of a smaller one.
 */
export function output(director: Director, frame: Frame, route: Route, destination: number, mtu: number): number {
  frame.routedLocally = false;
  if (frame.segmentSize > 0) return outputSegments(director, frame, route, destination, mtu);
  if (frame.end - frame.network <= mtu && frame.largestFragment === 0)
    return outputWhole(director, frame, route, destination);
  return outputFragments(director, frame, route, destination, mtu);
}

// The closures below stand in functions of their own: V8 would allocate their context for every packet of `output`.

function outputSegments(director: Director, frame: Frame, route: Route, destination: number, mtu: number): number {
  return segment(director, frame, mtu, (piece) => output(director, piece, route, destination, mtu), route, destination);
}

/** ip_output.c: ip_fragment. */
function outputFragments(director: Director, frame: Frame, route: Route, destination: number, mtu: number): number {
  const dontFragment = (frame.view.getUint16(frame.network + IPV4_FRAGMENT) & DONT_FRAGMENT) !== 0;
  if (dontFragment && (!frame.ignoreDontFragment || frame.largestFragment > mtu)) {
    director.sendError(frame, DESTINATION_UNREACHABLE, FRAGMENTATION_NEEDED, mtu);
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

/** Puts the Ethernet header on, or parks the frame until the next hop's address is known (ip_finish_output2). */
export function outputWhole(director: Director, frame: Frame, route: Route, destination: number): number {
  const nextHop = route.gateway === 0 ? destination : route.gateway;
  const neighbor = director.neighbors.of(route.port, nextHop);
  if (director.neighbors.isUsable(neighbor, director.now)) {
    transmitTo(director, frame, neighbor);
    return SENT;
  }
  director.trace?.add({
    kind: "neighbor",
    what: "awaited",
    address: nextHop >>> 0,
    mac: "",
    state: NEIGHBOR_STATES[neighbor.state] ?? "",
  });
  director.neighbors.park(neighbor, frame.copy(), director.now);
  return PARKED;
}

/** Writes the Ethernet header and sends. */
export function transmitTo(director: Director, frame: Frame, neighbor: Neighbor): void {
  const { view, start } = frame;
  const port = director.interfaces[neighbor.port];
  view.setUint16(start, neighbor.macHigh);
  view.setInt32(start + 2, neighbor.macLow);
  view.setUint16(start + ETHERNET_SOURCE, port?.macHigh ?? 0);
  view.setInt32(start + ETHERNET_SOURCE + 2, port?.macLow ?? 0);
  view.setUint16(start + ETHERNET_TYPE, ETHERTYPE_IPV4);
  if (director.trace !== undefined) {
    const state = NEIGHBOR_STATES[neighbor.state] ?? "";
    director.trace.add({
      kind: "neighbor",
      what: "used",
      address: neighbor.address,
      mac: macText(neighbor.mac),
      state,
    });
  }
  director.emit(frame, neighbor.port);
}
