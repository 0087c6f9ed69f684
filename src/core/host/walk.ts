/**
 * The walk of one packet, top to bottom:
 *
 *   walk -> ARP | IPv4 or IPv6 sanity -> mark -> route
 *     local   -> whole datagram -> IPVS (in) -> forwarding method -> out, or the host itself
 *     forward -> forward.ts, forward-ipv6.ts: TTL, MTU -> IPVS (out) -> out
 *   originate: what the host itself sends, past IPVS once more
 *
 * Most packets never come here: receive.ts has the fast path do the same to them.
 */
import { LOCAL_IN, LOCAL_OUT } from "../ipvs/data-path.ts";
import { icmpIn } from "../ipvs/icmp-in.ts";
import { ipvsIn } from "../ipvs/in.ts";
import { ipvsOut, outgrowsItsWay } from "../ipvs/out.ts";
import type { Trace } from "../trace/events.ts";
import { ACCEPT, DROP, REROUTE, type Verdict } from "../trace/verdict.ts";
import { AF_INET } from "../wire/address.ts";
import { isMulticast } from "../wire/address-scope.ts";
import {
  ETHERNET_HEADER,
  ETHERNET_TYPE,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  FIRST_ETHERTYPE,
  isVlanType,
  macAt,
} from "../wire/ethernet.ts";
import { type Frame, type InterfaceIndex, TO_BROADCAST, TO_HOST, TO_MULTICAST, TO_OTHER } from "../wire/frame.ts";
import { DESTINATION_UNREACHABLE, NETWORK_UNREACHABLE, PARAMETER_PROBLEM } from "../wire/icmp.ts";
import { ICMPV6_UNREACHABLE, NO_ROUTE } from "../wire/icmpv6.ts";
import { hasOptions } from "../wire/ipv4.ts";
import { HOP_BY_HOP, IPV6_NEXT_HEADER, IPV6_PAYLOAD_LENGTH } from "../wire/ipv6.ts";
import { isIcmp, readHeaders } from "../wire/network.ts";
import { forEachSegment } from "../wire/segments.ts";
import type { Director } from "./director.ts";
import { forward, sendRerouted } from "./forward.ts";
import { forwardIpv6 } from "./forward-ipv6.ts";
import { heldVerdict } from "./fragments/reassembly.ts";
import { lacksHeaders } from "./fragments/reassembly-ipv6.ts";
import { deliverToHost, isIpv4Group } from "./host-stack.ts";
import { deliverIpv6ToHost } from "./host-stack-ipv6.ts";
import type { Interface } from "./interfaces.ts";
import { SOURCE_ROUTED } from "./ip-options.ts";
import { checkIpv4 } from "./ipv4-input.ts";
import { checkIpv6 } from "./ipv6-input.ts";
import { obeyHopByHop } from "./ipv6-options.ts";
import { UNREADABLE } from "./marks.ts";
import { isListening, isMember } from "./multicast/multicast-groups.ts";
import { receiveArp } from "./neighbors/arp.ts";
import { takeOptions } from "./own/own-options.ts";
import { takePriorityTags } from "./priority-tag.ts";
import { LOOPBACK } from "./routes.ts";
import { isMartianSource, validateSource } from "./source-validation.ts";

/** A frame from the wire; how it ended. */
export function walk(director: Director, frame: Frame): Verdict {
  const { view, start } = frame;
  if (director.trace !== undefined) noteReceived(director, director.trace, frame);
  if (frame.length < ETHERNET_HEADER) return DROP.frameTooShort;
  frame.packetType = packetType(view, start, director.interfaces[frame.ifindex]);
  if (frame.packetType === TO_OTHER && director.vrrp.isAt(frame.ifindex, macAt(view, start)))
    frame.packetType = TO_HOST;
  if (isVlanType(view.getUint16(start + ETHERNET_TYPE))) {
    const verdict = takePriorityTags(director, frame);
    if (verdict !== ACCEPT) return verdict;
  }
  const type = view.getUint16(frame.start + ETHERNET_TYPE);
  switch (type) {
    case ETHERTYPE_IPV4:
      return walkIpv4(director, frame);
    case ETHERTYPE_ARP:
      return receiveArp(director, frame);
    case ETHERTYPE_IPV6:
      return walkIpv6(director, frame);
    default:
      return type < FIRST_ETHERTYPE ? DROP.ieee8023 : DROP.unknownEthertype;
  }
}

function noteReceived({ interfaces, copies }: Director, trace: Trace, frame: Frame): void {
  const dev = interfaces[frame.ifindex]?.name ?? "";
  const bytes = copies.of(frame);
  if (frame.checksumStart === 0) trace.add({ kind: "received", dev, bytes });
  else trace.add({ kind: "received", dev, bytes, unfinished: true });
}

