/**
 * FTP through NAT. The helper reads the control connection: PORT and EPRT tell where the client awaits the server's data
 * connection, 227 and 229 where the server awaits the client's. It makes the entry for the data connection beforehand, and
 * writes the virtual address over the server's in the reply. Mirrors net/netfilter/ipvs/ip_vs_ftp.c.
 */

import { ACCEPT, DROP, type Verdict } from "../../trace/verdict.ts";
import { AF_INET, type Family, formatIpv4 } from "../../wire/address.ts";
import { type AddressHandle, familyOf } from "../../wire/address-table.ts";
import { fold } from "../../wire/checksum.ts";
import type { Frame } from "../../wire/frame.ts";
import { PROTOCOL_TCP } from "../../wire/ipv4.ts";
import { replaceText } from "../../wire/replace-text.ts";
import { TCP_CHECKSUM, TCP_HEADER, TCP_SEQUENCE, tcpHeaderLength } from "../../wire/tcp.ts";
import { NO_CLIENT_PORT, NONE, type Row, TRACKED } from "../connection-rows.ts";
import type { DataPath } from "../data-path.ts";
import { TCP_ESTABLISHED, TCP_LISTEN } from "../protocols/tcp-states.ts";
import { addControl } from "../templates.ts";
import { viewConnection } from "../views.ts";
import type { App } from "./app.ts";
import { capitals, type Endpoint, EPRT, EXTENDED_REPLY, PASSIVE_REPLY, PORT, readEndpoint } from "./ftp-text.ts";

/** What the client asked for last: app_data. */
const ACTIVE = 0;
const PASSIVE = 1;
const EXTENDED_PASSIVE = 2;

/** Where a segment's text lies in the frame; `undefined` if it has none. */
interface Text {
  readonly at: number;
  readonly limit: number;
}

/**
 * @ipvs #Y helpers "ip_vs_ftp: PORT, EPRT, PASV and EPSV of masqueraded connections make the entry of the data connection"
 * @ipvs #Y helpers "ip_vs_ftp: a passive reply in one segment gets the virtual address; sent again, it keeps the server's"
 */
export const ftp: App = {
  name: "ftp",
  protocol: PROTOCOL_TCP,
  defaultPorts: [21],
  packetIn,
  packetOut,
};

function packetIn(path: DataPath, frame: Frame, row: Row): Verdict {
  const text = textOf(path, frame, row);
  if (text === undefined) return ACCEPT;
  const family = familyOf(frame.source);
  const mode = passiveMode(frame.bytes, text, family);
  if (mode !== undefined) {
    if (mode !== ACTIVE) remember(path, row, mode);
    return ACCEPT;
  }
  const { bytes } = frame;
  const { at, limit } = text;
  const inNumbers = family === AF_INET ? readEndpoint(bytes, at, limit, PORT, family) : undefined;
  const endpoint = inNumbers ?? readEndpoint(bytes, at, limit, EPRT, family);
  if (endpoint?.address === undefined) return ACCEPT;
  remember(path, row, ACTIVE);
  expectFromServer(path, frame, row, path.server.addresses.of(endpoint.address), endpoint.port);
  return ACCEPT;
}

/** The segment's text, if the connection is established (only then the helper reads). */
function textOf(path: DataPath, frame: Frame, row: Row): Text | undefined {
  if (path.server.connections.table.rows.state(row) !== TCP_ESTABLISHED) return undefined;
  const { view, transport: segment, end } = frame;
  const length = tcpHeaderLength(view, segment);
  if (length < TCP_HEADER || segment + length >= end) return undefined;
  return { at: segment + length, limit: end };
}

/** The mode that a PASV or EPSV anywhere in the text asks for; ACTIVE for an EPSV that is for another family; `undefined` if there is none. */
function passiveMode(bytes: Uint8Array, { at, limit }: Text, family: Family): number | undefined {
  for (let from = at; from + 6 <= limit; from++) {
    const word = capitals(bytes, from, 8, limit);
    if (family === AF_INET && word.startsWith("PASV\r\n")) return PASSIVE;
    if (!/^EPSV[ \r]/.test(word)) continue;
    const isForFamily = word.startsWith(family === AF_INET ? "EPSV 1\r" : "EPSV 2\r");
    return word[4] === "\r" || isForFamily ? EXTENDED_PASSIVE : ACTIVE;
  }
  return undefined;
}

function remember(path: DataPath, row: Row, mode: number): void {
  const extras = path.server.connections.table.rows.addExtras(row);
  extras.appState = mode;
  if (mode !== ACTIVE) path.trace?.add({ kind: "helper", helper: "ftp", what: "passive" });
}

/** The entry for a connection from the server's data port, one below its control port, to the endpoint that the client named. */
function expectFromServer(
  path: DataPath,
  frame: Frame,
  row: Row,
  clientAddress: AddressHandle,
  clientPort: number,
): void {
  const { connections } = path.server;
  const { rows } = connections.table;
  const virtualAddress = rows.virtualAddress(row);
  const virtualPort = (rows.virtualPort(row) - 1) & 0xffff;
  let data = connections.table.findRequest(PROTOCOL_TCP, clientAddress, clientPort, virtualAddress, virtualPort);
  if (data === NONE) {
    data = expect(path, frame, row, {
      clientAddress,
      clientPort,
      virtualPort,
      destinationAddress: rows.destinationAddress(row),
      destinationPort: (rows.destinationPort(row) - 1) & 0xffff,
      flags: 0,
    });
  }
  listen(path, data, "from-server");
}

