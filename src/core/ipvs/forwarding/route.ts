/**
 * The way to the real server: route, TTL, MTU. The same for every method.
 * Mirrors __ip_vs_get_out_rt and __ip_vs_get_out_rt_v6 of net/netfilter/ipvs/ip_vs_xmit.c. A tunnel's packet may be of
 * another family than the real server.
 */

import { ACCEPT, DROP, type Verdict } from "../../trace/verdict.ts";
import { AF_INET, AF_INET6 } from "../../wire/address.ts";
import { type AddressHandle, familyOf } from "../../wire/address-table.ts";
import type { Frame } from "../../wire/frame.ts";
import { decrementHopLimit, hopLimit, isUncuttable } from "../../wire/network.ts";
import { longestSegment, segmentCount } from "../../wire/offload.ts";
import type { DataPath, Route } from "../data-path.ts";
import { type Destination, ROUTE_EXCEPTION, ROUTE_OWN, ROUTE_SHARED, ROUTE_UNKNOWN } from "../destination.ts";
import { tellHopLimitExceeded, tellHostUnreachable, tellTooBig } from "../icmp-errors.ts";
import { outerHeaderLength, tunnelOverhead } from "./tunnel-headers.ts";

/** Every link carries this much (RFC 791; RFC 8200, section 5): a tunnel that leaves less is none. */
const LEAST_IPV4_MTU = 68;
const LEAST_IPV6_MTU = 1280;
const leastMtu = (server: AddressHandle): number => (familyOf(server) === AF_INET ? LEAST_IPV4_MTU : LEAST_IPV6_MTU);

/** How the way to a real server is looked up and judged (rt_mode: IP_VS_RT_MODE_*). */
export interface RouteMode {
  /** The method puts an outer header before the packet. */
  readonly tunnels: boolean;
  /** It is a tunnel whose packets are never refused for their size (pmtu_disc = 0). */
  readonly anySize: boolean;
  /** An ICMP error: never refused for its size. */
  readonly icmpError: boolean;
  /** A destination on the host itself will do. */
  readonly mayBeLocal: boolean;
  /** The method sends packets whose address is not the real server's: the route must name the next hop. */
  readonly namesNextHop: boolean;
}

/** As packets go by a method that translates, but for what is said. */
export const routeMode = ({
  tunnels = false,
  anySize = false,
  icmpError = false,
  mayBeLocal = true,
  namesNextHop = false,
}: Partial<RouteMode>): RouteMode => ({ tunnels, anySize, icmpError, mayBeLocal, namesNextHop });

/**
 * The route to `address`, TTL decremented and MTU found sufficient; its verdict if the packet ends here. A local route is left to the caller with the packet untouched.
 * @ipvs #Y forwarding "The route depends on the real server's address alone; without one, ICMP host unreachable"
 */
export function routeToServer(
  path: DataPath,
  frame: Frame,
  address: AddressHandle,
  destination: Destination | undefined,
  mode: RouteMode,
): Route | Verdict {
  const route = path.host.routeTo(address);
  if (route === undefined) {
    tellHostUnreachable(path, frame);
    return DROP.noRouteToDestination;
  }
  if (route.local) {
    if (mode.mayBeLocal) return route;
    return DROP.localDestination;
  }
  if (frame.source >>> 24 === 127) return DROP.loopbackSource;
  const mtu =
    destination === undefined ? path.host.pathMtu(route, address) : remember(path, route, address, destination, mode);
  const ttl = passTtl(path, frame);
  if (ttl !== ACCEPT) return ttl;
  if (mode.tunnels && destination === undefined) return DROP.tunnelUnbound;
  const room = mode.tunnels ? roomInTunnel(mtu, address, destination) : mtu;
  if (room < 0) return DROP.tunnelMtuTooSmall;
  const fits = passMtu(path, frame, room, mode);
  return fits === ACCEPT ? route : fits;
}

/** What a way's MTU leaves to the packet inside; below 0 where that is too little for a tunnel. */
export function roomInTunnel(mtu: number, address: AddressHandle, destination: Destination | undefined): number {
  const room = mtu - outerHeaderLength(address) - tunnelOverhead(destination);
  return room < leastMtu(address) ? -1 : room;
}

/**
 * The route is looked up once and then kept with the destination, whichever method asks (dest->dest_dst). The MTU of a
 * route of its own stays what it was; a learnt path MTU is heard of by the others only.
 */
