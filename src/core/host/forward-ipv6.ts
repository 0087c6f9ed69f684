/**
 * An IPv6 packet for another host: hop limit, redirect, scope, MTU; then IPVS looks whether it is an answer, then out.
 * Mirrors net/ipv6/ip6_output.c: ip6_forward.
 */
import type { Route } from "../ipvs/data-path.ts";
import { ACCEPT, DROP, type Verdict } from "../trace/verdict.ts";
import { AF_INET6 } from "../wire/address.ts";
import { isLinkLocal, isUnspecified } from "../wire/address-scope.ts";
import { type Frame, TO_HOST } from "../wire/frame.ts";
import {
  BEYOND_SCOPE,
  HOP_LIMIT_EXCEEDED,
  ICMPV6_TIME_EXCEEDED,
  ICMPV6_UNREACHABLE,
  PACKET_TOO_BIG,
} from "../wire/icmpv6.ts";
import { LEAST_IPV6_MTU } from "../wire/ipv6.ts";
import { decrementHopLimit, hopLimit } from "../wire/network.ts";
import type { Director } from "./director.ts";
import { passHook } from "./forward.ts";
import { redirectIpv6 } from "./own/redirect-ipv6.ts";

/** How the packet ended. */
export function forwardIpv6(director: Director, frame: Frame, route: Route): Verdict {
  if (director.sysctl.forwardsIpv6 === 0) return DROP.forwardingOff;
  if (frame.packetType !== TO_HOST) return DROP.notUnicastFrame;
  const limit = hopLimit(frame);
  if (limit <= 1) {
    director.ip.sendError(frame, ICMPV6_TIME_EXCEEDED, HOP_LIMIT_EXCEEDED, 0);
    return DROP.ttlExceeded;
  }
  if (route.ifindex === frame.ifindex) redirectIpv6(director, frame, route);
  else {
    const misdirected = passScope(director, frame);
    if (misdirected !== ACCEPT) return misdirected;
  }
  const mtu = Math.max(route.mtu, LEAST_IPV6_MTU);
  if (isTooBig(frame, mtu)) {
    const length = frame.end - frame.network;
    director.trace?.add({ kind: "mtu", family: AF_INET6, length, mtu, dontFragment: true, fits: false });
    director.ip.sendError(frame, PACKET_TOO_BIG, 0, mtu);
    return DROP.tooBig;
  }
  decrementHopLimit(frame);
  director.trace?.add(director.path.shared.ttl(AF_INET6, limit));
  return passHook(director, frame, route);
}

/**
 * What comes from nobody goes nowhere, and what comes from a link stays on it. Not asked of what leaves where it came in.
 * @ipvs #Y director "IPv6: a packet from a link-local address is not forwarded to another link; its sender is told: beyond scope"
 */
function passScope(director: Director, frame: Frame): Verdict {
  const { addresses } = director;
  if (isUnspecified(frame.source, addresses)) return DROP.martianSource;
  if (!isLinkLocal(frame.source, addresses)) return ACCEPT;
  director.ip.sendError(frame, ICMPV6_UNREACHABLE, BEYOND_SCOPE, 0);
  return DROP.beyondScope;
}

/**
 * A datagram that was put together is judged by its largest fragment (ip6_pkt_too_big).
 * @ipvs #Y director "IPv6 packets are not fragmented on their way: too big for the next link, they earn packet too big"
 */
function isTooBig(frame: Frame, mtu: number): boolean {
  if (frame.largestFragment !== 0) return frame.largestFragment > mtu;
  return frame.end - frame.network > mtu && frame.segmentSize === 0;
}
