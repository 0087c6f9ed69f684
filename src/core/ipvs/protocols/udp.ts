/** UDP: one state, no beginning and no end. Mirrors net/netfilter/ipvs/ip_vs_proto_udp.c. */

import type { Frame } from "../../wire/frame.ts";
import { PROTOCOL_UDP } from "../../wire/ipv4.ts";
import { UDP_CHECKSUM, UDP_HEADER } from "../../wire/udp.ts";
import type { Row } from "../connection-rows.ts";
import type { DataPath } from "../data-path.ts";
import { assureTemplate } from "../templates.ts";
import { fullChecksum, patchChecksum } from "./internet-checksum.ts";
import { BY_COUNT, type TransportProtocol } from "./protocol.ts";
import { noteState, OUTPUT } from "./states.ts";

/** A checksum of 0 says that there is none (RFC 768): a computed 0 is sent as its other form. */
const ZERO = 0xffff;

export const udp: TransportProtocol = {
  number: PROTOCOL_UDP,
  name: "UDP",
  serviceOption: { long: "udp-service", short: "u" },
  headerLength: UDP_HEADER,
  openingLength: UDP_HEADER,
  checksumOffset: UDP_CHECKSUM,
  zeroChecksum: ZERO,
  onePacket: true,
  stateNames: ["UDP"],

  mayOpen: () => true,
  beginsAnew: () => false,
  isOver: () => false,
  isReset: () => false,
  follow,
  droppable: () => "when idle",
  syncs: () => BY_COUNT,
  timeout: (timeouts) => timeouts.udp,
  repairChecksum,
  finishEdit: () => undefined,
};

/**
 * One state, one timeout; an answer assures the template (udp_state_transition).
 * @ipvs #Y udp "UDP has one state; every packet of either direction gives it its full timeout"
 */
function follow(path: DataPath, _frame: Frame, row: Row, direction: number): void {
  const { connections } = path.server;
  connections.table.rows.setTimeout(row, connections.timeouts.udp);
  if (direction === OUTPUT) assureTemplate(connections.table.rows, row);
  if (path.trace !== undefined) noteState(path, "UDP", direction, "datagram", "UDP", "UDP", connections.timeouts.udp);
}

/** @ipvs #Y udp "A UDP checksum of 0 is not kept by NAT: a full one is made; a computed 0 is sent as ffff" */
function repairChecksum(frame: Frame, addresses: number, oldPort: number, newPort: number): void {
  const at = frame.transport + UDP_CHECKSUM;
  if (frame.checksumStart === 0 && frame.view.getUint16(at) === 0) {
    frame.view.setUint16(at, fullChecksum(frame) || ZERO);
    frame.checksumTrusted = true;
  } else {
    patchChecksum(frame, at, addresses, oldPort, newPort, ZERO);
  }
}
