/**
 * The fast path: a short path for a packet whose connection is known and established. It does what the walk (walk.ts) does to such a
 * packet and nothing else, and looks at everything before it writes anything: what is not as plain as it expects is left to
 * the walk, untouched.
 *
 *   takeFastPath -> isQuiet: nobody listens, no backup stands by ...
 *                -> isPlain: for this port, sound, no options, no fragment, UDP, or TCP with one of ACK and SYN and not FIN or RST
 *     local   -> the connection -> established? -> the next hop to its real server (next-hops.ts)
 *                or none yet (fast-opening.ts)
 *                or a reply to the local address of a FULLNAT connection
 *     forward -> the connection -> established? -> the route to its client
 *   and then, in the walk's order: counters, timeout, addresses and checksums (fast-rewriting.ts), the wire, the timer
 *
 * The walk is the truth: recordings and random traffic run on both, and must end the same.
 */

import {
  type ConnectionRows,
  FORWARDING_MASK,
  NO_CLIENT_PORT,
  NO_OUTPUT,
  NONE,
  type Row,
  TEMPLATE,
  TRACKED,
} from "../../ipvs/connection-rows.ts";
import type { Connections } from "../../ipvs/connections.ts";
import { countIn, countOut, type Route } from "../../ipvs/data-path.ts";
import { TCP_ESTABLISHED } from "../../ipvs/protocols/tcp-states.ts";
import { SENT, type Verdict } from "../../trace/verdict.ts";
import { AF_INET } from "../../wire/address.ts";
import { isLinkLocal } from "../../wire/address-scope.ts";
import { type AddressHandle, familyOf } from "../../wire/address-table.ts";
import type { Frame } from "../../wire/frame.ts";
import { PROTOCOL_UDP } from "../../wire/ipv4.ts";
import { destinationPort, sourcePort } from "../../wire/transport.ts";
import type { Director } from "../director.ts";
import type { Neighbor } from "../neighbors/neighbors.ts";
import { addressTo } from "../output.ts";
import { isMartianSource } from "../source-validation.ts";
import { takeOpening } from "./fast-opening.ts";
import { replyRewriting, requestRewriting } from "./fast-rewriting.ts";
import { isConnected } from "./next-hops.ts";
import { isPlain, NOT_TAKEN, opens } from "./plain-packet.ts";

/** A frame from the wire, as `walk` takes it; how it ended, or NOT_TAKEN. */
export function takeFastPath(director: Director, frame: Frame): Verdict {
  const device = director.interfaces[frame.ifindex];
  if (device === undefined || !isQuiet(director) || !isPlain(frame, device, director.addresses)) return NOT_TAKEN;
  if (!director.server.services.hooks(frame.family) || !isWelcome(director, frame)) return NOT_TAKEN;
  const route = director.routes.lookup(frame.destination, frame.ifindex);
  if (route === undefined || !(route.local || mayPass(director, frame, route))) return NOT_TAKEN;
  if (!route.local || director.server.connections.usesLocalAddresses) {
    const row = findAnswer(director, frame);
    if (row !== NONE || !route.local) return takeReply(director, frame, row, route);
  }
  return takeRequest(director, frame);
}

/** Whether the director does with packets what stands here and no more. */
function isQuiet({ path, server }: Director): boolean {
  const { sync, sysctl } = server;
  return path.trace === undefined && !sync.standsBy && sysctl.nat_icmp_send === 0;
}

/** Whether the host takes a packet with these addresses (walkIpv4, validateSource); of plain IPv6 packets it asks nothing more. */
function isWelcome({ routes, sysctl }: Director, { source, destination, family, ifindex }: Frame): boolean {
  if (family !== AF_INET) return true;
  if (sysctl.reversePath[ifindex] !== 0 || isMartianSource(source, destination) || routes.isOwn(source)) return false;
  return destination !== 0 && destination >>> 24 !== 127;
}

/** Connections whose packets others look into, or whose state or name may change with any packet. */
const UNUSUAL = TRACKED | TEMPLATE | NO_CLIENT_PORT;

/** A client's packet (ipvsIn). */
function takeRequest(director: Director, frame: Frame): Verdict {
  const { connections, sync } = director.server;
  const { rows } = connections.table;
  const row = findRequest(director, frame);
  if (row === NONE) return takeOpening(director, frame);
  if (!isEstablished(frame, rows, row, UNUSUAL)) return NOT_TAKEN;
  const destination = connections.destinationOf(row);
  if (destination === undefined || !destination.available) return NOT_TAKEN;
  const rewriting = requestRewriting(rows.flags(row) & FORWARDING_MASK);
  const nextHop =
    rows.destinationAddress(row) === destination.handle ? director.nextHops.toServer(director, destination) : undefined;
  if (rewriting === undefined || nextHop === undefined || !rewriting.fits(director, frame, row, nextHop))
    return NOT_TAKEN;
  // From here on as ipvsIn.
  countIn(director.path, destination, frame.end - frame.network);
  follow(connections, frame, row);
  rewriting.write(director, frame, row, nextHop);
  send(director, frame, nextHop.neighbor);
  sync.count(row);
  connections.restartTimer(row);
  return SENT;
}

