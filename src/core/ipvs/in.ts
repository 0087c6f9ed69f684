/**
 * A packet for the director's own addresses: of a known connection, of a new one, or none of IPVS's business.
 * Mirrors ip_vs_in_hook of net/netfilter/ipvs/ip_vs_core.c, at LOCAL_IN.
 */
import { ACCEPT, DROP, type Verdict } from "../trace/verdict.ts";
import { type Frame, TO_HOST } from "../wire/frame.ts";
import { isIcmp } from "../wire/network.ts";
import { destinationPort, isLaterFragment, PORTS, sourcePort } from "../wire/transport.ts";
import { isStillTracked, trackRequest } from "./apps/packets.ts";
import { NO_OUTPUT, NONE, type Row, refusalOf, refused, TRACKED } from "./connection-rows.ts";
import { countIn } from "./counting.ts";
import { type DataPath, LOCAL_IN } from "./data-path.ts";
import { followIn } from "./following.ts";
import { icmpIn } from "./icmp-in.ts";
import type { TransportProtocol } from "./protocols/protocol.ts";
import { followingProtocolOf, protocolOf } from "./protocols/protocols.ts";
import { INPUT } from "./protocols/states.ts";
import { scheduleIfMeant } from "./schedule.ts";
import { noteMethod, viewConnection } from "./views.ts";

/** ACCEPT, or how the packet ended. */
export function ipvsIn(path: DataPath, frame: Frame): Verdict {
  const { server } = path;
  if (frame.packetType !== TO_HOST || !server.services.hooks(frame.family) || server.sync.standsBy) return ACCEPT;
  if (isIcmp(frame)) return icmpIn(path, frame, LOCAL_IN);
  const protocol = protocolOf(frame.protocol);
  if (protocol === undefined) {
    const following = followingProtocolOf(frame.protocol);
    return following === undefined ? ACCEPT : followIn(path, frame, following);
  }
  if (isLaterFragment(frame)) return ACCEPT;

  const row = connectionOf(path, frame, protocol);
  if (row < 0) return refusalOf(row);
  // Counts, moves the state on, transmits, tells of it, restarts the timer: in this order, whatever comes of the transmission.
  const { connections } = server;
  countIn(path, connections.destinationOf(row), frame.end - frame.network);
  protocol.follow(path, frame, row, INPUT);
  if (path.trace !== undefined) noteMethod(path, row);
  const verdict = connections.methodOf(row).forward(path, frame, row);
  server.sync.count(row);
  connections.restartTimer(row);
  return verdict;
}

/** The packet's connection, old or new, or what becomes of it without one (`refused`). */
function connectionOf(path: DataPath, frame: Frame, protocol: TransportProtocol): Row {
  const { connections, sysctl } = path.server;
  const { rows } = connections.table;
  let row = findRequest(path, frame);
  if (row !== NONE && (rows.flags(row) & TRACKED) !== 0) trackRequest(path, frame, row);
  if (row !== NONE && protocol.beginsAnew(frame) && isToBeRescheduled(path, protocol, row)) {
    if (isStillTracked(rows, row)) return refused(DROP.stillTracked);
    row = NONE;
  }
  if (row !== NONE && connections.destinationOf(row)?.available === false) {
    if (sysctl.expire_nodest_conn === 0) return refused(DROP.destinationUnavailable);
    connections.expireNow(row);
    path.trace?.add({ kind: "reuse", why: "server-deleted" });
    if (isStillTracked(rows, row)) return refused(DROP.stillTracked);
    row = NONE;
  }
  return row === NONE ? scheduleIfMeant(path, frame, protocol) : row;
}

function findRequest(path: DataPath, frame: Frame): Row {
  if (frame.end - frame.transport < PORTS) return NONE;
  const row = path.server.connections.table.findRequest(
    frame.protocol,
    frame.source,
    sourcePort(frame),
    frame.destination,
    destinationPort(frame),
  );
  if (path.trace !== undefined) {
    path.trace.add(
      row === NONE
        ? { kind: "connection", found: "none" }
        : { kind: "connection", found: "request", connection: viewConnection(path, row) },
    );
  }
  return row;
}

/**
 * Whether a client that begins anew on a known connection starts a new one (ip_vs_in_hook, is_new_conn_expected). The old
 * entry expires with the next tick, unless it controls others. Where connection tracking has the old connection still, the packet is
 * dropped, and tracking forgets with the entry; but a connection that controls others goes on being used.
 * @ipvs #Y connections "conn_reuse_mode 0, 1, 2: a SYN on a finished connection is scheduled again"
 * @ipvs #Y connections "expire_nodest_conn: a SYN on a connection to a server of weight 0 is scheduled again"
 */
function isToBeRescheduled(path: DataPath, protocol: TransportProtocol, row: Row): boolean {
  const { connections, sysctl } = path.server;
  const { rows } = connections.table;
  const quiesced = sysctl.expire_nodest_conn !== 0 && connections.destinationOf(row)?.weight === 0;
  if (!quiesced && !isReuseExpected(path, protocol, row)) return false;
  if (!quiesced && rows.controlled(row) > 0 && isStillTracked(rows, row)) return false;
  path.trace?.add({ kind: "reuse", why: quiesced ? "quiesced" : "over" });
  if (rows.controlled(row) === 0) connections.expireNow(row);
  return true;
}

function isReuseExpected(path: DataPath, protocol: TransportProtocol, row: Row): boolean {
  const { rows } = path.server.connections.table;
  const mode = path.server.sysctl.conn_reuse_mode;
  if (mode === 0 || rows.control(row) !== NONE) return false;
  return protocol.isOver(rows.state(row), (mode & 2) !== 0 && (rows.flags(row) & NO_OUTPUT) !== 0);
}
