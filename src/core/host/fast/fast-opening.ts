/**
 * The fast path of a plain packet for the host that belongs to no connection: mostly the first one of a client. The host has nothing to ask
 * that was not asked (fast-path.ts); services, schedulers and the table of connections are the walk's own, and so is the end of whatever
 * opens no connection. Only the way to the real server is short, where the next hop is remembered.
 */
import { FORWARDING_MASK, NO_CLIENT_PORT, type Row, refusalOf, TRACKED } from "../../ipvs/connection-rows.ts";
import { countIn } from "../../ipvs/counting.ts";
import { fullnat } from "../../ipvs/forwarding/fullnat.ts";
import { protocolOf } from "../../ipvs/protocols/protocols.ts";
import { INPUT } from "../../ipvs/protocols/states.ts";
import { scheduleIfMeant } from "../../ipvs/schedule.ts";
import { ACCEPT, SENT, type Verdict } from "../../trace/verdict.ts";
import { AF_INET } from "../../wire/address.ts";
import { type Frame, TO_HOST } from "../../wire/frame.ts";
import type { Director } from "../director.ts";
import { deliverToHost } from "../host-stack.ts";
import { deliverIpv6ToHost } from "../host-stack-ipv6.ts";
import { UNREADABLE } from "../marks.ts";
import { sendBy } from "../output.ts";
import { requestFits, writeRequest } from "./fast-rewriting.ts";
import { NOT_TAKEN } from "./plain-packet.ts";

/** How the packet ended; NOT_TAKEN only as long as nothing was written (walkIpv4 or walkIpv6, deliver, ipvsIn). */
export function takeOpening(director: Director, frame: Frame): Verdict {
  const { path, server } = director;
  const { connections, sync } = server;
  const mark = director.marks.of(frame);
  if (mark === UNREADABLE) return NOT_TAKEN;
  frame.mark = mark;
  frame.packetType = TO_HOST;
  frame.routedLocally = true;
  const protocol = protocolOf(frame.protocol);
  if (protocol === undefined) return end(director, frame, ACCEPT);
  const row = scheduleIfMeant(path, frame, protocol);
  if (row < 0) return end(director, frame, refusalOf(row));
  countIn(path, connections.destinationOf(row), frame.end - frame.network);
  protocol.follow(path, frame, row, INPUT);
  const verdict = sendToServer(director, frame, row) ? SENT : connections.methodOf(row).forward(path, frame, row);
  sync.count(row);
  connections.restartTimer(row);
  return end(director, frame, verdict);
}

/** What IPVS lets pass is the host's own. */
function end(director: Director, frame: Frame, verdict: Verdict): Verdict {
  if (verdict !== ACCEPT) return verdict;
  return frame.family === AF_INET ? deliverToHost(director, frame) : deliverIpv6ToHost(director, frame);
}

/** Whether the packet went to a next hop that is remembered; if not, nothing of it was written. FULLNAT has more to do with a first packet. */
function sendToServer(director: Director, frame: Frame, row: Row): boolean {
  const { connections } = director.server;
  const { rows } = connections.table;
  const flags = rows.flags(row);
  const method = flags & FORWARDING_MASK;
  const destination = connections.destinationOf(row);
  if (destination === undefined || (flags & (TRACKED | NO_CLIENT_PORT)) !== 0 || method === fullnat.number)
    return false;
  if (rows.destinationAddress(row) !== destination.handle) return false;
  const nextHop = director.nextHops.toServer(director, destination);
  if (nextHop === undefined || !requestFits(director, frame, row, method, nextHop)) return false;
  writeRequest(director, frame, row, method, nextHop);
  sendBy(director, frame, nextHop.neighbor);
  return true;
}
