/** TCP. Mirrors net/netfilter/ipvs/ip_vs_proto_tcp.c; its states are tcp-states.ts. */

import type { Frame } from "../../wire/frame.ts";
import { PROTOCOL_TCP } from "../../wire/ipv4.ts";
import { RST, SYN, TCP_CHECKSUM, TCP_FLAGS, TCP_HEADER, tcpFlags } from "../../wire/tcp.ts";
import type { Row } from "../connection-rows.ts";
import type { DataPath } from "../data-path.ts";
import { patchChecksum } from "./internet-checksum.ts";
import { AT_ONCE, BY_COUNT, NEVER, type TransportProtocol } from "./protocol.ts";
import { directionOf, followedHeader, moveState, noteState } from "./states.ts";
import {
  EVENT_NAMES,
  isActiveTcpState,
  nextTcpState,
  TCP_CLOSE,
  TCP_CLOSE_WAIT,
  TCP_ESTABLISHED,
  TCP_FIN_WAIT,
  TCP_STATE_NAMES,
  TCP_SYN_RECV,
  TCP_SYNACK,
  TCP_TIME_WAIT,
  tcpEvent,
} from "./tcp-states.ts";

export const tcp: TransportProtocol = {
  number: PROTOCOL_TCP,
  name: "TCP",
  serviceOption: { long: "tcp-service", short: "t" },
  headerLength: TCP_HEADER,
  openingLength: TCP_HEADER,
  checksumOffset: TCP_CHECKSUM,
  zeroChecksum: 0,
  onePacket: false,
  stateNames: TCP_STATE_NAMES,

  mayOpen: (path, frame) => {
    const flags = tcpFlags(frame);
    const reset = (flags & RST) !== 0;
    const opens = ((flags & SYN) !== 0 || path.server.sysctl.sloppy_tcp !== 0) && !reset;
    if (!opens) path.trace?.add({ kind: "not-schedulable", why: reset ? "reset" : "no-syn" });
    return opens;
  },

  /** A SYN, whatever else it is. */
  beginsAnew: (frame) => frame.end - frame.transport >= TCP_HEADER && (tcpFlags(frame) & SYN) !== 0,

  isOver: (state, unanswered) =>
    state === TCP_TIME_WAIT || state === TCP_CLOSE || (unanswered && state === TCP_FIN_WAIT),

  isReset: (frame) => frame.end - frame.transport < TCP_HEADER || (tcpFlags(frame) & RST) !== 0,

  follow,

  droppable: (state) => {
    if (state === TCP_SYN_RECV || state === TCP_SYNACK) return "at once";
    return state === TCP_ESTABLISHED ? "when idle" : "never";
  },

  syncs: (state) => {
    if (state === TCP_ESTABLISHED) return BY_COUNT;
    const ends = state === TCP_FIN_WAIT || state === TCP_CLOSE || state === TCP_CLOSE_WAIT || state === TCP_TIME_WAIT;
    return ends ? AT_ONCE : NEVER;
  },
  timeout: (timeouts, state) => timeouts.tcp(state),

  repairChecksum: (frame, addresses, oldPort, newPort) =>
    patchChecksum(frame, frame.transport + TCP_CHECKSUM, addresses, oldPort, newPort, 0),

  finishEdit: () => undefined,
};

/** ip_vs_proto_tcp.c: set_tcp_state. A header that is truncated changes nothing. */
function follow(path: DataPath, frame: Frame, row: Row, way: number): void {
  const header = followedHeader(path, frame);
  if (frame.end - header < TCP_HEADER) return;
  const { connections, sysctl } = path.server;
  const direction = directionOf(path, row, way);
  const event = tcpEvent(frame.view.getUint8(header + TCP_FLAGS));
  const before = connections.table.rows.state(row);
  const after = nextTcpState(before, event, direction, sysctl.secure_tcp === 3);
  const timeout = connections.timeouts.tcp(after);
  moveState(path, row, before, after, isActiveTcpState(after), after === TCP_ESTABLISHED, timeout);
  if (path.trace === undefined) return;
  const [from = "", to = ""] = [TCP_STATE_NAMES[before], TCP_STATE_NAMES[after]];
  noteState(path, "TCP", direction, EVENT_NAMES[event] ?? "no flag", from, to, timeout);
}
