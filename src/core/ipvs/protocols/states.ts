/** What a packet does to its connection's state and timeout. Mirrors ip_vs_set_state of net/netfilter/ipvs/ip_vs_core.c. */
import { HZ } from "../../time/timer-wheel.ts";
import type { Frame } from "../../wire/frame.ts";
import { TCP_FLAGS, TCP_HEADER } from "../../wire/tcp.ts";
import { NO_OUTPUT } from "../connection-rows.ts";
import type { DataPath } from "../data-path.ts";
import { TCP } from "../service.ts";
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
  if (path.server.connections.table.rows.protocol(row) === TCP) setTcpState(path, frame, row, transport, direction);
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
  if (path.trace !== undefined) {
    const timeoutSeconds = connections.timeouts.udp / HZ;
    const event = "datagram";
    path.trace.add({
      kind: "state",
      protocol: "UDP",
      direction: DIRECTION_NAMES[direction] ?? "",
      event,
      before: "UDP",
      after: "UDP",
      timeoutSeconds,
    });
  }
}

/**
 * ip_vs_proto_tcp.c: set_tcp_state. A header that is cut off changes nothing.
 * @ipvs #Y tcp "DR and TUN connections use the one-sided table until an answer is seen"
 */
function setTcpState(path: DataPath, frame: Frame, row: number, transport: number, way: number): void {
  if (frame.end - transport < TCP_HEADER) return;
  const { connections, sysctl } = path.server;
  const rows = connections.table.rows;
  let direction = way;
  const flags = rows.flags(row);
  if ((flags & NO_OUTPUT) !== 0) {
    if (way === OUTPUT) rows.setFlags(row, flags & ~NO_OUTPUT);
    else direction = INPUT_ONLY;
  }
  const event = tcpEvent(frame.view.getUint8(transport + TCP_FLAGS));
  const before = rows.state(row);
  const after = nextTcpState(before, event, direction, sysctl.secure_tcp === 3);
  if (after !== before) {
    rows.setState(row, after);
    connections.setActive(row, isActiveTcpState(after));
    if (after === TCP_ESTABLISHED) connections.assureTemplate(row);
  }
  rows.setTimeout(row, connections.timeouts.tcp(after));
  if (path.trace !== undefined) {
    path.trace.add({
      kind: "state",
      protocol: "TCP",
      direction: DIRECTION_NAMES[direction] ?? "",
      event: EVENT_NAMES[event] ?? "no flag",
      before: TCP_STATE_NAMES[before] ?? "",
      after: TCP_STATE_NAMES[after] ?? "",
      timeoutSeconds: connections.timeouts.tcp(after) / HZ,
    });
  }
}