/** The group bit of an address's first byte. */
const GROUP = 0x0100;

/** Whom the frame is addressed to (net/ethernet/eth.c: eth_type_trans). */
function packetType(view: DataView, at: number, device: Interface | undefined): number {
  const high = view.getUint16(at);
  const low = view.getInt32(at + 2);
  if (device !== undefined && high === device.macHigh && low === device.macLow) return TO_HOST;
  if ((high & GROUP) === 0) return TO_OTHER;
  return high === 0xffff && low === -1 ? TO_BROADCAST : TO_MULTICAST;
}

/** Local, forward, or nowhere (net/ipv4/ip_input.c: ip_rcv; net/ipv4/route.c: ip_route_input_slow). */
function walkIpv4(director: Director, frame: Frame): Verdict {
  const unsound = checkIpv4(frame, director.addresses);
  if (unsound !== ACCEPT) return unsound;
  const unfit = takeMark(director, frame);
  if (unfit !== ACCEPT) return unfit;
  const { routes } = director;
  const { source, destination } = frame;
  if (isMartianSource(source, destination)) return DROP.martianSource;
  if (destination === 0 && source !== 0) return DROP.martianDestination;
  if (destination >>> 24 === 127) return DROP.martianDestination;
  if (isIpv4Group(destination)) return receiveFromGroup(director, frame);
  const toAll = routes.isBroadcast(destination);
  const towards = toAll ? undefined : director.ip.routeTo(destination);
  const local = toAll || towards?.local === true;
  const isStopped = !local && director.sysctl.forwards[frame.ifindex] === 0;
  // Where it may come from matters only if it is to go anywhere.
  if (local || (towards !== undefined && !isStopped)) {
    const outgoing = local ? LOOPBACK : (towards?.ifindex ?? LOOPBACK);
    const refused = source === 0 ? ACCEPT : validateSource(director, frame.ifindex, source, outgoing);
    if (refused !== ACCEPT) return refused;
  }
  if (hasOptions(frame)) {
    const refused = refusedByOptions(director, frame, local, towards?.local === true);
    if (refused !== ACCEPT) return refused;
  }
  if (local) return deliver(director, frame);
  if (isStopped) return DROP.forwardingOff;
  if (towards !== undefined) return forward(director, frame, towards);
  if (director.peers.mayRouteError(source, director.now)) {
    director.ip.sendError(frame, DESTINATION_UNREACHABLE, NETWORK_UNREACHABLE, 0);
  }
  return DROP.noRoute;
}

/** A packet to many, for groups that the host has joined only (net/ipv4/route.c: ip_route_input_mc). */
function receiveFromGroup(director: Director, frame: Frame): Verdict {
  const { source, destination, ifindex } = frame;
  if (!isMember(director, ifindex, destination)) return DROP.notListening;
  const refused = source === 0 ? ACCEPT : validateSource(director, ifindex, source, LOOPBACK);
  return refused === ACCEPT ? deliver(director, frame) : refused;
}

/**
 * Obeys the packet's options; ACCEPT or why it is dropped (net/ipv4/ip_input.c: ip_rcv_options). `ours`: it is for an
 * address of the host.
 */
function refusedByOptions(director: Director, frame: Frame, local: boolean, ours: boolean): Verdict {
  const result = takeOptions(director, frame, ours);
  if (result === 0) return ACCEPT;
  if (result === SOURCE_ROUTED) return DROP.ipv4SourceRouted;
  frame.routedLocally = local;
  director.ip.sendError(frame, PARAMETER_PROBLEM, 0, (result << 24) >>> 0);
  return DROP.ipv4Malformed;
}

/** Local, forward, or nowhere (net/ipv6/ip6_input.c: ip6_rcv_core, ip6_mc_input; net/ipv6/route.c: ip6_pkt_discard). */
function walkIpv6(director: Director, fragmentOrFrame: Frame): Verdict {
  const unsound = checkIpv6(fragmentOrFrame, director.addresses);
  if (unsound !== ACCEPT) return unsound;
  if (fragmentOrFrame.view.getUint8(fragmentOrFrame.network + IPV6_NEXT_HEADER) === HOP_BY_HOP) {
    const refused = obeyHopByHop(director, fragmentOrFrame);
    if (refused !== ACCEPT) return refused;
  }
  const frame = wholeIpv6(director, fragmentOrFrame);
  if (typeof frame === "number") return frame;
  const unfit = takeMark(director, frame);
  if (unfit !== ACCEPT) return unfit;
  const { destination, ifindex } = frame;
  if (isMulticast(destination, director.addresses)) {
    return isListening(director, ifindex, destination) ? deliver(director, frame) : DROP.notListening;
  }
  const towards = director.ip.routeTo(destination, ifindex);
  if (towards?.local === true) return deliver(director, frame);
  if (towards !== undefined) return forwardIpv6(director, frame, towards);
  director.ip.sendError(frame, ICMPV6_UNREACHABLE, NO_ROUTE, 0);
  return DROP.noRoute;
}

