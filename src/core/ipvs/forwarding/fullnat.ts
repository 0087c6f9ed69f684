/**
 * FULLNAT, towards the real server: the client's address and port become a local address's of the director, the virtual
 * ones the real server's. The server needs no route to the client: it answers the director.
 * As alibaba/LVS ip_vs_xmit.c and ip_vs_proto_tcp.c (tcp_fnat_in_handler), and iqiyi/dpvs ip_vs_proto_tcp.c.
 */
import { ACCEPT, DROP, type Verdict } from "../../trace/verdict.ts";
import { AF_INET, AF_INET6 } from "../../wire/address.ts";
import { familyOf } from "../../wire/address-table.ts";
import type { Frame } from "../../wire/frame.ts";
import { finishHeaderChecksum } from "../../wire/network.ts";
import {
  ACK,
  OPTION_NOP,
  OPTION_TIMESTAMP,
  SYN,
  TCP_DESTINATION_PORT,
  TCP_FLAGS,
  TCP_SEQUENCE,
  TCP_SOURCE_PORT,
} from "../../wire/tcp.ts";
import { findOption } from "../../wire/tcp-options.ts";
import { ANSWERS_TO_LOCAL, type Row } from "../connection-rows.ts";
import type { DataPath } from "../data-path.ts";
import { tellHostUnreachable, tellTooBig } from "../icmp-errors.ts";
import { protocolOf } from "../protocols/protocols.ts";
import { tcp } from "../protocols/tcp.ts";
import type { Edit } from "./edit.ts";
import { translateFullNatAnswer } from "./fullnat-answer.ts";
import { forwardFullNatError, translateFullNatError } from "./fullnat-icmp.ts";
import { bindLocalAddress } from "./local-ports.ts";
import type { ForwardingMethod } from "./method.ts";
import { becomeIpv4 } from "./nat64.ts";
import { carriesToa, hasRoomForToa, insertToa, TOA_OFF, toaLength } from "./toa.ts";
import { isTooBig } from "./too-big.ts";

/** Two no-operations in 16 bits. */
const NOPS = (OPTION_NOP << 8) | OPTION_NOP;
const TIMESTAMP_LENGTH = 10;

/** Numbered as in alibaba/LVS and DPVS. */
export const fullnat = {
  number: 5,
  name: "FullNat",
  word: "fullnat",
  option: { long: "fullnat", short: "b" },
  standard: false,
  tunnels: false,
  takesServer: (client, server) => client === server || (client === AF_INET6 && server === AF_INET),
  keepsPort: false,
  translates: true,
  answers: ANSWERS_TO_LOCAL,
  open: bindLocalAddress,
  forward: translateRequest,
  forwardError: forwardFullNatError,
  translateAnswer: translateFullNatAnswer,
  translateError: translateFullNatError,
} as const satisfies ForwardingMethod;

/**
 * @ipvs #Y fullnat "Both addresses and both ports change in both directions; TTL stays, as in both forks"
 * @ipvs #Y fullnat "IPv6: as in IPv4; TOA takes 20 bytes under the same kind, as in DPVS; a too big packet earns packet too big"
 * @ipvs #N[alibaba/LVS and DPVS send resets to both sides of an expired connection] fullnat "Reset at expiry"
 * @ipvs #N[DPVS only] fullnat "UOA, the client's address in UDP packets; SYNPROXY; PROXY protocol"
 */
function translateRequest(path: DataPath, frame: Frame, row: Row): Verdict {
  const { connections } = path.server;
  const { rows } = connections.table;
  const address = rows.destinationAddress(row);
  const protocol = protocolOf(rows.protocol(row));
  if (protocol === undefined || frame.end - frame.transport < protocol.headerLength) return DROP.headerTruncated;
  const route = path.host.routeTo(address);
  if (route === undefined) {
    tellHostUnreachable(path, frame);
    return DROP.noRouteToDestination;
  }
  if (route.local) return DROP.localDestination;
  const mtu = path.host.pathMtu(route, address);
  if (familyOf(address) !== frame.family) {
    const refused = becomeIpv4(path, frame, mtu);
    if (refused !== ACCEPT) return refused;
  } else if (isTooBig(frame, mtu)) {
    tellTooBig(path, frame, mtu);
    return DROP.tooBig;
  }
  if (path.trace !== undefined) note(path, frame, row);
  const { edit } = path.scratch;
  edit.begin(frame, protocol);
  if (protocol === tcp) editSegment(path, frame, row, mtu, edit);
  edit.source(rows.localAddress(row));
  edit.destination(address);
  edit.word16(frame.transport + TCP_SOURCE_PORT, rows.localPort(row));
  edit.word16(frame.transport + TCP_DESTINATION_PORT, rows.destinationPort(row));
  protocol.finishEdit(frame);
  finishHeaderChecksum(frame);
  frame.ignoreDontFragment = true;
  return path.host.output(frame, route, address, path.host.pathMtu(route, address));
}

