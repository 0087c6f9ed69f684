/**
 * A packet for another host: TTL, MTU, redirect, then IPVS looks whether it is an answer, then out.
 * Mirrors net/ipv4/ip_forward.c: ip_forward, and ip_rt_send_redirect of net/ipv4/route.c.
 */
import type { Route } from "../ipvs/data-path.ts";
import { FORWARD } from "../ipvs/data-path.ts";
import { icmpIn } from "../ipvs/icmp-in.ts";
import { ipvsOut } from "../ipvs/out.ts";
import { protocolOf } from "../ipvs/protocols/protocols.ts";
import { ACCEPT, DROP, REROUTE, type Verdict } from "../trace/verdict.ts";
import { AF_INET } from "../wire/address.ts";
import type { AddressHandle } from "../wire/address-table.ts";
import { type Frame, TO_HOST } from "../wire/frame.ts";
import {
  DESTINATION_UNREACHABLE,
  FRAGMENTATION_NEEDED,
  REDIRECT,
  REDIRECT_HOST,
  TIME_EXCEEDED,
  TTL_EXCEEDED,
} from "../wire/icmp.ts";
import { DONT_FRAGMENT, decrementTtl, IPV4_FRAGMENT, IPV4_TTL, PROTOCOL_ICMP } from "../wire/ipv4.ts";
import { isIcmp } from "../wire/network.ts";
import type { Director } from "./director.ts";
import { heldVerdict } from "./fragments/reassembly.ts";
import { forwardOptions } from "./ip-options.ts";

/** How the packet ended. */
export function forward(director: Director, frame: Frame, route: Route): Verdict {
  if (frame.packetType !== TO_HOST) return DROP.notUnicastFrame;
  const { view, network } = frame;
  const ttl = view.getUint8(network + IPV4_TTL);
  if (ttl <= 1) {
    director.ip.sendError(frame, TIME_EXCEEDED, TTL_EXCEEDED, 0);
    return DROP.ttlExceeded;
  }
  const length = frame.end - network;
  const mtu = director.routes.forwardMtu(route, frame.destination, director.now);
  if (length > mtu && frame.segmentSize === 0 && (view.getUint16(network + IPV4_FRAGMENT) & DONT_FRAGMENT) !== 0) {
    director.trace?.add({ kind: "mtu", family: AF_INET, length, mtu, dontFragment: true, fits: false });
    director.ip.sendError(frame, DESTINATION_UNREACHABLE, FRAGMENTATION_NEEDED, mtu);
    return DROP.tooBig;
  }
  decrementTtl(view, network);
  director.trace?.add(director.path.shared.ttl(AF_INET, ttl));
  if (route.ifindex === frame.ifindex) redirect(director, frame, route);
  return passHook(director, frame, route);
}

/** The FORWARD hook: IPVS on whole packets; then out, by a new route if the source is another now. */
export function passHook(director: Director, fragmentOrFrame: Frame, route: Route): Verdict {
  const frame = wholeForIpvs(director, fragmentOrFrame);
  if (typeof frame === "number") return frame;
  const { destination } = frame;
  if (director.server.services.hooks(frame.family) && isIcmp(frame)) {
    const verdict = icmpIn(director.path, frame, FORWARD);
    if (verdict !== ACCEPT) return verdict;
  }
  const verdict = ipvsOut(director.path, frame, FORWARD);
  if (verdict === ACCEPT) {
    if (frame.options !== undefined) forwardOptions(frame.view, frame.network, frame.options, route.source);
    return director.ip.output(frame, route, destination, director.routes.forwardMtu(route, destination, director.now));
  }
  if (verdict !== REROUTE) return verdict;
  return sendRerouted(director, frame, route, director.server.sysctl.snat_reroute === 0 ? route.source : frame.source);
}

/**
 * An answer's new source may be routed otherwise; here routes look at destinations only, so it is the same one
 * (ip_vs_route_me_harder, snat_reroute). The answer of a FULLNAT connection has a new destination, too. `leavesAs` goes into its record
 * route: by a route of the host's own the packet's source, by the one it was forwarded by that route's (ip_rt_get_source).
 */
export function sendRerouted(
  director: Director,
  frame: Frame,
  route: Route,
  leavesAs: AddressHandle = frame.source,
): Verdict {
  const { destination } = frame;
  const again = director.server.sysctl.snat_reroute === 0 ? route : director.routes.lookup(destination, route.ifindex);
  if (again === undefined) return DROP.noReroute;
  if (frame.options !== undefined) forwardOptions(frame.view, frame.network, frame.options, leavesAs);
  return director.ip.output(frame, again, destination, director.routes.forwardMtu(again, destination, director.now));
}

/**
 * IPVS reassembles what it may have to look into: every forwarded TCP, UDP, SCTP or ICMP fragment while it is hooked.
 * @ipvs #Y fragments "Forwarded fragments of TCP, UDP, SCTP and ICMP are reassembled, related to a service or not"
 */
function wholeForIpvs(director: Director, frame: Frame): Frame | Verdict {
  // Of IPv6 they are put together before they are routed.
  if (!frame.isFragment || frame.family !== AF_INET || !director.server.services.hooks(AF_INET)) return frame;
  if (frame.protocol !== PROTOCOL_ICMP && protocolOf(frame.protocol) === undefined) return frame;
  const whole = director.fragments.reassemble(frame, false);
  return typeof whole === "string" ? heldVerdict(whole) : whole;
}

/** @ipvs #Y director "send_redirects: a reply that leaves where it came in tells its sender of a shorter path, before it is sent" */
function redirect(director: Director, frame: Frame, route: Route): void {
  if ((director.sysctl.sendRedirects[route.ifindex] ?? 0) === 0) return;
  const sender = frame.source;
  const back = director.routes.lookup(sender);
  if (back === undefined || back.ifindex !== frame.ifindex || back.gateway !== 0) return;
  const gateway = (route.gateway || frame.destination) >>> 0;
  director.peers.redirect(sender, director.now, () => director.ip.sendError(frame, REDIRECT, REDIRECT_HOST, gateway));
}
