/**
 * What is left to the director itself of IPv6: extension headers in their order, then pings are answered, and what nobody
 * listens to is turned away. Mirrors net/ipv6/ip6_input.c (ip6_protocol_deliver_rcu), exthdrs.c, tcp_ipv6.c, udp.c, icmp.c.
 */
import { ACCEPT, DELIVERED, DROP, type Verdict } from "../trace/verdict.ts";
import { isMulticast } from "../wire/address-scope.ts";
import { type Frame, TO_HOST } from "../wire/frame.ts";
import { MLD_QUERY } from "../wire/group-query.ts";
import { MLD_REPORTS } from "../wire/group-report.ts";
import {
  HEADER_FIELD,
  ICMPV6_ECHO_REQUEST,
  ICMPV6_HEADER,
  ICMPV6_PARAMETER_PROBLEM,
  ICMPV6_PORT_UNREACHABLE,
  ICMPV6_REDIRECT,
  ICMPV6_UNREACHABLE,
  INCOMPLETE_HEADERS,
  ROUTER_SOLICITATION,
  UNKNOWN_NEXT_HEADER,
} from "../wire/icmpv6.ts";
import { IPV4_HEADER, PROTOCOL_IPIP, PROTOCOL_IPV6, PROTOCOL_TCP, PROTOCOL_UDP } from "../wire/ipv4.ts";
import {
  DESTINATION_OPTIONS,
  FRAGMENT,
  FRAGMENT_HEADER,
  FRAGMENT_OFFSET,
  HOP_BY_HOP,
  IPV6_HEADER,
  IPV6_NEXT_HEADER,
  MORE,
  NO_NEXT_HEADER,
  PROTOCOL_ICMPV6,
  ROUTING,
  trafficClass,
} from "../wire/ipv6.ts";
import { pseudoSum, transportSum } from "../wire/network.ts";
import { TCP_CHECKSUM, TCP_HEADER } from "../wire/tcp.ts";
import { UDP_CHECKSUM, UDP_HEADER, UDP_LENGTH } from "../wire/udp.ts";
import { PROTOCOL_VRRP } from "../wire/vrrp.ts";
import type { Director } from "./director.ts";
import { heldVerdict } from "./fragments/reassembly.ts";
import { lacksHeaders } from "./fragments/reassembly-ipv6.ts";
import { obeyDestinationOptions, optionsLength } from "./ipv6-options.ts";
import { packetOf } from "./ipv6-packet.ts";
import { receiveDiscovery } from "./neighbors/neighbor-discovery.ts";
import { sendIcmpv6EchoReply } from "./own/icmpv6-send.ts";
import { earnsReset, NO_ECN, writeReset } from "./own/tcp-reset.ts";
import { hearTooBig } from "./own/too-big.ts";
import { earnsUnreachable, PROTOCOL_UDPLITE } from "./own/udp-lite.ts";

/** Of a routing header: its type, and how many addresses are left to visit. */
const ROUTING_TYPE = 2;
const SEGMENTS_LEFT = 3;
const MOBILE = 2;
const RPL = 3;
const SEGMENTS = 4;

const PROTOCOL_MPLS = 137;

/**
 * DELIVERED if the host said something, else why it kept silent. Where netfilter put the packet together, the kernel looks for
 * the first header that is still to be obeyed where the fragment header was (nf_conntrack_reasm.c: nf_ct_frag6_reasm): behind
 * destination options or a routing header it takes payload for them.
 */
export function deliverIpv6ToHost(director: Director, frame: Frame): Verdict {
  const { view, network } = frame;
  const named = network + IPV6_NEXT_HEADER;
  const first = network + IPV6_HEADER;
  const payload = payloadStart(frame);
  // Hop-by-hop options were obeyed when the packet arrived.
  if (view.getUint8(named) !== HOP_BY_HOP) return deliverFrom(director, frame, named, payload ?? first);
  return deliverFrom(director, frame, first, payload ?? first + optionsLength(frame, first));
}

/** Of a datagram that was put together: where the fragment header was. */
function payloadStart({ end, fragmentLengths }: Frame): number | undefined {
  return fragmentLengths && end - fragmentLengths.reduce((sum, length) => sum + length, 0);
}

