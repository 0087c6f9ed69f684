/**
 * Packets of protocols without ports, which follow a connection of another protocol: found by their addresses alone,
 * sent the way of that connection, their bytes behind the IP header left alone.
 * Mirrors ip_vs_in_hook and ip_vs_out_hook of net/netfilter/ipvs/ip_vs_core.c where a protocol has no handlers.
 */
import { ACCEPT, DROP, type Verdict } from "../trace/verdict.ts";
import type { AddressHandle } from "../wire/address-table.ts";
import type { Frame } from "../wire/frame.ts";
import { ANSWERS_TO_LOCAL, NONE, type Row } from "./connection-rows.ts";
import { countIn, countOut } from "./counting.ts";
import { type DataPath, FORWARD } from "./data-path.ts";
import type { FollowingProtocol } from "./protocols/ah-esp.ts";
import { answerOf, noteMethod, viewConnection } from "./views.ts";

/**
 * A packet for the director's own addresses; ACCEPT, or how it ended.
 * @ipvs #Y connections "AH and ESP follow the client's UDP 500 connection, and give it its full timeout; without one they are not IPVS's"
 */
export function followIn(path: DataPath, frame: Frame, protocol: FollowingProtocol): Verdict {
  const { connections, sysctl } = path.server;
  const row = findFollowed(path, protocol, frame.source, frame.destination);
  if (row === NONE) {
    path.trace?.add({ kind: "connection", found: "none" });
    return ACCEPT;
  }
  path.trace?.add({ kind: "connection", found: "request", connection: viewConnection(path, row) });
  if (connections.destinationOf(row)?.available === false) {
    if (sysctl.expire_nodest_conn === 0) return DROP.destinationUnavailable;
    connections.expireNow(row);
    return ACCEPT;
  }
  countIn(path, connections.destinationOf(row), frame.end - frame.network);
  if (path.trace !== undefined) noteMethod(path, row);
  const verdict = connections.methodOf(row).forward(path, frame, row);
  path.server.sync.count(row);
  connections.restartTimer(row);
  return verdict;
}

/** A packet that may be a real server's; ACCEPT, REROUTE, or how it ended. */
export function followOut(path: DataPath, frame: Frame, protocol: FollowingProtocol, hook: number): Verdict {
  const { connections } = path.server;
  const row = findFollowedAnswer(path, protocol, frame.source, frame.destination);
  if (row === NONE) {
    if (hook === FORWARD) path.trace?.add({ kind: "connection", found: "no-answer" });
    return ACCEPT;
  }
  path.trace?.add({ kind: "connection", found: answerOf(frame), connection: viewConnection(path, row) });
  const verdict = connections.methodOf(row).translateAnswer(path, frame, row);
  if (verdict > ACCEPT) return verdict;
  countOut(path, connections.destinationOf(row), frame.end - frame.network);
  connections.restartTimer(row);
  return verdict;
}

/** The connection that a client's packet follows (ah_esp_conn_in_get). */
export function findFollowed(
  path: DataPath,
  { followed, port }: FollowingProtocol,
  client: AddressHandle,
  virtual: AddressHandle,
): Row {
  return unlessLocal(path, path.server.connections.table.findRequest(followed, client, port, virtual, port));
}

/** The connection that a real server's packet follows (ah_esp_conn_out_get). */
export function findFollowedAnswer(
  path: DataPath,
  { followed, port }: FollowingProtocol,
  server: AddressHandle,
  client: AddressHandle,
): Row {
  return unlessLocal(path, path.server.connections.table.findAnswer(followed, server, port, client, port));
}

/** A FULLNAT connection has a local port that is not the followed one: the server's side could not be told from others. */
function unlessLocal(path: DataPath, row: Row): Row {
  if (row === NONE) return NONE;
  return path.server.connections.methodOf(row).answers === ANSWERS_TO_LOCAL ? NONE : row;
}