/** What only TCP needs. An inserted option moves the segment. */
function editSegment(path: DataPath, frame: Frame, row: Row, mtu: number, edit: Edit): void {
  const { connections, sysctl } = path.server;
  const { rows } = connections.table;
  const { view, transport: segment } = frame;
  const opens = (view.getUint8(segment + TCP_FLAGS) & (SYN | ACK)) === SYN;
  if (opens) {
    if (sysctl.fullnat_timestamp_remove_entry !== 0) removeTimestamp(frame, segment, edit);
    chooseSequence(path, row, view.getUint32(segment + TCP_SEQUENCE));
  }
  edit.word32(segment + TCP_SEQUENCE, (view.getInt32(segment + TCP_SEQUENCE) + rows.sequenceDelta(row)) | 0);
  const mode = connections.destinationOf(row)?.service.toa ?? TOA_OFF;
  if (!carriesToa(mode, view, segment, rows.firstData(row))) return;
  const client = rows.clientAddress(row);
  const port = rows.clientPort(row);
  const fits = hasRoomForToa(frame, segment, mtu, toaLength(client));
  path.trace?.add({
    kind: "rewritten",
    what: "TOA option",
    before: "",
    after: fits ? path.shown.endpoint(client, port) : "",
  });
  if (fits) insertToa(frame, path.server.addresses, client, port, edit);
}

/** Many clients share a local address: their clocks would fail the server's test for old duplicates (PAWS, RFC 7323). */
function removeTimestamp(frame: Frame, segment: number, edit: Edit): void {
  const at = findOption(frame.view, segment, OPTION_TIMESTAMP, frame.end);
  if (at < 0 || frame.view.getUint8(at + 1) !== TIMESTAMP_LENGTH) return;
  // An option may begin at an odd byte: the words around it are edited, never half of one.
  const odd = (at - segment) & 1;
  const { view } = frame;
  for (let word = at - odd; word < at + TIMESTAMP_LENGTH; word += 2) {
    const high = word < at ? view.getUint8(word) : OPTION_NOP;
    const low = word + 1 < at + TIMESTAMP_LENGTH ? OPTION_NOP : view.getUint8(word + 1);
    edit.word16(word, word >= at && word + 1 < at + TIMESTAMP_LENGTH ? NOPS : (high << 8) | low);
  }
}

/**
 * The server sees a sequence number of the director's choice, so that a local port used again looks like a new
 * connection (RFC 6528: a hash of the ends plus a clock of 4 µs). A SYN that is sent again keeps it.
 */
function chooseSequence(path: DataPath, row: Row, sequence: number): void {
  const { rows } = path.server.connections.table;
  if (rows.sequenceDelta(row) !== 0) return;
  const { addresses } = path.server;
  let hash = Math.imul(
    addresses.fold(rows.localAddress(row)) ^ Math.imul(addresses.fold(rows.destinationAddress(row)), 0x9e3779b1),
    0x85ebca6b,
  );
  hash = Math.imul(hash ^ (rows.localPort(row) << 16) ^ rows.destinationPort(row) ^ (hash >>> 15), 0xc2b2ae35);
  // Whole microseconds: a transcript has no others, and its sums of seconds may be a hair below them.
  const chosen = (hash ^ (hash >>> 13)) + Math.floor(Math.round(path.server.now) / 4);
  rows.setSequenceDelta(row, (chosen - sequence) >>> 0 || 1);
}

function note({ server, shown, shared, trace }: DataPath, frame: Frame, row: Row): void {
  const { rows } = server.connections.table;
  const address = rows.destinationAddress(row);
  trace?.add({
    kind: "rewritten",
    what: "source",
    before: shown.endpoint(frame.source, rows.clientPort(row)),
    after: shown.endpoint(rows.localAddress(row), rows.localPort(row)),
  });
  const before = shown.endpoint(frame.destination, rows.virtualPort(row));
  const after = shown.endpoint(address, rows.destinationPort(row));
  trace?.add(shared.rewritten("destination", before, after, frame.destination ^ address));
}
