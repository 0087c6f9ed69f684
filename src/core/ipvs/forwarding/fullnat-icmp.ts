/**
 * ICMP errors through FULLNAT: outer and quoted headers show each side the addresses it knows.
 * As iqiyi/dpvs ip_vs_core.c: __dp_vs_in_icmp4.
 */

import { DROP, type Verdict } from "../../trace/verdict.ts";
import type { Frame } from "../../wire/frame.ts";
import { headerLength, IPV4_DESTINATION, IPV4_SOURCE, PROTOCOL_TCP } from "../../wire/ipv4.ts";
import { setDestination, setSource } from "../../wire/network.ts";
import { TCP_SEQUENCE } from "../../wire/tcp.ts";
import type { Row } from "../connection-rows.ts";
import type { DataPath } from "../data-path.ts";
import { finishIcmp } from "./nat-icmp.ts";

/** An error about an answer to the client, on to the real server. */
export function forwardFullNatError(path: DataPath, frame: Frame, row: Row, icmp: number, inner: number): Verdict {
  const { rows } = path.server.connections.table;
  const address = rows.destinationAddress(row);
  const route = path.host.routeTo(address);
  if (route === undefined || route.local) return DROP.noRouteToDestination;
  setSource(frame, path.server.addresses, rows.localAddress(row));
  setDestination(frame, path.server.addresses, address);
  quote(frame, inner, address, rows.destinationPort(row), rows.localAddress(row), rows.localPort(row));
  finishIcmp(frame, icmp, inner);
  frame.ignoreDontFragment = true;
  return path.host.output(frame, route, address, path.host.pathMtu(route, address));
}

/**
 * An error about a request to the real server, back to the client. It believes only errors about what it sent: the quoted
 * sequence number is its own again. differs: iqiyi/dpvs leaves the server's.
 */
export function translateFullNatError(path: DataPath, frame: Frame, row: Row, icmp: number, inner: number): void {
  const { rows } = path.server.connections.table;
  const { view } = frame;
  setSource(frame, path.server.addresses, rows.virtualAddress(row));
  setDestination(frame, path.server.addresses, rows.clientAddress(row));
  quote(frame, inner, rows.clientAddress(row), rows.clientPort(row), rows.virtualAddress(row), rows.virtualPort(row));
  const ports = inner + headerLength(view, inner);
  if (rows.protocol(row) === PROTOCOL_TCP && frame.end - ports >= TCP_SEQUENCE + 4) {
    view.setUint32(ports + TCP_SEQUENCE, view.getUint32(ports + TCP_SEQUENCE) - rows.sequenceDelta(row));
  }
  finishIcmp(frame, icmp, inner);
}

function quote(
  frame: Frame,
  inner: number,
  source: number,
  sourcePort: number,
  destination: number,
  port: number,
): void {
  const { view } = frame;
  const ports = inner + headerLength(view, inner);
  view.setUint32(inner + IPV4_SOURCE, source);
  view.setUint32(inner + IPV4_DESTINATION, destination);
  view.setUint16(ports, sourcePort);
  view.setUint16(ports + 2, port);
}
