/**
 * Tunnel (IP-in-IP, RFC 2003, GRE or GUE): the packet travels whole inside one to the real server, which unwraps it and answers the
 * client itself. The outer packet is of the real server's family, the one inside of the service's.
 * Mirrors ip_vs_tunnel_xmit, ip_vs_tunnel_xmit_v6 and ip_vs_prepare_tunneled_skb of net/netfilter/ipvs/ip_vs_xmit.c.
 */
import { ACCEPT, type Verdict } from "../../trace/verdict.ts";
import { AF_INET, type Family } from "../../wire/address.ts";
import { type AddressHandle, familyOf } from "../../wire/address-table.ts";
import { type Frame, SEGMENT_NONE } from "../../wire/frame.ts";
import { DONT_FRAGMENT, IPV4_FRAGMENT, IPV4_HEADER, IPV4_TOS, writeIpv4 } from "../../wire/ipv4.ts";
import { IPV6_DESTINATION, IPV6_SOURCE, trafficClass, writeIpv6 } from "../../wire/ipv6.ts";
import { finishHeaderChecksum, hopLimit, readHeaders } from "../../wire/network.ts";
import { ANSWERS_AS_VIRTUAL, type Row } from "../connection-rows.ts";
import type { DataPath } from "../data-path.ts";
import type { Destination } from "../destination.ts";
import { answersStay, type ForwardingMethod, opensAlways } from "./method.ts";
import { mtuToServer, type RouteMode, routeMode, routeToServer } from "./route.ts";
import { outerHeaderLength, tunnelOverhead, tunnelProtocol, writeTunnelHeader } from "./tunnel-headers.ts";

/** ECN bits of the TOS byte (RFC 3168): congestion experienced does not go into the outer header. */
const ECN = 0x03;
const CONGESTION_EXPERIENCED = 0x03;
const ECN_CAPABLE = 0x02;

const PLAIN = routeMode({ tunnels: true });
const ANY_SIZE = routeMode({ tunnels: true, anySize: true });
const ICMP_ERROR = routeMode({ tunnels: true, icmpError: true });
const PASSING_ICMP_ERROR = routeMode({ tunnels: true, icmpError: true, mayBeLocal: false });

export const tun = {
  number: 2,
  name: "Tunnel",
  word: "tun",
  option: { long: "ipip", short: "i" },
  standard: true,
  tunnels: true,
  takesServer: () => true,
  keepsPort: true,
  translates: false,
  answers: ANSWERS_AS_VIRTUAL,
  open: opensAlways,
  forward: (path, frame, row) => wrap(path, frame, row, path.server.sysctl.pmtu_disc === 0 ? ANY_SIZE : PLAIN),
  forwardError: (path, frame, row, _icmp, _inner, passing) =>
    wrap(path, frame, row, passing ? PASSING_ICMP_ERROR : ICMP_ERROR),
  translateAnswer: answersStay,
  translateError: () => undefined,
} as const satisfies ForwardingMethod;

/**
 * @ipvs #Y forwarding "TUN: outer TTL and DF from the packet inside, TOS too but for congestion experienced; id 0 with DF"
 * @ipvs #Y forwarding "TUN of both families: 6 in 6, 4 in 6, 6 in 4; hop limit and traffic class from the packet inside, its flow label not"
 */
function wrap(path: DataPath, frame: Frame, row: Row, mode: RouteMode): Verdict {
  const { connections } = path.server;
  const address = connections.table.rows.destinationAddress(row);
  const destination = connections.destinationOf(row);
  const route = routeToServer(path, frame, address, destination, mode);
  if (typeof route === "number") return route;
  if (route.local) return ACCEPT;
  const isChangedToIpv6 = frame.family === AF_INET && familyOf(address) !== AF_INET;
  encapsulate(path, frame, path.host.sourceTo(route, address), destination, address);
  if (mode === PASSING_ICMP_ERROR && isChangedToIpv6) frame.largestFragment |= FORWARDED;
  return path.host.output(frame, route, address, mtuToServer(path, route, address, destination));
}

/** `source` is the address that the outer packet comes from. */
export function encapsulate(
  path: DataPath,
  frame: Frame,
  source: AddressHandle,
  destination: Destination | undefined,
  address: AddressHandle,
): void {
  finishHeaderChecksum(frame);
  const { addresses } = path.server;
  const inside = insideOf(path, frame);
  const header = outerHeaderLength(address);
  const overhead = tunnelOverhead(destination);
  const length = frame.end - frame.network + overhead;
  if (frame.largestFragment !== 0) carryFragments(frame, familyOf(address), overhead);
  frame.prepend(header + overhead);
  writeTunnelHeader(frame, frame.network + header, destination, addresses, source);
  const protocol = tunnelProtocol(destination, frame.family);
  if (familyOf(address) === AF_INET) writeOuterIpv4(path, frame, inside, protocol, source, address, length);
  else writeOuterIpv6(path, frame, inside, protocol, source, address, length);
  readHeaders(frame, addresses);
  frame.ignoreDontFragment = true;
  frame.options = undefined;
  if (frame.segmentType !== SEGMENT_NONE) frame.tunnelled = true;
  path.trace?.add({
    kind: "rewritten",
    what: familyOf(address) === AF_INET ? "outer IPv4 header" : "outer IPv6 header",
    before: "",
    after: `${path.shown.text(source)} > ${path.shown.text(address)}`,
  });
}

