/**
 * FULLNAT, back to the client: the real server's answer to a local address becomes the virtual service's to the client.
 * As alibaba/LVS and iqiyi/dpvs ip_vs_proto_tcp.c: tcp_fnat_out_handler.
 */

import { ACCEPT, DROP, REROUTE, type Verdict } from "../../trace/verdict.ts";
import { familyOf } from "../../wire/address-table.ts";
import type { Frame } from "../../wire/frame.ts";
import { finishHeaderChecksum } from "../../wire/network.ts";
import {
  ACK,
  OPTION_MSS,
  OPTION_SACK,
  SYN,
  TCP_ACKNOWLEDGEMENT,
  TCP_DESTINATION_PORT,
  TCP_SEQUENCE,
  TCP_SOURCE_PORT,
  tcpFlags,
} from "../../wire/tcp.ts";
import { findOption } from "../../wire/tcp-options.ts";
import type { Row } from "../connection-rows.ts";
import type { DataPath } from "../data-path.ts";
import { tellTooBig } from "../icmp-errors.ts";
import { protocolOf } from "../protocols/protocols.ts";
import { tcp } from "../protocols/tcp.ts";
import type { Edit } from "./edit.ts";
import { becomeIpv6 } from "./nat64.ts";
import { TOA_OFF, toaLength } from "./toa.ts";
import { isTooBig } from "./too-big.ts";

/**
 * REROUTE, because both ends are others now; or a drop.
 * @ipvs #Y fullnat "An answer too big for the path to the client, with DF: fragmentation needed, from the local address"
 */
export function translateFullNatAnswer(path: DataPath, frame: Frame, row: Row): Verdict {
  const { rows } = path.server.connections.table;
  const protocol = protocolOf(rows.protocol(row));
  if (protocol === undefined || frame.end - frame.transport < protocol.headerLength) return DROP.headerTruncated;
  const client = rows.clientAddress(row);
  const route = path.host.routeTo(client);
  const mtu = route === undefined ? 0 : path.host.pathMtu(route, client);
  if (familyOf(client) !== frame.family) {
    if (route === undefined) return DROP.noReroute;
    const refused = becomeIpv6(path, frame, mtu);
    if (refused !== ACCEPT) return refused;
  } else if (route !== undefined && isTooBig(frame, mtu)) {
    tellTooBig(path, frame, mtu);
    return DROP.tooBig;
  }
  const { transport } = frame;
  const { edit } = path.scratch;
  edit.begin(frame, protocol);
  if (protocol === tcp) editSegment(path, frame, row, edit);
  edit.source(rows.virtualAddress(row));
  edit.destination(client);
  edit.word16(transport + TCP_SOURCE_PORT, rows.virtualPort(row));
  edit.word16(transport + TCP_DESTINATION_PORT, rows.clientPort(row));
  protocol.finishEdit(frame);
  finishHeaderChecksum(frame);
  frame.ignoreDontFragment = true;
  if (path.trace !== undefined) note(path, row);
  return REROUTE;
}

/** @ipvs #Y fullnat "Acknowledgements and SACK blocks are shifted back; a SYN-ACK's MSS leaves room for the TOA option" */
function editSegment(path: DataPath, frame: Frame, row: Row, edit: Edit): void {
  const { connections, sysctl } = path.server;
  const { rows } = connections.table;
  const { view, transport: segment } = frame;
  const flags = tcpFlags(frame);
  const delta = rows.sequenceDelta(row);
  if ((flags & (SYN | ACK)) === (SYN | ACK)) {
    rows.setFirstData(row, (view.getUint32(segment + TCP_SEQUENCE) + 1) >>> 0);
    const toa = connections.destinationOf(row)?.service.toa ?? TOA_OFF;
    if (toa !== TOA_OFF && sysctl.fullnat_mss_adjust_entry !== 0)
      reduceMss(frame, segment, toaLength(rows.clientAddress(row)), edit);
  }
  if ((flags & ACK) !== 0) {
    edit.word32(segment + TCP_ACKNOWLEDGEMENT, (view.getInt32(segment + TCP_ACKNOWLEDGEMENT) - delta) | 0);
    shiftSack(frame, segment, delta, edit);
  }
}

/**
 * The client leaves as many bytes free in each segment as the option will take. differs: both forks let an MSS smaller
 * than the option wrap around; here it stays.
 */
function reduceMss(frame: Frame, segment: number, by: number, edit: Edit): void {
  const at = findOption(frame.view, segment, OPTION_MSS, frame.end);
  if (at < 0 || frame.view.getUint8(at + 1) !== 4) return;
  const size = frame.view.getUint16(at + 2);
  if (size >= by) editUnaligned16(edit, frame, segment, at + 2, size - by);
}

function shiftSack(frame: Frame, segment: number, delta: number, edit: Edit): void {
  const at = findOption(frame.view, segment, OPTION_SACK, frame.end);
  if (at < 0) return;
  const end = at + frame.view.getUint8(at + 1);
  for (let edge = at + 2; edge + 4 <= end; edge += 4) {
    const value = (frame.view.getUint32(edge) - delta) >>> 0;
    editUnaligned16(edit, frame, segment, edge, value >>> 16);
    editUnaligned16(edit, frame, segment, edge + 2, value & 0xffff);
  }
}

/** 16 bits that may straddle two words of the checksum. */
function editUnaligned16(edit: Edit, frame: Frame, segment: number, at: number, value: number): void {
  const { view } = frame;
  if (((at - segment) & 1) === 0) {
    edit.word16(at, value);
    return;
  }
  edit.word16(at - 1, (view.getUint8(at - 1) << 8) | (value >>> 8));
  edit.word16(at + 1, ((value & 0xff) << 8) | view.getUint8(at + 2));
}

function note({ server, shown, shared, trace }: DataPath, row: Row): void {
  const { rows } = server.connections.table;
  const [address, virtual] = [rows.destinationAddress(row), rows.virtualAddress(row)];
  const before = shown.endpoint(address, rows.destinationPort(row));
  const after = shown.endpoint(virtual, rows.virtualPort(row));
  trace?.add(shared.rewritten("source", before, after, address ^ virtual));
  trace?.add({
    kind: "rewritten",
    what: "destination",
    before: shown.endpoint(rows.localAddress(row), rows.localPort(row)),
    after: shown.endpoint(rows.clientAddress(row), rows.clientPort(row)),
  });
}
