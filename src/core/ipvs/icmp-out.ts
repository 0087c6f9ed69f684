/**
 * ICMP errors about requests, on their way to the client: of a real server or a router behind the director.
 * Mirrors ip_vs_out_icmp and handle_response_icmp of net/netfilter/ipvs/ip_vs_core.c.
 */
import { ACCEPT, DROP, REROUTE, type Verdict } from "../trace/verdict.ts";
import { AF_INET } from "../wire/address.ts";
import { sum } from "../wire/checksum.ts";
import type { Frame } from "../wire/frame.ts";
import { ICMP_HEADER, ICMP_TYPE } from "../wire/icmp.ts";
import {
  fragmentOffset,
  headerLength,
  IPV4_DESTINATION,
  IPV4_HEADER,
  IPV4_PROTOCOL,
  IPV4_SOURCE,
} from "../wire/ipv4.ts";
import { NONE, type Row } from "./connection-rows.ts";
import { countOut } from "./counting.ts";
import type { DataPath } from "./data-path.ts";
import { findFollowedAnswer } from "./following.ts";
import { isTranslatedError } from "./icmp-in.ts";
import { icmpv6Out } from "./icmpv6-out.ts";
import { followingProtocolOf, protocolOf } from "./protocols/protocols.ts";
import { answerOf, viewConnection } from "./views.ts";

/**
 * ACCEPT, REROUTE, or how the packet ended.
 * @ipvs #Y icmp "Errors about a request go to its client, source and embedded header rewritten, also when a router sent them"
 */
export function icmpOut(path: DataPath, frame: Frame): Verdict {
  if (frame.family !== AF_INET) return icmpv6Out(path, frame);
  const { view, network } = frame;
  const icmp = frame.transport;
  if (frame.end - icmp < ICMP_HEADER) return DROP.icmpTruncated;
  if (!isTranslatedError(view.getUint8(icmp + ICMP_TYPE))) return ACCEPT;
  const inner = icmp + ICMP_HEADER;
  if (frame.end - inner < IPV4_HEADER) return ACCEPT;
  const row = findAnswerOf(path, frame, inner);
  if (row === NONE) return ACCEPT;
  path.trace?.add({ kind: "connection", found: answerOf(frame), connection: viewConnection(path, row) });
  const { connections } = path.server;
  const method = connections.methodOf(row);
  if (method.translates) {
    if (sum(view, icmp, frame.end - icmp) !== 0xffff) return DROP.icmpBadChecksum;
    method.translateError(path, frame, row, icmp, inner);
  }
  countOut(path, connections.destinationOf(row), frame.end - network);
  return method.translates ? REROUTE : ACCEPT;
}

/** The connection whose request the error quotes: to the server it is an answer with source and destination swapped. */
function findAnswerOf(path: DataPath, frame: Frame, inner: number): Row {
  const { view } = frame;
  const { addresses } = path.server;
  const protocol = view.getUint8(inner + IPV4_PROTOCOL);
  const ports = inner + headerLength(view, inner);
  if (protocolOf(protocol) === undefined) {
    const following = followingProtocolOf(protocol);
    if (following === undefined || fragmentOffset(view, inner) !== 0) return NONE;
    const server = addresses.ofIpv4(view.getInt32(inner + IPV4_DESTINATION));
    return findFollowedAnswer(path, following, server, addresses.ofIpv4(view.getInt32(inner + IPV4_SOURCE)));
  }
  if (frame.end - ports < 4) return NONE;
  return path.server.connections.table.findAnswer(
    protocol,
    addresses.ofIpv4(view.getInt32(inner + IPV4_DESTINATION)),
    view.getUint16(ports + 2),
    addresses.ofIpv4(view.getInt32(inner + IPV4_SOURCE)),
    view.getUint16(ports),
  );
}
