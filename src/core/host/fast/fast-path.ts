/**
 * The fast path: a short path for a packet whose connection is known and established. It does what the walk (walk.ts) does to such a
 * packet and nothing else, and looks at everything before it writes anything: what is not as plain as it expects is left to
 * the walk, untouched.
 *
 *   isQuiet      nobody listens, no backup stands by ...
 *   look      -> isPlain: for this port, sound, no options, no fragment, UDP, or TCP with one of ACK and SYN and not FIN or RST
 *             -> the route
 *   takeFastPath
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
  ONE_PACKET,
  type Row,
  TEMPLATE,
  TRACKED,
} from "../../ipvs/connection-rows.ts";
import type { Connections } from "../../ipvs/connections.ts";
import { countIn, countOut, type Route } from "../../ipvs/data-path.ts";
import { TCP_ESTABLISHED } from "../../ipvs/protocols/tcp-states.ts";
import type { Ticks } from "../../time/kernel-ticks.ts";
import { SENT, type Verdict } from "../../trace/verdict.ts";
import { AF_INET } from "../../wire/address.ts";
import { isLinkLocal } from "../../wire/address-scope.ts";
import { type AddressHandle, familyOf } from "../../wire/address-table.ts";
import type { Frame } from "../../wire/frame.ts";
import { PROTOCOL_UDP } from "../../wire/ipv4.ts";
import { destinationPort, sourcePort } from "../../wire/transport.ts";
import type { Director } from "../director.ts";
import type { Neighbor } from "../neighbors/neighbor.ts";
import { sendBy } from "../output.ts";
import { isMartianSource } from "../source-validation.ts";
import { takeOpening } from "./fast-opening.ts";
import { replyFits, requestFits, writeReply, writeRequest } from "./fast-rewriting.ts";
import { isConnected } from "./next-hops.ts";
import { isPlain, NOT_TAKEN, opens } from "./plain-packet.ts";

/**
 * The route of a frame from the wire whose packet may take the fast path, as far as it can be told without its connection; `undefined` of any
 * other. The frame knows its headers then, and is unchanged but for what follows the packet. Only where `isQuiet`.
 */
export function look(director: Director, frame: Frame): Route | undefined {
  const device = director.interfaces[frame.ifindex];
  if (device === undefined || !isPlain(frame, device, director.addresses)) return undefined;
  if (!director.server.services.hooks(frame.family) || !isWelcome(director, frame)) return undefined;
  const route = director.routes.lookup(frame.destination, frame.ifindex);
  return route !== undefined && (route.local === true || mayPass(director, frame, route)) ? route : undefined;
}

/** The hash of the packet's client, for the look-up of its connection: a packet for the host comes from it, any other goes to it. */
export function clientHash({ server }: Director, frame: Frame, route: Route): number {
  const { table } = server.connections;
  return route.local === true
    ? table.hash(frame.source, sourcePort(frame), frame.protocol)
    : table.hash(frame.destination, destinationPort(frame), frame.protocol);
}

/** Takes a packet as `walk` does, by what `look` and `clientHash` found; how it ended, or NOT_TAKEN. */
export function takeFastPath(director: Director, frame: Frame, route: Route, hash: number): Verdict {
  if (route.local !== true) return takeReply(director, frame, findAnswer(director, frame, hash), route);
  const { connections } = director.server;
  if (connections.usesLocalAddresses) {
    const { protocol, source, destination } = frame;
    const row = connections.table.findAnswer(protocol, source, sourcePort(frame), destination, destinationPort(frame));
    if (row !== NONE) return takeReply(director, frame, row, route);
  }
  const row = findRequest(director, frame, hash);
  return row === NONE ? takeOpening(director, frame) : takeRequest(director, frame, row);
}

/** The connection that `takeFastPath` would find, for who is to be told of it; NONE if there is none. */
export function knownConnection(director: Director, frame: Frame, route: Route, hash: number): Row {
  return route.local ? findRequest(director, frame, hash) : findAnswer(director, frame, hash);
}

/** Whether the director does with packets what stands here and no more. */
export function isQuiet({ path, server }: Director): boolean {
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
const UNUSUAL = TRACKED | TEMPLATE | NO_CLIENT_PORT | ONE_PACKET;

/** A client's packet (ipvsIn). */
function takeRequest(director: Director, frame: Frame, row: Row): Verdict {
  const { connections, sync } = director.server;
  const { rows } = connections.table;
  if (!isEstablished(frame, rows, row, UNUSUAL)) return NOT_TAKEN;
  const destination = connections.destinationOf(row);
  if (destination?.available !== true) return NOT_TAKEN;
  if (rows.destinationAddress(row) !== destination.handle) return NOT_TAKEN;
  const method = rows.flags(row) & FORWARDING_MASK;
  const nextHop = director.nextHops.toServer(director, destination);
  if (nextHop === undefined || !requestFits(director, frame, row, method, nextHop)) return NOT_TAKEN;
  // From here on as ipvsIn; the row first, because V8 forgets what it knows with every byte that is written into a frame.
  const packets = (rows.inPackets(row) + 1) >>> 0;
  rows.setInPackets(row, packets);
  connections.prolong(row, timeoutOf(connections, frame));
  countIn(director.path, destination, frame.end - frame.network);
  writeRequest(director, frame, row, method, nextHop);
  sendBy(director, frame, nextHop.neighbor);
  sync.master?.tell(row, packets);
  return SENT;
}

/** A real server's packet to a client (forward, ipvsOut), or to the local address of a FULLNAT connection (passAnswers). `route` is how it was found. */
function takeReply(director: Director, frame: Frame, row: Row, route: Route): Verdict {
  const { connections } = director.server;
  const { rows } = connections.table;
  if (row === NONE || !isEstablished(frame, rows, row, UNUSUAL | NO_OUTPUT)) return NOT_TAKEN;
  const method = rows.flags(row) & FORWARDING_MASK;
  const destination = connections.destinationOf(row);
  if (destination?.available !== true || !replyFits(frame, method, route.local)) return NOT_TAKEN;
  const client = rows.clientAddress(row);
  // Which link a link-local address is on, the walk finds out.
  if (familyOf(client) !== frame.family || isLinkLocal(client, director.addresses)) return NOT_TAKEN;
  const onward = route.local ? director.routes.lookup(client) : route;
  const neighbor = onward && nextHopToClient(director, frame, onward, client);
  if (neighbor === undefined) return NOT_TAKEN;
  // From here on as ipvsOut, the row first again.
  connections.prolong(row, timeoutOf(connections, frame));
  if (frame.protocol === PROTOCOL_UDP) connections.assureTemplate(row);
  countOut(director.path, destination, frame.end - frame.network);
  writeReply(director, frame, row, method);
  sendBy(director, frame, neighbor);
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

function findRequest({ server }: Director, frame: Frame, hash: number): Row {
  const { protocol, source, destination } = frame;
  const { table } = server.connections;
  return table.findRequestBy(hash, protocol, source, sourcePort(frame), destination, destinationPort(frame));
}

function findAnswer({ server }: Director, frame: Frame, hash: number): Row {
  const { protocol, source, destination } = frame;
  const { table } = server.connections;
  return table.findAnswerBy(hash, protocol, source, sourcePort(frame), destination, destinationPort(frame));
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
const timeoutOf = ({ timeouts }: Connections, { protocol }: Frame): Ticks =>
  protocol === PROTOCOL_UDP ? timeouts.udp : timeouts.tcp(TCP_ESTABLISHED);