/** As a jumbogram, whose length stands elsewhere and which is never in fragments (RFC 2675). */
const saysNoLength = ({ view, network }: Frame): boolean => view.getUint16(network + IPV6_PAYLOAD_LENGTH) === 0;

/** netfilter puts IPv6 datagrams together before anything else is asked, once there was an IPv6 service or real server (ipv6_defrag). */
function wholeIpv6(director: Director, frame: Frame): Frame | Verdict {
  if (frame.fragmentHeader === 0 || !director.server.services.defragmentsIpv6 || lacksHeaders(frame)) return frame;
  if (saysNoLength(frame)) return frame;
  const whole = director.fragments.reassembleIpv6(frame, false);
  if (typeof whole === "object") return whole;
  return whole === "pass" || typeof whole === "number" ? frame : heldVerdict(whole);
}

/** What mark the rules give the packet: ACCEPT, or why it is dropped. */
function takeMark(director: Director, frame: Frame): Verdict {
  const mark = director.marks.of(frame);
  if (mark === UNREADABLE) return DROP.markUnreadable;
  frame.mark = mark;
  if (mark !== 0) director.trace?.add({ kind: "marked", mark });
  return ACCEPT;
}

/** For the host's own addresses: the LOCAL_IN hook on whole datagrams, then the host itself. */
function deliver(director: Director, fragmentOrFrame: Frame): Verdict {
  let frame = fragmentOrFrame;
  frame.routedLocally = true;
  if (frame.isFragment && frame.family === AF_INET) {
    const whole = director.fragments.reassemble(frame, true);
    if (typeof whole === "string") return heldVerdict(whole);
    frame = whole;
    frame.routedLocally = true;
  }
  const answered = passAnswers(director, frame);
  if (answered !== ACCEPT) return answered;
  const verdict = ipvsIn(director.path, frame);
  if (verdict !== ACCEPT) return verdict;
  return frame.family === AF_INET ? deliverToHost(director, frame) : deliverIpv6ToHost(director, frame);
}

/**
 * Answers addressed to the host: ICMP errors, whatever comes to the local address of a FULLNAT connection, and what
 * nat_icmp_send refuses. No other connection can have the host as its client.
 */
function passAnswers(director: Director, frame: Frame): Verdict {
  const { connections, sysctl } = director.server;
  if (!isIcmp(frame) && !connections.localAddresses.areUsed && sysctl.nat_icmp_send === 0) return ACCEPT;
  if (frame.segmentSize !== 0 && outgrowsItsWay(director.path, frame)) return passSegments(director, frame);
  const verdict = ipvsOut(director.path, frame, LOCAL_IN);
  if (verdict !== REROUTE) return verdict;
  const towards = director.routes.lookup(frame.destination, frame.ifindex);
  if (towards === undefined) return DROP.noReroute;
  return towards.local ? ACCEPT : sendRerouted(director, frame, towards);
}

/** Each segment becomes a packet: about each its sender is to hear that it is too long, or it is to be cut. */
function passSegments(director: Director, frame: Frame): Verdict {
  let verdict: Verdict = ACCEPT;
  forEachSegment(
    frame,
    () => director.ip.identification(),
    (piece) => {
      piece.routedLocally = true;
      verdict = passAnswers(director, piece);
    },
    director.piece,
  );
  return verdict;
}

/** A packet of the host's own, complete but for the Ethernet header; how it ended (LOCAL_OUT, then ip_output). */
export function originate(director: Director, frame: Frame, scope: InterfaceIndex): Verdict {
  readHeaders(frame, director.addresses);
  const verdict = passLocalOut(director, frame);
  if (verdict !== ACCEPT) return verdict;
  const { destination } = frame;
  const towards = director.routes.lookup(destination, scope);
  if (towards === undefined) return DROP.noRoute;
  return towards.local
    ? deliver(director, frame)
    : director.ip.output(frame, towards, destination, director.ip.pathMtu(towards, destination));
}

/** IPVS sees the host's own answers and errors, too: they may belong to a connection. */
function passLocalOut(director: Director, frame: Frame): Verdict {
  const verdict = ipvsOut(director.path, frame, LOCAL_OUT);
  if (verdict === REROUTE) return ACCEPT;
  if (verdict !== ACCEPT || !director.server.services.hooks(frame.family)) return verdict;
  return isIcmp(frame) ? icmpIn(director.path, frame, LOCAL_OUT) : ACCEPT;
}
