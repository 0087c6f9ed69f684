/** SCTP. Mirrors net/netfilter/ipvs/ip_vs_proto_sctp.c; its states are sctp-states.ts. */

import type { Frame } from "../../wire/frame.ts";
import { PROTOCOL_SCTP } from "../../wire/ipv4.ts";
import { CHUNK_ABORT, CHUNK_INIT, finishSctp, firstChunk, SCTP_CHUNK_HEADER, SCTP_HEADER } from "../../wire/sctp.ts";
import type { Row } from "../connection-rows.ts";
import type { DataPath } from "../data-path.ts";
import { AT_ONCE, BY_COUNT, NEVER, type TransportProtocol } from "./protocol.ts";
import {
  nextSctpState,
  SCTP_CLOSED,
  SCTP_ESTABLISHED,
  SCTP_EVENT_NAMES,
  SCTP_INIT,
  SCTP_INIT1,
  SCTP_SHUTDOWN_ACK_SENT,
  SCTP_SHUTDOWN_SENT,
  SCTP_STATE_NAMES,
  sctpEvent,
  sctpTimeout,
} from "./sctp-states.ts";
import { directionOf, followedHeader, moveState, noteState } from "./states.ts";

export const sctp: TransportProtocol = {
  number: PROTOCOL_SCTP,
  name: "SCTP",
  serviceOption: { long: "sctp-service" },
  headerLength: SCTP_HEADER,
  openingLength: SCTP_HEADER + SCTP_CHUNK_HEADER,
  checksumOffset: -1,
  zeroChecksum: 0,
  onePacket: false,
  stateNames: SCTP_STATE_NAMES,

  /** @ipvs #Y sctp "Only an INIT opens an association, or with sloppy_sctp any chunk but ABORT" */
  mayOpen: (path, frame) => {
    const chunk = firstChunk(frame.view, frame.transport, frame.end);
    const opens = chunk === CHUNK_INIT || (path.server.sysctl.sloppy_sctp !== 0 && chunk !== CHUNK_ABORT);
    if (!opens) path.trace?.add({ kind: "not-schedulable", why: "no-init" });
    return opens;
  },

  beginsAnew: ({ view, transport, end }) => firstChunk(view, transport, end) === CHUNK_INIT,
  isOver: (state) => state === SCTP_CLOSED,
  isReset: ({ view, transport, end }) => firstChunk(view, transport, end) === CHUNK_ABORT,
  follow,

  droppable: (state) => {
    if (state === SCTP_INIT1 || state === SCTP_INIT) return "at once";
    return state === SCTP_ESTABLISHED ? "when idle" : "never";
  },

  syncs: (state) => {
    if (state === SCTP_ESTABLISHED) return BY_COUNT;
    const isShuttingDown = state >= SCTP_SHUTDOWN_SENT && state <= SCTP_SHUTDOWN_ACK_SENT;
    return isShuttingDown || state === SCTP_CLOSED ? AT_ONCE : NEVER;
  },
  timeout: (timeouts, state) => sctpTimeout(state, timeouts.hz),

  /** @ipvs #Y sctp "NAT makes the CRC32c again only if the port changes; else it stays, right or wrong" */
  repairChecksum: ({ view, transport, end }, _addresses, oldPort, newPort) => {
    if (oldPort !== newPort) finishSctp(view, transport, end);
  },

  finishEdit: ({ view, transport, end }) => finishSctp(view, transport, end),
};

/**
 * set_sctp_state. A packet without a chunk changes nothing.
 * @ipvs #Y sctp "SCTP is followed by its first chunk, and counts as active in ESTABLISHED only"
 */
function follow(path: DataPath, frame: Frame, row: Row, way: number): void {
  const event = sctpEvent(frame.view, followedHeader(path, frame), frame.end);
  if (event < 0) return;
  const direction = directionOf(path, row, way);
  const before = path.server.connections.table.rows.state(row);
  const after = nextSctpState(before, event, direction);
  const established = after === SCTP_ESTABLISHED;
  const timeout = sctpTimeout(after, path.server.ticks.hz);
  moveState(path, row, before, after, established, established, timeout);
  if (path.trace === undefined) return;
  const [from = "", to = ""] = [SCTP_STATE_NAMES[before], SCTP_STATE_NAMES[after]];
  noteState(path, "SCTP", direction, SCTP_EVENT_NAMES[event] ?? "", from, to, timeout);
}
