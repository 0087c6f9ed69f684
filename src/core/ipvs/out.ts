/**
 * A packet that may be a real server's answer: its connection is brought up to date, and for NAT its source becomes the
 * virtual service again. Mirrors ip_vs_out_hook and handle_response of net/netfilter/ipvs/ip_vs_core.c.
 */
import { ACCEPT, DROP, type Verdict } from "../trace/verdict.ts";
import { AF_INET, AF_INET6 } from "../wire/address.ts";
import { familyOf } from "../wire/address-table.ts";
import type { Frame } from "../wire/frame.ts";
import { isIcmp } from "../wire/network.ts";
import { longestSegment } from "../wire/offload.ts";
import { destinationPort, isLaterFragment, PORTS, sourcePort } from "../wire/transport.ts";
import { NONE, type Row } from "./connection-rows.ts";
import { countOut } from "./counting.ts";
import { type DataPath, FORWARD, LOCAL_IN } from "./data-path.ts";
import { followOut } from "./following.ts";
import { GROWTH } from "./forwarding/nat64.ts";
import { tellPortUnreachable } from "./icmp-errors.ts";
import { icmpOut } from "./icmp-out.ts";
import type { TransportProtocol } from "./protocols/protocol.ts";
import { followingProtocolOf, protocolOf } from "./protocols/protocols.ts";
import { OUTPUT } from "./protocols/states.ts";
import { openFromServer } from "./server-opens.ts";
import { answerOf, viewConnection } from "./views.ts";

/** ACCEPT; REROUTE if the source changed and the caller must route anew; or how the packet ended. */
export function ipvsOut(path: DataPath, frame: Frame, hook: number): Verdict {
  const { server } = path;
  if (!server.services.hooks(frame.family) && !mayAnswerInIpv6(path, frame)) return ACCEPT;
  if (isIcmp(frame)) return icmpOut(path, frame);
  const protocol = protocolOf(frame.protocol);
  if (protocol === undefined) {
    const following = followingProtocolOf(frame.protocol);
    return following === undefined ? ACCEPT : followOut(path, frame, following, hook);
  }
  if (isLaterFragment(frame)) return ACCEPT;

  let row = findAnswer(path, frame);
  if (row === NONE && server.engines.opensFromServers && hook !== LOCAL_IN) row = openFromServer(path, frame);
  if (row < 0) {
    if (hook === FORWARD) path.trace?.add({ kind: "connection", found: "no-answer" });
    return refuseStray(path, frame, protocol);
  }
  const { connections } = server;
  const verdict = connections.methodOf(row).translateAnswer(path, frame, row);
  if (verdict > ACCEPT) return verdict;
  countOut(path, connections.destinationOf(row), frame.end - frame.network);
  protocol.follow(path, frame, row, OUTPUT);
  connections.restartTimer(row);
  return verdict;
}

/** An IPv4 packet may belong to a client of IPv6 (NAT64), although no service is of IPv4. */
const mayAnswerInIpv6 = ({ server }: DataPath, { family }: Frame): boolean =>
  family === AF_INET && server.connections.localAddresses.areUsed && server.services.hooks(AF_INET6);

/** Whether many segments in one frame are answers to a client of the other family, and too long for the way to it with their new header. */
export function outgrowsItsWay(path: DataPath, frame: Frame): boolean {
  if (!mayAnswerInIpv6(path, frame) || protocolOf(frame.protocol) === undefined) return false;
  const row = lookUpAnswer(path, frame);
  if (row === NONE) return false;
  const client = path.server.connections.table.rows.clientAddress(row);
  if (familyOf(client) === frame.family) return false;
  const route = path.host.routeTo(client);
  return route === undefined || longestSegment(frame) + GROWTH > path.host.pathMtu(route, client);
}

function lookUpAnswer({ server }: DataPath, frame: Frame): Row {
  if (frame.end - frame.transport < PORTS) return NONE;
  return server.connections.table.findAnswer(
    frame.protocol,
    frame.source,
    sourcePort(frame),
    frame.destination,
    destinationPort(frame),
  );
}

function findAnswer(path: DataPath, frame: Frame): Row {
  const row = lookUpAnswer(path, frame);
  if (row !== NONE)
    path.trace?.add({ kind: "connection", found: answerOf(frame), connection: viewConnection(path, row) });
  return row;
}

/**
 * A real server's packet of no connection, told so where nat_icmp_send is set (ip_vs_out_hook, ip_vs_has_real_service).
 * @ipvs #Y icmp "nat_icmp_send: a masqueraded server's stray packet gets port unreachable, unless it is a reset"
 */
function refuseStray(path: DataPath, frame: Frame, protocol: TransportProtocol): Verdict {
  const { server } = path;
  if (server.sysctl.nat_icmp_send === 0 || frame.end - frame.transport < PORTS) return ACCEPT;
  if (server.destinations.index.masqueraded(protocol.number, frame.source, sourcePort(frame)) === undefined)
    return ACCEPT;
  if (protocol.isReset(frame)) return ACCEPT;
  tellPortUnreachable(path, frame);
  return DROP.natIcmpSend;
}