/** The bit by which the kernel remembers that all fragments had DF (include/net/ip.h: IPSKB_FRAG_PMTU). */
const FRAGMENTS_HAD_DF = 0x40;

/**
 * What is known of the fragments that a datagram came in holds for the outer packet: the first piece is longer by what now stands
 * before it. Where the outer family is another one, the kernel reads one family's notes (struct inet_skb_parm, inet6_skb_parm) as the
 * other's, and takes flags for a length and a length for flags.
 * @ipvs #Y fragments "A datagram that is tunnelled leaves in the pieces it came in where those fit; 6 in 4 and 4 in 6 forget their length"
 */
function carryFragments(frame: Frame, outer: Family, overhead: number): void {
  const { largestFragment, fragmentLengths: pieces, copiesDontFragment } = frame;
  // Before an IPv4 fragment's payload there is no room for an IPv6 header: such a datagram is cut anew.
  if (frame.family === AF_INET && outer !== AF_INET) frame.fragmentLengths = undefined;
  else if (pieces !== undefined) {
    const headers = frame.end - frame.network - pieces.reduce((sum, piece) => sum + piece, 0);
    frame.fragmentLengths = pieces.map((piece, index) => (index === 0 ? overhead + headers + piece : piece));
  }
  if (frame.family === outer) return;
  frame.largestFragment = outer === AF_INET ? 0 : copiesDontFragment ? FRAGMENTS_HAD_DF : 0;
  frame.copiesDontFragment = outer === AF_INET && (largestFragment & FRAGMENTS_HAD_DF) !== 0;
}

/**
 * The bit by which the kernel remembers that it was about to forward an IPv4 packet (include/net/ip.h: IPSKB_FORWARDED). In an outer IPv6
 * packet that flag, too, is taken for a length, the one of the largest fragment: the packet leaves with a fragment header, whole as it
 * is, and cut at 1280 bytes where it is longer.
 * @ipvs #Y forwarding "TUN, 4 in 6: an ICMP error that was passing through leaves as a fragment, even if it is the only one"
 */
const FORWARDED = 0x01;

/** The TOS byte, or traffic class, of the outer header. */
export const outerTos = (tos: number): number =>
  (tos & ECN) === CONGESTION_EXPERIENCED ? (tos & ~ECN) | ECN_CAPABLE : tos;

type Inside = DataPath["scratch"]["inside"];

/** What the outer header takes over from the one inside (ip_vs_prepare_tunneled_skb). Borrowed. */
function insideOf(path: DataPath, frame: Frame): Inside {
  const { view, network, family } = frame;
  const isIpv4 = family === AF_INET;
  const { inside } = path.scratch;
  inside.tos = outerTos(isIpv4 ? view.getUint8(network + IPV4_TOS) : trafficClass(view, network));
  inside.ttl = hopLimit(frame);
  const copiesDontFragment = isIpv4 && path.server.sysctl.pmtu_disc !== 0;
  inside.dontFragment = copiesDontFragment ? view.getUint16(network + IPV4_FRAGMENT) & DONT_FRAGMENT : 0;
  return inside;
}

/** ip_vs_tunnel_xmit. `length` is that of what follows the header. */
function writeOuterIpv4(
  path: DataPath,
  { view, network }: Frame,
  { tos, ttl, dontFragment }: Inside,
  protocol: number,
  source: AddressHandle,
  destination: AddressHandle,
  length: number,
): void {
  const identification = dontFragment === 0 ? path.host.identification() : 0;
  writeIpv4(view, network, {
    tos,
    length: IPV4_HEADER + length,
    identification,
    fragment: dontFragment,
    ttl,
    protocol,
    source,
    destination,
  });
}

/** ip_vs_tunnel_xmit_v6: without a flow label. */
function writeOuterIpv6(
  path: DataPath,
  { view, network }: Frame,
  { tos, ttl }: Inside,
  protocol: number,
  source: AddressHandle,
  destination: AddressHandle,
  length: number,
): void {
  const { addresses } = path.server;
  writeIpv6(view, network, { trafficClass: tos, flowLabel: 0, length, nextHeader: protocol, hopLimit: ttl });
  addresses.write(view, network + IPV6_SOURCE, source);
  addresses.write(view, network + IPV6_DESTINATION, destination);
}
