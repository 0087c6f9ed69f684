/**
 * ICMP errors about answers, on their way to the real server that sent them; and errors about our own tunnel packets.
 * Mirrors ip_vs_in_icmp of net/netfilter/ipvs/ip_vs_core.c.
 */
import { ACCEPT, DROP, type Verdict } from "../trace/verdict.ts";
import { AF_INET } from "../wire/address.ts";
import { sum } from "../wire/checksum.ts";
import type { Frame } from "../wire/frame.ts";
import {
  DESTINATION_UNREACHABLE,
  FRAGMENTATION_NEEDED,
  ICMP_CODE,
  ICMP_HEADER,
  ICMP_REST,
  ICMP_TYPE,
  SOURCE_QUENCH,
  TIME_EXCEEDED,
} from "../wire/icmp.ts";
import {
  DONT_FRAGMENT,
  fragmentOffset,
  headerLength,
  IPV4_DESTINATION,
  IPV4_FRAGMENT,
  IPV4_HEADER,
  IPV4_PROTOCOL,
  IPV4_SOURCE,
  PROTOCOL_IPIP,
  PROTOCOL_UDP,
  readIpv4,
} from "../wire/ipv4.ts";
import { NONE, type Row, refusalOf } from "./connection-rows.ts";
import { countIn, countOut } from "./counting.ts";
import { type DataPath, FORWARD, LOCAL_IN } from "./data-path.ts";
import { type Destination, ROUTE_EXCEPTION } from "./destination.ts";
import { findFollowed } from "./following.ts";
import { icmpv6In } from "./icmpv6-in.ts";
import type { FollowingProtocol } from "./protocols/ah-esp.ts";
import { followingProtocolOf, protocolOf } from "./protocols/protocols.ts";
import { scheduleTuple } from "./schedule.ts";
import { tunnelHeaders } from "./tunnel-error.ts";
import { noteMethod, viewConnection } from "./views.ts";

/** Less would not hold a header: RFC 791's least MTU. */
const LEAST_MTU = 68;

/** Destination unreachable, source quench and time exceeded are looked into; everything else is not IPVS's business. */
export const isTranslatedError = (type: number): boolean =>
  type === DESTINATION_UNREACHABLE || type === SOURCE_QUENCH || type === TIME_EXCEEDED;

/**
 * ACCEPT, or how the packet ended.
 * @ipvs #Y icmp "schedule_icmp: an error about an unknown answer may open a connection"
 * @ipvs #Y icmp "Errors about a reply go to its server, the embedded header rewritten; timers and states stay as they are"
 */
export function icmpIn(path: DataPath, frame: Frame, hook: number): Verdict {
  if (path.server.sync.standsBy) return ACCEPT;
  if (frame.family !== AF_INET) return icmpv6In(path, frame, hook);
  const { view } = frame;
  const icmp = frame.transport;
  if (frame.end - icmp < ICMP_HEADER) return DROP.icmpTruncated;
  if (!isTranslatedError(view.getUint8(icmp + ICMP_TYPE))) return ACCEPT;
  let inner = icmp + ICMP_HEADER;
  if (frame.end - inner < IPV4_HEADER) return ACCEPT;
  const outer = hook === LOCAL_IN ? tunnelHeaders(path, frame, inner) : 0;
  const tunnelled = outer > 0;
  if (tunnelled) {
    inner += outer;
    if (frame.end - inner < IPV4_HEADER) return ACCEPT;
    // Of what GRE and GUE carry the header is looked at, of IP-in-IP not.
    if (view.getUint8(inner - outer + IPV4_PROTOCOL) !== PROTOCOL_IPIP && !isIpv4Header(view, inner)) return ACCEPT;
  }
  const ports = inner + headerLength(view, inner);
  const protocol = view.getUint8(inner + IPV4_PROTOCOL);
  const following = protocolOf(protocol) === undefined ? followingProtocolOf(protocol) : undefined;
  if (following !== undefined) {
    return isLater(view, inner) ? ACCEPT : passFollowing(path, frame, following, icmp, inner, tunnelled, hook);
  }
  if (protocolOf(protocol) === undefined) return ACCEPT;
  // At the host itself UDP may be a tunnel, and a later fragment does not tell.
  if (hook === LOCAL_IN && !tunnelled && protocol === PROTOCOL_UDP && isLater(view, inner)) return ACCEPT;
  if (frame.end - ports < 4) {
    // Without ports there is no connection, and where errors are scheduled, nothing to schedule (tcp_conn_schedule).
    return tunnelled || path.server.sysctl.schedule_icmp === 0 ? ACCEPT : DROP.headerTruncated;
  }
  readQuoted(path, frame, inner, ports, tunnelled);
  let row = findRequest(path);
  const known = row !== NONE;
  if (!known) {
    if (tunnelled || path.server.sysctl.schedule_icmp === 0) return ACCEPT;
    row = scheduleTuple(path, frame, path.scratch.quoted, true);
    if (row < 0) return refusalOf(row);
  }
  const verdict = pass(path, frame, row, icmp, inner, tunnelled, hook);
  if (!known) path.server.connections.restartTimer(row);
  return verdict;
}

const isIpv4Header = (view: DataView, at: number): boolean =>
  view.getUint8(at) >> 4 === 4 && headerLength(view, at) >= IPV4_HEADER;

const isLater = (view: DataView, inner: number): boolean => fragmentOffset(view, inner) !== 0;

