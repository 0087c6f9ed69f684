/** What a packet does to its connection's state and timeout. Mirrors ip_vs_set_state of net/netfilter/ipvs/ip_vs_core.c. */
import { HZ } from "../../time/timer-wheel.ts";
import type { Frame } from "../../wire/frame.ts";
import { TCP_FLAGS, TCP_HEADER } from "../../wire/tcp.ts";
import { NO_OUTPUT } from "../connection-rows.ts";
import type { DataPath } from "../data-path.ts";
import { SCTP, TCP } from "../service.ts";
import {
  nextSctpState,
  SCTP_ESTABLISHED,
  SCTP_EVENT_NAMES,
  SCTP_STATE_NAMES,
  sctpEvent,
  sctpTimeout,
} from "./sctp-states.ts";
import {
  DIRECTION_NAMES,
  EVENT_NAMES,
  INPUT_ONLY,
  isActiveTcpState,
  nextTcpState,
  OUTPUT,
  TCP_ESTABLISHED,
  TCP_STATE_NAMES,
  tcpEvent,
} from "./tcp-states.ts";

/** Moves the connection on. `transport` is the offset of the transport header, `direction` INPUT or OUTPUT. */
export function setState(path: DataPath, frame: Frame, row: number, transport: number, direction: number): void {
  const protocol = path.server.connections.table.rows.protocol(row);
  if (protocol === TCP) setTcpState(path, frame, row, transport, direction);
  else if (protocol === SCTP) setSctpState(path, frame, row, transport, direction);
  else setUdpState(path, row, direction);
}

/**
 * One state, one timeout; an answer assures the template (ip_vs_proto_udp.c: udp_state_transition).
 * @ipvs #Y udp "UDP has one state; every packet of either direction gives it its full timeout"
 */
function setUdpState(path: DataPath, row: number, direction: number): void {
  const { connections } = path.server;
  connections.table.rows.setTimeout(row, connections.timeouts.udp);
  if (direction === OUTPUT) connections.assureTemplate(row);
  if (path.trace !== undefined) note(path, "UDP", direction, "datagram", "UDP", "UDP", connections.timeouts.udp);
}

/**
 * ip_vs_proto_tcp.c: set_tcp_state. A header that is cut off changes nothing.
 * @ipvs #Y tcp "DR and TUN connections use the one-sided table until an answer is seen"
 */
function setTcpState(path: DataPath, frame: Frame, row: number, transport: number, way: number): void {
  if (frame.end - transport < TCP_HEADER) return;
  const { connections, sysctl } = path.server;
  const direction = directionOf(path, row, way);
  const event = tcpEvent(frame.view.getUint8(transport + TCP_FLAGS));
  const before = connections.table.rows.state(row);
  const after = nextTcpState(before, event, direction, sysctl.secure_tcp === 3);
  const timeout = connections.timeouts.tcp(after);
  move(path, row, before, after, isActiveTcpState(after), after === TCP_ESTABLISHED, timeout);
  if (path.trace === undefined) return;
  const [from = "", to = ""] = [TCP_STATE_NAMES[before], TCP_STATE_NAMES[after]];
  note(path, "TCP", direction, EVENT_NAMES[event] ?? "no flag", from, to, timeout);
}

/**
 * ip_vs_proto_sctp.c: set_sctp_state. A packet without a chunk changes nothing.
 * @ipvs #Y sctp "SCTP is followed by its first chunk, and counts as active in ESTABLISHED only"
 */
function setSctpState(path: DataPath, frame: Frame, row: number, transport: number, way: number): void {
  const event = sctpEvent(frame.view, transport, frame.end);
  if (event < 0) return;
  const direction = directionOf(path, row, way);
  const before = path.server.connections.table.rows.state(row);
  const after = nextSctpState(before, event, direction);
  const established = after === SCTP_ESTABLISHED;
  move(path, row, before, after, established, established, sctpTimeout(after));
  if (path.trace === undefined) return;
  const [from = "", to = ""] = [SCTP_STATE_NAMES[before], SCTP_STATE_NAMES[after]];
  note(path, "SCTP", direction, SCTP_EVENT_NAMES[event] ?? "", from, to, sctpTimeout(after));
}

/** The table that holds: an answer ends the one-sided view for good. */
function directionOf(path: DataPath, row: number, way: number): number {
  const { rows } = path.server.connections.table;
  const flags = rows.flags(row);
  if ((flags & NO_OUTPUT) === 0) return way;
  if (way !== OUTPUT) return INPUT_ONLY;
  rows.setFlags(row, flags & ~NO_OUTPUT);
  return OUTPUT;
}

function move(
  path: DataPath,
  row: number,
  before: number,
  after: number,
  active: boolean,
  assures: boolean,
  timeout: number,
): void {
  const { connections } = path.server;
  if (after !== before) {
    connections.table.rows.setState(row, after);
    connections.setActive(row, active);
    if (assures) connections.assureTemplate(row);
  }
  connections.table.rows.setTimeout(row, timeout);
}

function note(
  path: DataPath,
  protocol: string,
  direction: number,
  event: string,
  before: string,
  after: string,
  timeout: number,
): void {
  const timeoutSeconds = timeout / HZ;
  path.trace?.add({
    kind: "state",
    protocol,
    direction: DIRECTION_NAMES[direction] ?? "",
    event,
    before,
    after,
    timeoutSeconds,
  });
}
