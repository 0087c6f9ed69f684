/**
 * ICMP errors through FULLNAT: outer and quoted headers show each side the addresses it knows.
 * As iqiyi/dpvs ip_vs_core.c: __dp_vs_in_icmp4, __dp_vs_in_icmp6.
 */

import { ACCEPT, DROP, type Verdict } from "../../trace/verdict.ts";
import { AF_INET } from "../../wire/address.ts";
import { type AddressHandle, familyOf } from "../../wire/address-table.ts";
import type { Frame } from "../../wire/frame.ts";
import { ICMP_HEADER } from "../../wire/icmp.ts";
import { headerLength, IPV4_DESTINATION, IPV4_SOURCE, PROTOCOL_TCP } from "../../wire/ipv4.ts";
import { IPV6_DESTINATION, IPV6_SOURCE } from "../../wire/ipv6.ts";
import { finishIcmpv6, setDestination, setSource } from "../../wire/network.ts";
import { TCP_SEQUENCE } from "../../wire/tcp.ts";
import { PORTS } from "../../wire/transport.ts";
import type { Row } from "../connection-rows.ts";
import type { DataPath } from "../data-path.ts";
import { finishIcmp } from "./nat-icmp.ts";
import { errorBecomesIpv4, errorBecomesIpv6 } from "./nat64-icmp.ts";

/**
 * An error about an answer to the client, on to the real server.
 * @ipvs #Y fullnat "ICMPv6 errors in both directions, outer and quoted packet rewritten, whatever the kernel's release; a wrong checksum is a drop"
 */
export function forwardFullNatError(path: DataPath, frame: Frame, row: Row): Verdict {
  const { rows } = path.server.connections.table;
  const address = rows.destinationAddress(row);
  const route = path.host.routeTo(address);
  if (route === undefined || route.local) return DROP.noRouteToDestination;
  if (familyOf(address) !== frame.family && !changeFamily(path, frame)) return ACCEPT;
  const icmp = frame.transport;
  const inner = icmp + ICMP_HEADER;
  setSource(frame, path.server.addresses, rows.localAddress(row));
  setDestination(frame, path.server.addresses, address);
  quote(path, frame, inner, address, rows.destinationPort(row), rows.localAddress(row), rows.localPort(row));
  finish(path, frame, icmp, inner);
  frame.ignoreDontFragment = true;
  return path.host.output(frame, route, address, path.host.pathMtu(route, address));
}

/**
 * An error about a request to the real server, back to the client. It believes only errors about what it sent: the quoted
 * sequence number is its own again. differs: iqiyi/dpvs leaves the server's.
 */
export function translateFullNatError(path: DataPath, frame: Frame, row: Row): void {
  const { rows } = path.server.connections.table;
  if (familyOf(rows.clientAddress(row)) !== frame.family && !changeFamily(path, frame)) return;
  const icmp = frame.transport;
  const inner = icmp + ICMP_HEADER;
  setSource(frame, path.server.addresses, rows.virtualAddress(row));
  setDestination(frame, path.server.addresses, rows.clientAddress(row));
  const client = rows.clientAddress(row);
  quote(path, frame, inner, client, rows.clientPort(row), rows.virtualAddress(row), rows.virtualPort(row));
  const { view } = frame;
  const ports = quotedPorts(path, frame, inner);
  if (rows.protocol(row) === PROTOCOL_TCP && frame.end - ports >= TCP_SEQUENCE + 4) {
    view.setUint32(ports + TCP_SEQUENCE, view.getUint32(ports + TCP_SEQUENCE) - rows.sequenceDelta(row));
  }
  finish(path, frame, icmp, inner);
}

/**
 * NAT64; false if the error has no counterpart in the other family, and is left to the host.
 * @ipvs #Y fullnat "NAT64: ICMPv6 errors become ICMP errors and back, with the packet that they quote (RFC 7915); an MTU is 20 less or more; parameter problems end at the director"
 */
function changeFamily(path: DataPath, frame: Frame): boolean {
  const { quotedIpv6 } = path.scratch;
  if (frame.family !== AF_INET) return errorBecomesIpv4(frame, quotedIpv6, path.host.identification());
  return errorBecomesIpv6(frame) && quotedIpv6.read(frame, frame.transport + ICMP_HEADER, path.server.addresses);
}

function quote(
  path: DataPath,
  frame: Frame,
  inner: number,
  source: AddressHandle,
  sourcePort: number,
  destination: AddressHandle,
  port: number,
): void {
  const { view } = frame;
  const { addresses } = path.server;
  const isIpv4 = frame.family === AF_INET;
  const ports = quotedPorts(path, frame, inner);
  addresses.write(view, inner + (isIpv4 ? IPV4_SOURCE : IPV6_SOURCE), source);
  addresses.write(view, inner + (isIpv4 ? IPV4_DESTINATION : IPV6_DESTINATION), destination);
  view.setUint16(ports, sourcePort);
  view.setUint16(ports + 2, port);
}

/** Where the quoted packet's transport header stands. Of IPv6 the headers before it were read when its connection was looked up. */
const quotedPorts = (path: DataPath, { family, view }: Frame, inner: number): number =>
  family === AF_INET ? inner + headerLength(view, inner) : path.scratch.quotedIpv6.transport;

function finish(path: DataPath, frame: Frame, icmp: number, inner: number): void {
  if (frame.family === AF_INET) {
    finishIcmp(frame, icmp, inner);
    return;
  }
  frame.pull(path.scratch.quotedIpv6.transport + PORTS - frame.transport);
  finishIcmpv6(frame);
  frame.checksumStart = 0;
}
