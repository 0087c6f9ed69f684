/**
 * May a packet have this source address? Asked by the walk of every packet and by ARP of who asks.
 * Mirrors the checks of net/ipv4/route.c: ip_route_input_slow, and net/ipv4/fib_frontend.c: fib_validate_source.
 */

import { ACCEPT, DROP, type Verdict } from "../trace/verdict.ts";
import type { AddressHandle } from "../wire/address-table.ts";
import type { InterfaceIndex } from "../wire/frame.ts";
import type { Director } from "./director.ts";
import { LOOPBACK } from "./routes.ts";

/** Multicast, loopback, broadcast and "this network" cannot send. */
export const isMartianSource = (source: AddressHandle, destination: AddressHandle): boolean =>
  source >>> 28 === 14 ||
  source >>> 24 === 127 ||
  source === -1 ||
  (source === 0 && destination !== 0 && destination !== -1);

/**
 * ACCEPT, or why a packet from `source` that came in by `port` is dropped. `outgoing` is the port it would leave by, LOOPBACK
 * if it is for the host itself.
 * @ipvs #Y director "rp_filter 1: the source must be reached through the port the packet came in by; 2: by any"
 * @ipvs #Y director "The host's own addresses are no source, unless accept_local says so"
 */
export function validateSource(
  director: Director,
  ifindex: InterfaceIndex,
  source: AddressHandle,
  outgoing: number,
): Verdict {
  const { routes, sysctl } = director;
  const filter = sysctl.reversePath[ifindex] ?? 0;
  // Whoever may be sent a redirect is looked up, too.
  if (filter === 0 && (outgoing !== ifindex || sysctl.sendRedirects[ifindex] === 0)) {
    return routes.isOwn(source) && sysctl.acceptLocal[ifindex] === 0 ? DROP.martianSource : ACCEPT;
  }
  return lookUpSource(director, ifindex, source, filter);
}

/** @ipvs #Y director "A network's broadcast address is no source where rp_filter or a redirect makes the host look it up" */
function lookUpSource(director: Director, ifindex: InterfaceIndex, source: AddressHandle, filter: number): Verdict {
  const { routes, sysctl } = director;
  if (routes.isOwn(source)) {
    if (sysctl.acceptLocal[ifindex] === 0) return DROP.martianSource;
    return filter === 1 && !isAddressOf(director, ifindex, source) ? DROP.reversePath : ACCEPT;
  }
  if (routes.isBroadcast(source)) return DROP.martianSource;
  if (filter === 0) return ACCEPT;
  const back = routes.lookup(source);
  return back === undefined || (filter === 1 && back.ifindex !== ifindex) ? DROP.reversePath : ACCEPT;
}

const isAddressOf = (director: Director, ifindex: InterfaceIndex, address: AddressHandle): boolean =>
  director.interfaces[ifindex]?.ipv4.some(({ handle }) => handle === address) === true;

/** Whether the host would take a packet from `source` to its own address `destination` (ip_route_input_slow). */
export const mayReachHost = (
  director: Director,
  ifindex: InterfaceIndex,
  source: AddressHandle,
  destination: AddressHandle,
): boolean => !isMartianSource(source, destination) && validateSource(director, ifindex, source, LOOPBACK) === ACCEPT;