/** The headers from `first` on are still to be obeyed; the byte at `named` names that one. Each that is obeyed leads on to the next. */
function deliverFrom(director: Director, frame: Frame, named: number, first: number): Verdict {
  let pointer = named;
  let at = first;
  for (;;) {
    const nextHeader = frame.view.getUint8(pointer);
    if (nextHeader === NO_NEXT_HEADER) return DROP.hostSilent;
    if (nextHeader === FRAGMENT) return deliverFragment(director, frame, pointer, at);
    if (nextHeader !== DESTINATION_OPTIONS && nextHeader !== ROUTING)
      return deliverTransport(director, frame, nextHeader, pointer, at);
    const length = optionsLength(frame, at);
    if (length === 0) return DROP.ipv6Truncated;
    const refused = obey(director, frame, nextHeader, at, length);
    if (refused !== ACCEPT) return refused;
    pointer = at;
    at += length;
  }
}

/**
 * A fragment that netfilter did not put together before (reassembly.c: ipv6_frag_rcv).
 * @ipvs #Y fragments "IPv6: the host puts together what is for itself; odd fragments earn a parameter problem"
 */
function deliverFragment(director: Director, frame: Frame, pointer: number, at: number): Verdict {
  const { network, end } = frame;
  const problem = (code: number, where: number): Verdict => {
    director.ip.sendError(frame, ICMPV6_PARAMETER_PROBLEM, code, where);
    return DROP.fragmentInvalid;
  };
  // What was put together once is in no fragments again.
  if (frame.largestFragment !== 0 || end - at < FRAGMENT_HEADER) return problem(HEADER_FIELD, at - network);
  if ((frame.view.getUint16(at + FRAGMENT_OFFSET) & (~7 | MORE)) === 0) {
    frame.largestFragment = end - network;
    return deliverFrom(director, frame, at, at + FRAGMENT_HEADER);
  }
  if (lacksHeaders(frame)) return problem(INCOMPLETE_HEADERS, 0);
  const whole = director.fragments.reassembleIpv6(frame, true);
  if (typeof whole === "number") return problem(HEADER_FIELD, whole);
  if (typeof whole === "string") return whole === "pass" ? DROP.fragmentInvalid : heldVerdict(whole);
  return deliverFrom(director, whole, whole.network + pointer - network, whole.network + at - network);
}

const obey = (director: Director, frame: Frame, nextHeader: number, at: number, length: number): number =>
  nextHeader === ROUTING ? obeyRouting(director, frame, at) : obeyDestinationOptions(director, frame, at, length);

/**
 * The host is no stop on a way that others choose (ipv6_rthdr_rcv, accept_source_route 0).
 * @ipvs #Y director "IPv6 routing headers: passed by where no stop is left, else a parameter problem; segment routing and RPL are dropped"
 */
function obeyRouting(director: Director, frame: Frame, at: number): Verdict {
  const { view, network } = frame;
  const type = view.getUint8(at + ROUTING_TYPE);
  if (isMulticast(frame.destination, director.addresses) || frame.packetType !== TO_HOST) return DROP.ipv6Options;
  if (type === SEGMENTS || type === RPL) return DROP.ipv6SourceRouted;
  if (type === MOBILE) return DROP.ipv6SourceRouted;
  if (view.getUint8(at + SEGMENTS_LEFT) === 0) return ACCEPT;
  director.ip.sendError(frame, ICMPV6_PARAMETER_PROBLEM, HEADER_FIELD, at + ROUTING_TYPE - network);
  return DROP.ipv6SourceRouted;
}

function deliverTransport(director: Director, frame: Frame, protocol: number, pointer: number, at: number): Verdict {
  frame.protocol = protocol;
  frame.transport = at;
  if (director.sockets?.deliver(frame) === true) return DELIVERED;
  switch (protocol) {
    case PROTOCOL_ICMPV6:
      return answerIcmpv6(director, frame);
    case PROTOCOL_TCP:
      return refuseTcp(director, frame);
    case PROTOCOL_UDP:
      return refuseUdp(director, frame);
    case PROTOCOL_UDPLITE:
      return refuseUdpLite(director, frame);
    case PROTOCOL_VRRP:
      if (isMulticast(frame.destination, director.addresses) || director.vrrp.hearsPeers)
        return director.vrrp.deliver(frame);
      return refuseUnknown(director, frame, pointer);
    // A module for tunnels listens to them, and knows no tunnel (net/ipv6/tunnel6.c: tunnel46_rcv, tunnel6_rcv, tunnelmpls6_rcv).
    case PROTOCOL_IPIP:
    case PROTOCOL_IPV6:
    case PROTOCOL_MPLS:
      if (frame.end - at < (protocol === PROTOCOL_IPIP ? IPV4_HEADER : IPV6_HEADER)) return DROP.hostTruncated;
      director.ip.sendError(frame, ICMPV6_UNREACHABLE, ICMPV6_PORT_UNREACHABLE, 0);
      return DELIVERED;
    default:
      return refuseUnknown(director, frame, pointer);
  }
}