/** A real server's packet to a client (forward, ipvsOut), or to the local address of a FULLNAT connection (passAnswers). `route` is how it was found. */
function takeReply(director: Director, frame: Frame, row: Row, route: Route): Verdict {
  const { connections } = director.server;
  const { rows } = connections.table;
  if (row === NONE || !isEstablished(frame, rows, row, UNUSUAL | NO_OUTPUT)) return NOT_TAKEN;
  const rewriting = replyRewriting(rows.flags(row) & FORWARDING_MASK);
  const destination = connections.destinationOf(row);
  if (rewriting?.toHost !== route.local || destination?.available !== true) return NOT_TAKEN;
  const client = rows.clientAddress(row);
  // Which link a link-local address is on, the walk finds out.
  if (familyOf(client) !== frame.family || isLinkLocal(client, director.addresses)) return NOT_TAKEN;
  const onward = route.local ? director.routes.lookup(client) : route;
  const neighbor = onward && nextHopToClient(director, frame, onward, client);
  if (neighbor === undefined || !rewriting.fits(director, frame, row)) return NOT_TAKEN;
  // From here on as ipvsOut.
  rewriting.write(director, frame, row);
  countOut(director.path, destination, frame.end - frame.network);
  follow(connections, frame, row);
  if (frame.protocol === PROTOCOL_UDP) connections.assureTemplate(row);
  connections.restartTimer(row);
  send(director, frame, neighbor);
  return SENT;
}

/** Whether a packet that came with `route` may go on: forwarding is on, nobody is to be told of a shorter path (forward, forwardIpv6). */
function mayPass(director: Director, frame: Frame, route: Route): boolean {
  const { routes, sysctl } = director;
  const { ifindex } = frame;
  if (frame.family !== AF_INET) return sysctl.forwardsIpv6 !== 0 && route.ifindex !== ifindex;
  if (sysctl.forwards[ifindex] === 0 || routes.isBroadcast(frame.destination)) return false;
  return route.ifindex !== ifindex || sysctl.sendRedirects[ifindex] === 0;
}

/** The next hop towards a client, if the packet fits its MTU as it is; a path MTU that was learnt is the walk's. */
function nextHopToClient(director: Director, frame: Frame, route: Route, client: AddressHandle): Neighbor | undefined {
  const { mtu } = route;
  if (route.local || frame.end - frame.network > mtu || director.pathMtu(route, client) !== mtu) return undefined;
  const neighbor = director.neighborTowards(route, client);
  return neighbor !== undefined && isConnected(neighbor) ? neighbor : undefined;
}

function findRequest(director: Director, frame: Frame): Row {
  const { protocol, source, destination } = frame;
  const { table } = director.server.connections;
  return table.findRequest(protocol, source, sourcePort(frame), destination, destinationPort(frame));
}

function findAnswer(director: Director, frame: Frame): Row {
  const { protocol, source, destination } = frame;
  const { table } = director.server.connections;
  return table.findAnswer(protocol, source, sourcePort(frame), destination, destinationPort(frame));
}

/**
 * Whether the packet leaves the connection's state as it is: by all tables of TCP (tcp-states.ts) a segment with ACK, and no flag that begins or
 * ends anything, does in ESTABLISHED; UDP has one state. Not where the row has one of the flags `but`.
 */
function isEstablished(frame: Frame, rows: ConnectionRows, row: Row, but: number): boolean {
  if ((rows.flags(row) & but) !== 0) return false;
  return frame.protocol === PROTOCOL_UDP || (rows.state(row) === TCP_ESTABLISHED && !opens(frame));
}

/** What is left of the protocol's `follow`. */
function follow(connections: Connections, frame: Frame, row: Row): void {
  const { timeouts } = connections;
  const timeout = frame.protocol === PROTOCOL_UDP ? timeouts.udp : timeouts.tcp(TCP_ESTABLISHED);
  connections.table.rows.setTimeout(row, timeout);
}

function send(director: Director, frame: Frame, neighbor: Neighbor): void {
  addressTo(director, frame, neighbor);
  director.emit(frame, neighbor.ifindex);
}