function remember(
  path: DataPath,
  route: Route,
  address: AddressHandle,
  destination: Destination,
  mode: RouteMode,
): number {
  const learnt = path.host.pathMtu(route, address);
  if (destination.routeKind === ROUTE_UNKNOWN) {
    if (learnt !== route.mtu) destination.routeKind = ROUTE_EXCEPTION;
    else destination.routeKind = mode.namesNextHop && route.gateway === 0 ? ROUTE_OWN : ROUTE_SHARED;
  }
  destination.routeMtu = destination.routeKind === ROUTE_OWN ? route.mtu : learnt;
  return destination.routeMtu;
}

/**
 * The MTU to send with by the route that `routeToServer` found: the one that the destination's route is remembered with.
 * @ipvs #Y forwarding "DR by a route of its own learns of no path MTU that another service's tunnel learnt: nothing is fragmented"
 */
export const mtuToServer = (
  path: DataPath,
  route: Route,
  address: AddressHandle,
  destination: Destination | undefined,
): number => (destination === undefined ? path.host.pathMtu(route, address) : destination.routeMtu);

/**
 * Whom a packet that keeps its own destination address is sent to: the real server, unless another method looked the
 * route up first, for then it names no next hop and the kernel asks for the packet's own destination, the virtual address.
 * @ipvs #Y forwarding "DR after NAT or TUN used the same destination's route: ARP asks for the VIP, as in the kernel"
 */
export function nextHopFor(
  frame: Frame,
  route: Route,
  destination: Destination | undefined,
  address: AddressHandle,
): AddressHandle {
  if (route.gateway !== 0 || destination?.routeKind !== ROUTE_SHARED) return address;
  return frame.destination;
}

/** ip_vs_xmit.c: decrement_ttl. @ipvs #Y forwarding "TTL 1 ends here with ICMP time exceeded; the quoted packet is as it came" */
function passTtl(path: DataPath, frame: Frame): Verdict {
  const ttl = hopLimit(frame);
  if (ttl <= 1) {
    tellHopLimitExceeded(path, frame);
    return DROP.ttlExceeded;
  }
  decrementHopLimit(frame);
  path.trace?.add(path.shared.ttl(familyOf(frame.source), ttl));
  return ACCEPT;
}

/**
 * ip_vs_xmit.c: ensure_mtu_is_adequate. A frame that stands for several segments is judged by the longest of them.
 * @ipvs #Y forwarding "Too big with DF: ICMP fragmentation needed, quoting the packet with its TTL already decremented"
 */
function passMtu(path: DataPath, frame: Frame, mtu: number, mode: RouteMode): Verdict {
  if (frame.family !== AF_INET) return passIpv6Mtu(path, frame, mtu, mode);
  const length = frame.end - frame.network;
  const dontFragment = isUncuttable(frame);
  const fits = longestSegment(frame) <= mtu || !dontFragment || mode.anySize || mode.icmpError;
  if (path.trace !== undefined) noteMtu(path, frame, length, mtu, dontFragment, fits);
  if (fits) return ACCEPT;
  tellTooBig(path, frame, mtu);
  return DROP.tooBig;
}

function noteMtu(
  { shared, trace }: DataPath,
  frame: Frame,
  length: number,
  mtu: number,
  dontFragment: boolean,
  fits: boolean,
): void {
  const family = frame.family === AF_INET6 ? AF_INET6 : AF_INET;
  if (frame.segmentSize === 0) {
    trace?.add(shared.mtu(family, length, mtu, dontFragment, fits));
    return;
  }
  const segments = { count: segmentCount(frame), longest: longestSegment(frame) };
  trace?.add({ kind: "mtu", family, length, mtu, dontFragment, fits, segments });
}

/**
 * ip_vs_xmit.c: __mtu_check_toobig_v6. A datagram that was put together is judged by its largest fragment.
 * @ipvs #Y forwarding "IPv6, too big: ICMPv6 packet too big; an ICMPv6 error that is too big is dropped in silence; pmtu_disc changes nothing"
 */
function passIpv6Mtu(path: DataPath, frame: Frame, mtu: number, mode: RouteMode): Verdict {
  const whole = frame.largestFragment === 0;
  const length = whole ? frame.end - frame.network : frame.largestFragment;
  const fits = (whole ? longestSegment(frame) : length) <= mtu;
  if (path.trace !== undefined) noteMtu(path, frame, length, mtu, true, fits);
  if (fits) return ACCEPT;
  if (!mode.icmpError) tellTooBig(path, frame, mtu);
  return DROP.tooBig;
}