function refuseUnknown(director: Director, frame: Frame, pointer: number): Verdict {
  director.ip.sendError(frame, ICMPV6_PARAMETER_PROBLEM, UNKNOWN_NEXT_HEADER, pointer - frame.network);
  return DELIVERED;
}

/** icmpv6_rcv. Router advertisements and redirects change nothing: a router has its routes from its configuration. */
function answerIcmpv6(director: Director, frame: Frame): Verdict {
  const { view, transport: message, end } = frame;
  if (end - message < ICMPV6_HEADER) return DROP.hostTruncated;
  if (transportSum(frame) !== 0xffff) return DROP.hostChecksum;
  const type = view.getUint8(message);
  if (type === ICMPV6_ECHO_REQUEST && director.sysctl.value("net.ipv6.icmp.echo_ignore_all") === 0) {
    sendIcmpv6EchoReply(director, frame);
    return DELIVERED;
  }
  hearTooBig(director, frame);
  if (type === MLD_QUERY || type === MLD_REPORTS[1]) return director.membership.reports.hearMld(frame);
  const isDiscovery = type >= ROUTER_SOLICITATION && type <= ICMPV6_REDIRECT;
  return isDiscovery ? receiveDiscovery(director, frame, type) : DROP.hostSilent;
}

/** @ipvs #Y director "IPv6: closed TCP ports answer with a reset, hop limit 64, ECN bits cleared" */
function refuseTcp(director: Director, frame: Frame): Verdict {
  const { addresses } = director;
  const { source: client, destination, ifindex } = frame;
  const unearned = earnsReset(frame);
  if (unearned !== ACCEPT) return unearned;
  // Addresses that several may have reset nothing (ipv6_unicast_destination).
  if (isMulticast(destination, addresses) || director.routes.isAnycast(destination)) return DROP.hostSilent;
  const route = director.routes.lookup(client, ifindex);
  if (route === undefined) return DROP.hostSilent;
  const segment = new Uint8Array(TCP_HEADER);
  writeReset(new DataView(segment.buffer), 0, frame);
  const reset = packetOf(director, {
    source: destination,
    destination: client,
    trafficClass: trafficClass(frame.view, frame.network) & NO_ECN,
    nextHeader: PROTOCOL_TCP,
    payload: segment,
    ifindex: route.ifindex,
  });
  // Left to the network card (tcp_v6_send_response): on a veth pair the pseudo header's sum is all that is there.
  reset.view.setUint16(reset.transport + TCP_CHECKSUM, pseudoSum(reset, TCP_HEADER));
  reset.checksumStart = reset.transport - reset.start;
  reset.checksumOffset = TCP_CHECKSUM;
  director.trace?.add({ kind: "host", what: "reset" });
  director.ip.originate(reset, ifindex);
  return DELIVERED;
}

/**
 * A datagram for a closed port earns "port unreachable", if it has a checksum and that is right (udp.c: __udp6_lib_rcv).
 * @ipvs #Y director "IPv6: a UDP datagram without checksum is dropped where nobody listens"
 */
function refuseUdp(director: Director, frame: Frame): Verdict {
  const { view, transport: datagram } = frame;
  const present = frame.end - datagram;
  if (present < UDP_HEADER) return DROP.hostTruncated;
  const length = view.getUint16(datagram + UDP_LENGTH) || present;
  if (length < UDP_HEADER || length > present) return DROP.hostTruncated;
  frame.end = datagram + length;
  if (isMulticast(frame.destination, director.addresses)) return director.syncSockets.deliver(frame);
  const made = frame.checksumStart !== 0 || frame.checksumTrusted;
  if (view.getUint16(datagram + UDP_CHECKSUM) === 0 || (!made && transportSum(frame) !== 0xffff))
    return DROP.hostChecksum;
  director.ip.sendError(frame, ICMPV6_UNREACHABLE, ICMPV6_PORT_UNREACHABLE, 0);
  return DELIVERED;
}

/** The same of UDP-Lite, though not of what is sent to many. */
function refuseUdpLite(director: Director, frame: Frame): Verdict {
  const unearned = earnsUnreachable(frame);
  if (unearned !== ACCEPT) return unearned;
  if (isMulticast(frame.destination, director.addresses)) return DROP.hostSilent;
  director.ip.sendError(frame, ICMPV6_UNREACHABLE, ICMPV6_PORT_UNREACHABLE, 0);
  return DELIVERED;
}
