/**
 * ICMPv6 errors about answers, on their way to the real server that sent them.
 * Mirrors ip_vs_in_icmp_v6 of net/netfilter/ipvs/ip_vs_core.c. Unlike in IPv4, errors about our own tunnel packets are left to
 * the host, which learns nothing from them, and only NAT verifies the checksum, if anybody does.
 */
import { ACCEPT, DROP, type Verdict } from "../trace/verdict.ts";
import type { Frame } from "../wire/frame.ts";
import { ICMP_HEADER, ICMP_TYPE } from "../wire/icmp.ts";
import { isIcmpv6Error } from "../wire/icmpv6.ts";
import { transportSum } from "../wire/network.ts";
import { isLaterFragment, PORTS } from "../wire/transport.ts";
import { NONE, type Row, refusalOf } from "./connection-rows.ts";
import { countIn } from "./counting.ts";
import { type DataPath, FORWARD, LOCAL_OUT } from "./data-path.ts";
import { findFollowed } from "./following.ts";
import { followingProtocolOf, protocolOf } from "./protocols/protocols.ts";
import { scheduleTuple } from "./schedule.ts";
import { noteMethod, viewConnection } from "./views.ts";

/**
 * ACCEPT, or how the packet ended.
 * @ipvs #Y icmp "ICMPv6 errors about a reply go to its server: every type below 128, also packet too big"
 * @ipvs #Y icmp "What still is a fragment of ICMPv6 is dropped, but for the beginning of an informational message"
 * @ipvs #Y icmp "ICMPv6 errors about IPVS's own tunnel packets are left to the host: no client is told, no path MTU is learnt"
 */
export function icmpv6In(path: DataPath, frame: Frame, hook: number): Verdict {
  const message = frame.transport;
  if (isLaterFragment(frame)) return DROP.icmpv6Fragment;
  if (frame.end - message < ICMP_HEADER) return DROP.icmpTruncated;
  if (!isIcmpv6Error(frame.view.getUint8(message + ICMP_TYPE))) return ACCEPT;
  if (frame.fragmentHeader !== 0) return DROP.icmpv6Fragment;
  const inner = message + ICMP_HEADER;
  const { quotedIpv6: quoted } = path.scratch;
  if (!quoted.read(frame, inner, path.server.addresses) || quoted.fragmentOffset !== 0) return ACCEPT;
  const row = findQuoted(path, frame);
  if (row === NONE) return path.server.sysctl.schedule_icmp === 0 ? ACCEPT : scheduleQuoted(path, frame, hook);
  path.trace?.add({ kind: "connection", found: "request", connection: viewConnection(path, row) });
  return pass(path, frame, row, hook);
}

/** The connection of the quoted answer; NONE if there is none, or if its ports are truncated. */
function findQuoted(path: DataPath, frame: Frame): Row {
  const { protocol, source, destination, transport } = path.scratch.quotedIpv6;
  if (protocolOf(protocol) === undefined) {
    const following = followingProtocolOf(protocol);
    return following === undefined ? NONE : findFollowed(path, following, destination, source);
  }
  if (frame.end - transport < PORTS) return NONE;
  const { view } = frame;
  const { table } = path.server.connections;
  return table.findRequest(protocol, destination, view.getUint16(transport + 2), source, view.getUint16(transport));
}

/** schedule_icmp: the error opens the connection that it is about. */
function scheduleQuoted(path: DataPath, frame: Frame, hook: number): Verdict {
  const { quotedIpv6: quoted, quoted: tuple } = path.scratch;
  if (protocolOf(quoted.protocol) === undefined) return ACCEPT;
  if (frame.end - quoted.transport < PORTS) return DROP.headerTruncated;
  tuple.protocol = quoted.protocol;
  tuple.mark = frame.mark;
  // The quoted packet is an answer: the client is its destination.
  tuple.source = quoted.destination;
  tuple.sourcePort = frame.view.getUint16(quoted.transport + 2);
  tuple.destination = quoted.source;
  tuple.destinationPort = frame.view.getUint16(quoted.transport);
  const row = scheduleTuple(path, frame, tuple, true);
  if (row < 0) return refusalOf(row);
  const verdict = pass(path, frame, row, hook);
  path.server.connections.restartTimer(row);
  return verdict;
}

/**
 * @ipvs #Y icmp "ICMPv6 errors for a NAT server: older kernels do not verify their checksum, newer ones drop a wrong one"
 */
function pass(path: DataPath, frame: Frame, row: Row, hook: number): Verdict {
  const { connections } = path.server;
  const method = connections.methodOf(row);
  // The host's own error about an answer that was not translated finds its server by itself.
  if (hook === LOCAL_OUT && !method.translates) return ACCEPT;
  if (method.translates && isVerifiedAndWrong(path, frame, method.standard)) return DROP.icmpBadChecksum;
  countIn(path, connections.destinationOf(row), frame.end - frame.network);
  if (path.trace !== undefined) noteMethod(path, row);
  return method.forwardError(path, frame, row, frame.transport, frame.transport + ICMP_HEADER, hook === FORWARD);
}

const isVerifiedAndWrong = (path: DataPath, frame: Frame, standard: boolean): boolean =>
  (!standard || path.server.release.translatesIcmpv6ErrorsOfRealServers) &&
  frame.checksumStart === 0 &&
  transportSum(frame) !== 0xffff;