function packetOut(path: DataPath, frame: Frame, row: Row): Verdict {
  const { rows } = path.server.connections.table;
  const mode = rows.extras(row)?.appState ?? ACTIVE;
  if (mode === ACTIVE) return ACCEPT;
  const text = textOf(path, frame, row);
  if (text === undefined) return ACCEPT;
  const form = mode === PASSIVE ? PASSIVE_REPLY : EXTENDED_REPLY;
  const endpoint = readEndpoint(frame.bytes, text.at, text.limit, form, familyOf(frame.source));
  if (endpoint === undefined) return ACCEPT;
  const data = expectFromClient(path, frame, row, endpoint);
  const verdict = rewriteReply(path, frame, row, endpoint, replyText(path, data, mode));
  remember(path, row, ACTIVE);
  listen(path, data, "from-client");
  return verdict;
}

/** The entry for a connection from the client, from a port that nobody knows yet, to the endpoint that the server named. */
function expectFromClient(path: DataPath, frame: Frame, row: Row, endpoint: Endpoint): number {
  const { table } = path.server.connections;
  const { rows } = table;
  const clientAddress = rows.clientAddress(row);
  const { address } = endpoint;
  const destinationAddress = address === undefined ? rows.destinationAddress(row) : path.server.addresses.of(address);
  const { port } = endpoint;
  const data = table.findAnswer(PROTOCOL_TCP, destinationAddress, port, clientAddress, 0);
  if (data !== NONE) return data;
  return expect(path, frame, row, {
    clientAddress,
    clientPort: 0,
    virtualPort: port,
    destinationAddress,
    destinationPort: port,
    flags: NO_CLIENT_PORT,
  });
}

interface DataEnds {
  readonly clientAddress: AddressHandle;
  readonly clientPort: number;
  readonly virtualPort: number;
  readonly destinationAddress: AddressHandle;
  readonly destinationPort: number;
  readonly flags: number;
}

/** A new entry that the control connection controls. */
function expect(path: DataPath, frame: Frame, control: number, ends: DataEnds): number {
  const { connections } = path.server;
  const { rows } = connections.table;
  const data = connections.create(
    {
      protocol: PROTOCOL_TCP,
      virtualAddress: rows.virtualAddress(control),
      fwmark: frame.mark,
      ...ends,
      flags: ends.flags | TRACKED,
    },
    connections.destinationOf(control),
  );
  connections.insert(data);
  addControl(rows, data, control);
  return data;
}

/** ip_vs_proto_tcp.c: ip_vs_tcp_conn_listen. */
function listen(path: DataPath, row: Row, what: "from-server" | "from-client"): void {
  const { connections } = path.server;
  connections.table.rows.setState(row, TCP_LISTEN);
  connections.table.rows.setTimeout(row, connections.timeouts.tcp(TCP_LISTEN));
  connections.restartTimer(row);
  path.trace?.add({ kind: "helper", helper: "ftp", what, connection: viewConnection(path, row) });
}

/** What the client is told instead: the data connection's virtual ends. */
function replyText(path: DataPath, data: number, mode: number): string {
  const { rows } = path.server.connections.table;
  const port = rows.virtualPort(data);
  if (mode === EXTENDED_PASSIVE) return `|||${port}|`;
  return `${formatIpv4(rows.virtualAddress(data)).replaceAll(".", ",")},${port >> 8},${port & 0xff}`;
}

/**
 * Puts the text in place of the endpoint. That is connection tracking's work (nf_nat_helper.c: nf_nat_mangle_tcp_packet),
 * which IPVS asks for when a masqueraded server is added to a service on port 21; without it the reply is dropped.
 */
function rewriteReply(path: DataPath, frame: Frame, row: Row, endpoint: Endpoint, text: string): number {
  const { rows } = path.server.connections.table;
  const { tracking, isTracked } = rows.addExtras(row);
  if (tracking === undefined || !isTracked) return DROP.helperUntracked;
  const sequence = frame.view.getUint32(frame.transport + TCP_SEQUENCE);
  const before = String.fromCharCode(...frame.bytes.subarray(endpoint.start, endpoint.end));
  replaceText(frame, endpoint.start, endpoint.end, text);
  leaveChecksum(path, frame);
  tracking.outShift.grow(sequence, text.length - (endpoint.end - endpoint.start));
  path.trace?.add({ kind: "rewritten", what: "endpoint in the reply", before, after: text });
  return ACCEPT;
}

/** The text is another: whoever sends the packet at last sums it up (nf_nat_proto.c: nf_nat_ipv4_csum_recalc). */
function leaveChecksum(path: DataPath, frame: Frame): void {
  const { addresses } = path.server;
  const length = frame.end - frame.transport;
  const sum = addresses.sum(frame.source) + addresses.sum(frame.destination) + PROTOCOL_TCP + length;
  frame.view.setUint16(frame.transport + TCP_CHECKSUM, fold(sum));
  frame.checksumStart = frame.transport - frame.start;
  frame.checksumOffset = TCP_CHECKSUM;
}
