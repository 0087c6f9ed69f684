/**
 * The fast path: a short path for a packet whose connection is known and established. It does what the walk (walk.ts) does to such a
 * packet and nothing else, and looks at everything before it writes anything: what is not as plain as it expects is left to
 * the walk, untouched.
 *
 *   isQuiet      nobody listens, no backup stands by ...
 *   Foresight -> isPlain: for this port, sound, no options, no fragment, UDP, or TCP with one of ACK and SYN and not FIN or RST
 *             -> the route (arrival.ts): for the host a client's, or a reply to the local address of a FULLNAT connection; else a reply
 *   takeEstablished
 *     request -> the connection -> established? -> the next hop to its real server (next-hops.ts)
 *                or none yet (fast-opening.ts)
 *     reply   -> the connection -> established? -> the route to its client
 *   and then, in the walk's order: counters, timeout, addresses and checksums (fast-rewriting.ts), the wire, the timer
 *
 * The walk is the truth: recordings and random traffic run on both, and must end the same.
 */

import {
  FORWARDING_MASK,
  NO_CLIENT_PORT,
  NO_OUTPUT,
  NONE,
  ONE_PACKET,
  type Row,
  TEMPLATE,
  TRACKED,
} from "../../ipvs/connection-rows.ts";
import { countIn, countOut } from "../../ipvs/counting.ts";
import type { Route } from "../../ipvs/data-path.ts";
import { TCP_ESTABLISHED } from "../../ipvs/protocols/tcp-states.ts";
import type { ConnectionRows } from "../../ipvs/table-rows.ts";
import { assureTemplate } from "../../ipvs/templates.ts";
import { SENT, type Verdict } from "../../trace/verdict.ts";
import { isLinkLocal } from "../../wire/address-scope.ts";
import { type AddressHandle, familyOf } from "../../wire/address-table.ts";
import type { Frame } from "../../wire/frame.ts";
import { PROTOCOL_UDP } from "../../wire/ipv4.ts";
import type { Director } from "../director.ts";
import type { Neighbor } from "../neighbors/neighbor.ts";
import { sendBy } from "../output.ts";
import { replyFits, requestFits, writeReply, writeRequest } from "./fast-rewriting.ts";
import { type Foresight, REPLY, REQUEST } from "./foresight.ts";
import { isConnected } from "./next-hops.ts";
import { NOT_TAKEN, opens } from "./plain-packet.ts";

/** The packet's connection is not known: perhaps it opens one (fast-opening.ts). Nothing of it was written. */
export const UNKNOWN = -4;

/**
 * Takes packets as `walk` does, as long as they are of established connections: of the frames that were seen, those from `place` on; `first` is
 * where the one at place 0 stands. The place of the first that was not taken, whose verdict `seen` has then, or `count`.
 */
export function takeEstablished(
  director: Director,
  frames: readonly Frame[],
  first: number,
  place: number,
  count: number,
  seen: Foresight,
): number {
  let next = place;
  for (; next < count; next++) {
    const frame = frames[first + next];
    const verdict = frame === undefined ? NOT_TAKEN : takeKnown(director, frame, seen, next);
    if (verdict !== SENT) {
      seen.verdict = verdict;
      break;
    }
  }
  if (next > place) director.countTaken(next - place);
  return next;
}

/** SENT, NOT_TAKEN or UNKNOWN. */
function takeKnown(director: Director, frame: Frame, seen: Foresight, place: number): Verdict {
  const route = seen.routes[place];
  if (route === undefined) return NOT_TAKEN;
  const kind = seen.kinds[place];
  const ports = seen.ports[place] ?? 0;
  let hash = seen.hashes[place] ?? 0;
  if (kind !== REQUEST) {
    const row = findAnswer(director, frame, kind, hash, ports);
    if (row !== NONE) return takeReply(director, frame, row, route);
    if (!route.local) return NOT_TAKEN;
    // The local address may be a virtual one, too.
    hash = director.server.connections.table.hash(frame.source, ports >>> 16, frame.protocol);
  }
  const row = findRequest(director, frame, hash, ports);
  return row === NONE ? UNKNOWN : takeRequest(director, frame, row);
}

/** The connection of a packet that was seen, for who is to be told of it; NONE if there is none. Not where FULLNAT is. */
export function knownConnection(director: Director, frame: Frame, seen: Foresight, place: number): Row {
  const kind = seen.kinds[place];
  const ports = seen.ports[place] ?? 0;
  const hash = seen.hashes[place] ?? 0;
  return kind === REQUEST ? findRequest(director, frame, hash, ports) : findAnswer(director, frame, kind, hash, ports);
}

/** Whether the director does with packets what stands here and no more. */
export function isQuiet({ path, server }: Director): boolean {
  const { sync, sysctl } = server;
  return path.trace === undefined && !sync.standsBy && sysctl.nat_icmp_send === 0;
}

/** Connections whose packets others look into, or whose state or name may change with any packet. */
const UNUSUAL = TRACKED | TEMPLATE | NO_CLIENT_PORT | ONE_PACKET;

/** A client's packet (ipvsIn). */
function takeRequest(director: Director, frame: Frame, row: Row): Verdict {
  const { connections, sync } = director.server;
  const { rows } = connections.table;
  const { timers } = connections;
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
  timers.prolong(row, frame.protocol === PROTOCOL_UDP ? timers.udp : timers.tcp);
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
  const { timers } = connections;
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
  timers.prolong(row, frame.protocol === PROTOCOL_UDP ? timers.udp : timers.tcp);
  if (frame.protocol === PROTOCOL_UDP) assureTemplate(rows, row);
  countOut(director.path, destination, frame.end - frame.network);
  writeReply(director, frame, row, method);
  sendBy(director, frame, neighbor);
  return SENT;
}

/** The next hop towards a client, if the packet fits its MTU as it is; a path MTU that was learnt is the walk's. */
function nextHopToClient(director: Director, frame: Frame, route: Route, client: AddressHandle): Neighbor | undefined {
  const { mtu } = route;
  if (route.local || frame.end - frame.network > mtu || director.ip.pathMtu(route, client) !== mtu) return undefined;
  const neighbor = director.neighborTowards(route, client);
  return neighbor !== undefined && isConnected(neighbor) ? neighbor : undefined;
}

function findRequest({ server }: Director, { protocol, source, destination }: Frame, hash: number, ports: number): Row {
  return server.connections.table.findRequestBy(hash, protocol, source, destination, ports);
}

function findAnswer({ server }: Director, frame: Frame, kind: number | undefined, hash: number, ports: number): Row {
  const { table } = server.connections;
  const { protocol, source, destination } = frame;
  return kind === REPLY
    ? table.findAnswerToClientBy(hash, protocol, source, destination, ports)
    : table.findAnswerBy(hash, protocol, source, destination, ports);
}

/**
 * Whether the packet leaves the connection's state as it is: by all tables of TCP (tcp-states.ts) a segment with ACK, and no flag that begins or
 * ends anything, does in ESTABLISHED; UDP has one state. Not where the row has one of the flags `but`.
 */
function isEstablished(frame: Frame, rows: ConnectionRows, row: Row, but: number): boolean {
  if ((rows.flags(row) & but) !== 0) return false;
  return frame.protocol === PROTOCOL_UDP || (rows.state(row) === TCP_ESTABLISHED && !opens(frame));
}
