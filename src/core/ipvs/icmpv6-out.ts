/**
 * ICMPv6 errors about requests, on their way to the client: of a real server or a router behind the director.
 * Mirrors ip_vs_out_icmp_v6 and handle_response_icmp of net/netfilter/ipvs/ip_vs_core.c.
 */
import { ACCEPT, DROP, REROUTE, type Verdict } from "../trace/verdict.ts";
import { AF_INET6 } from "../wire/address.ts";
import { sum } from "../wire/checksum.ts";
import type { Frame } from "../wire/frame.ts";
import { ICMP_HEADER, ICMP_TYPE } from "../wire/icmp.ts";
import { isIcmpv6Error } from "../wire/icmpv6.ts";
import { IPV6_HEADER } from "../wire/ipv6.ts";
import { transportSum } from "../wire/network.ts";
import { isLaterFragment, PORTS } from "../wire/transport.ts";
import { NONE, type Row } from "./connection-rows.ts";
import { countOut } from "./counting.ts";
import type { DataPath } from "./data-path.ts";
import { findFollowedAnswer } from "./following.ts";
import { followingProtocolOf, protocolOf } from "./protocols/protocols.ts";
import { answerOf, viewConnection } from "./views.ts";

/** ACCEPT, REROUTE, or how the packet ended. */
export function icmpv6Out(path: DataPath, frame: Frame): Verdict {
  const message = frame.transport;
  if (isLaterFragment(frame)) return DROP.icmpv6Fragment;
  if (frame.end - message < ICMP_HEADER) return DROP.icmpTruncated;
  if (!isIcmpv6Error(frame.view.getUint8(message + ICMP_TYPE))) return ACCEPT;
  if (frame.fragmentHeader !== 0) return DROP.icmpv6Fragment;
  const inner = message + ICMP_HEADER;
  const { quotedIpv6: quoted } = path.scratch;
  if (!quoted.read(frame, inner, path.server.addresses) || quoted.fragmentOffset !== 0) return ACCEPT;
  const row = findQuoted(path, frame);
  if (row === NONE) return ACCEPT;
  path.trace?.add({ kind: "connection", found: answerOf(frame), connection: viewConnection(path, row) });
  const { connections } = path.server;
  const method = connections.methodOf(row);
  if (method.translates) {
    const verified = verifyChecksum(path, frame, method.standard);
    if (verified !== ACCEPT) return verified;
    method.translateError(path, frame, row, message, inner);
  }
  countOut(path, connections.destinationOf(row), frame.end - frame.network);
  return method.translates ? REROUTE : ACCEPT;
}

/** The connection whose request is quoted: to the server it is an answer with source and destination swapped. */
function findQuoted(path: DataPath, frame: Frame): Row {
  const { protocol, source, destination, transport } = path.scratch.quotedIpv6;
  if (protocolOf(protocol) === undefined) {
    const following = followingProtocolOf(protocol);
    return following === undefined ? NONE : findFollowedAnswer(path, following, destination, source);
  }
  if (frame.end - transport < PORTS) return NONE;
  const { view } = frame;
  const { table } = path.server.connections;
  return table.findAnswer(protocol, destination, view.getUint16(transport + 2), source, view.getUint16(transport));
}

/**
 * Whether the error's checksum counts as right: ACCEPT, or a drop. Older kernels sum up what follows the IPv6 header and forget
 * the pseudo header: no sound error passes there, unless connection tracking is at work, which found it right before
 * (nf_ip6_checksum). A method that Linux does not have (`standard`) has not that fault.
 * @ipvs #Y icmp "ICMPv6 errors about a NAT request: dropped as if their checksum was wrong by older kernels, translated for the client by newer ones"
 */
function verifyChecksum(path: DataPath, frame: Frame, standard: boolean): Verdict {
  if (frame.checksumStart !== 0) return ACCEPT;
  const { release, services } = path.server;
  const isRight = transportSum(frame) === 0xffff;
  if (!standard || release.translatesIcmpv6ErrorsOfRealServers) return isRight ? ACCEPT : DROP.icmpBadChecksum;
  if (isRight && services.tracksConnections(AF_INET6)) return ACCEPT;
  const behind = frame.network + IPV6_HEADER;
  return sum(frame.view, behind, frame.end - behind) === 0xffff ? ACCEPT : DROP.icmpv6WithoutPseudoHeader;
}