/** An error about AH or ESP: where the connection that they follow is known, it is treated as one about that. */
function passFollowing(
  path: DataPath,
  frame: Frame,
  protocol: FollowingProtocol,
  icmp: number,
  inner: number,
  tunnelled: boolean,
  hook: number,
): Verdict {
  const { addresses } = path.server;
  const source = addresses.ofIpv4(frame.view.getInt32(inner + IPV4_SOURCE));
  const destination = addresses.ofIpv4(frame.view.getInt32(inner + IPV4_DESTINATION));
  const row = tunnelled
    ? findFollowed(path, protocol, source, destination)
    : findFollowed(path, protocol, destination, source);
  if (row === NONE) return ACCEPT;
  path.trace?.add({ kind: "connection", found: "request", connection: viewConnection(path, row) });
  return pass(path, frame, row, icmp, inner, tunnelled, hook);
}

const translates = ({ server: { connections } }: DataPath, row: Row): boolean => connections.methodOf(row).translates;

/** @ipvs #Y icmp "ICMP errors about replies with a wrong checksum: dropped by older kernels, passed on by newer ones where no NAT changes them" */
function pass(
  path: DataPath,
  frame: Frame,
  row: Row,
  icmp: number,
  inner: number,
  tunnelled: boolean,
  hook: number,
): Verdict {
  const isVerified = tunnelled || translates(path, row) || !path.server.release.verifiesIcmpErrorsOfNatOnly;
  if (isVerified && sum(frame.view, icmp, frame.end - icmp) !== 0xffff) return DROP.icmpBadChecksum;
  if (tunnelled) return relayTunnelError(path, frame, row, icmp, inner);
  countIn(path, path.server.connections.destinationOf(row), frame.end - frame.network);
  if (path.trace !== undefined) noteMethod(path, row);
  return path.server.connections.methodOf(row).forwardError(path, frame, row, icmp, inner, hook === FORWARD);
}

/** Fills `scratch.quoted` with the packet the error is about, as its client sent it. */
function readQuoted(path: DataPath, frame: Frame, inner: number, ports: number, tunnelled: boolean): void {
  const { view } = frame;
  const { addresses } = path.server;
  const { quoted } = path.scratch;
  const protocol = view.getUint8(inner + IPV4_PROTOCOL);
  const source = addresses.ofIpv4(view.getInt32(inner + IPV4_SOURCE));
  const destination = addresses.ofIpv4(view.getInt32(inner + IPV4_DESTINATION));
  const sourcePort = view.getUint16(ports);
  const destinationPort = view.getUint16(ports + 2);
  quoted.protocol = protocol;
  quoted.mark = frame.mark;
  // A tunnelled packet is the client's own; any other is an answer, and the client its destination.
  quoted.source = tunnelled ? source : destination;
  quoted.sourcePort = tunnelled ? sourcePort : destinationPort;
  quoted.destination = tunnelled ? destination : source;
  quoted.destinationPort = tunnelled ? destinationPort : sourcePort;
}

function findRequest(path: DataPath): Row {
  const { protocol, source, sourcePort, destination, destinationPort } = path.scratch.quoted;
  const { table } = path.server.connections;
  const row = table.findRequest(protocol, source, sourcePort, destination, destinationPort);
  if (row !== NONE) path.trace?.add({ kind: "connection", found: "request", connection: viewConnection(path, row) });
  return row;
}

/**
 * The error about a tunnel packet becomes an error about the client's packet inside it.
 * @ipvs #Y icmp "An error about a tunnelled packet is relayed to the client; the path MTU towards the server is learnt"
 */
function relayTunnelError(path: DataPath, frame: Frame, row: Row, icmp: number, inner: number): Verdict {
  const { view } = frame;
  const type = view.getUint8(icmp + ICMP_TYPE);
  const code = view.getUint8(icmp + ICMP_CODE);
  const destination = path.server.connections.destinationOf(row);
  let rest = view.getUint32(icmp + ICMP_REST);
  if (type === DESTINATION_UNREACHABLE && code === FRAGMENTATION_NEEDED) {
    const reported = rest & 0xffff;
    path.host.learnPathMtu(
      path.server.addresses.ofIpv4(view.getInt32(icmp + ICMP_HEADER + IPV4_DESTINATION)),
      reported,
    );
    // The DF that counts is the client's own.
    if ((view.getUint16(inner + IPV4_FRAGMENT) & DONT_FRAGMENT) === 0) return DROP.tunnelError;
    // The route kept with the destination still has the MTU of before, until the next packet looks it up anew.
    const mtu = rememberedMtu(path, destination) || reported;
    // Only the outer IPv4 header is taken off, whatever the tunnel's type.
    rest = mtu > LEAST_MTU + IPV4_HEADER ? mtu - IPV4_HEADER : mtu;
  }
  frame.start = inner - (frame.network - frame.start);
  frame.options = undefined;
  readIpv4(frame, path.server.addresses);
  path.host.sendError(frame, type, code, rest);
  countOut(path, destination, frame.end - frame.network);
  return DROP.tunnelError;
}

/** The MTU that the destination's route is remembered with; a route with a learnt MTU hears of a new one at once. 0 if none is remembered. */
function rememberedMtu(path: DataPath, destination: Destination | undefined): number {
  if (destination === undefined) return 0;
  const route = destination.routeKind === ROUTE_EXCEPTION ? path.host.routeTo(destination.handle) : undefined;
  return route === undefined ? destination.routeMtu : path.host.pathMtu(route, destination.handle);
}
