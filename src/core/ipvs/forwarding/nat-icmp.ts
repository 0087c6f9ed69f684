/**
 * ICMP errors through NAT: the quoted header is rewritten along with the outer one, and both sides see addresses they know.
 * Mirrors ip_vs_icmp_xmit and ip_vs_nat_icmp of net/netfilter/ipvs/ip_vs_xmit.c and ip_vs_core.c.
 */

import { ACCEPT, DROP, type Verdict } from "../../trace/verdict.ts";
import { formatIpv4 } from "../../wire/address.ts";
import { checksum } from "../../wire/checksum.ts";
import type { Frame } from "../../wire/frame.ts";
import { ICMP_CHECKSUM } from "../../wire/icmp.ts";
import { finishHeader, headerLength, IPV4_DESTINATION, IPV4_PROTOCOL, IPV4_SOURCE } from "../../wire/ipv4.ts";
import { setDestination, setSource } from "../../wire/network.ts";
import type { Row } from "../connection-rows.ts";
import type { DataPath } from "../data-path.ts";
import { protocolOf } from "../protocols/protocols.ts";
import { mtuToServer, type RouteMode, routeToServer } from "./route.ts";

/** Bytes of the quoted transport header that are written. */
const PORTS = 4;
const ICMP_ERROR: RouteMode = {
  tunnels: false,
  anySize: false,
  icmpError: true,
  mayBeLocal: true,
  namesNextHop: false,
};
const PASSING_ICMP_ERROR: RouteMode = {
  tunnels: false,
  anySize: false,
  icmpError: true,
  mayBeLocal: false,
  namesNextHop: false,
};

/** An error about an answer, to the server: outer destination and quoted source become the server's. */
export function forwardErrorToServer(
  path: DataPath,
  frame: Frame,
  row: Row,
  icmp: number,
  inner: number,
  passing: boolean,
): Verdict {
  const { connections } = path.server;
  const { rows } = connections.table;
  const address = rows.destinationAddress(row);
  const mode = passing ? PASSING_ICMP_ERROR : ICMP_ERROR;
  const route = routeToServer(path, frame, address, connections.destinationOf(row), mode);
  if (typeof route === "number") return route;
  if (route.local && address >>> 24 === 127) return DROP.loopbackDestination;
  const { view } = frame;
  if (path.trace !== undefined) note(path, "destination", frame.destination, address);
  if (path.trace !== undefined) note(path, "quoted source", view.getUint32(inner + IPV4_SOURCE), address);
  setDestination(frame, path.server.addresses, address);
  view.setUint32(inner + IPV4_SOURCE, address);
  if (hasPorts(view, inner)) view.setUint16(inner + headerLength(view, inner), rows.destinationPort(row));
  finishIcmp(frame, icmp, inner);
  frame.ignoreDontFragment = true;
  return route.local
    ? ACCEPT
    : path.host.output(frame, route, address, mtuToServer(path, route, address, connections.destinationOf(row)));
}

/** An error about a request, to the client: outer source and quoted destination become the virtual service's. */
export function translateErrorForClient(path: DataPath, frame: Frame, row: Row, icmp: number, inner: number): void {
  const { rows } = path.server.connections.table;
  const { view } = frame;
  const address = rows.virtualAddress(row);
  if (path.trace !== undefined) note(path, "source", frame.source, address);
  if (path.trace !== undefined) note(path, "quoted destination", view.getUint32(inner + IPV4_DESTINATION), address);
  setSource(frame, path.server.addresses, address);
  view.setUint32(inner + IPV4_DESTINATION, address);
  if (hasPorts(view, inner)) view.setUint16(inner + headerLength(view, inner) + 2, rows.virtualPort(row));
  finishIcmp(frame, icmp, inner);
}

/** AH and ESP have none (ip_vs_nat_icmp). */
const hasPorts = (view: DataView, inner: number): boolean =>
  protocolOf(view.getUint8(inner + IPV4_PROTOCOL)) !== undefined;

/**
 * Both IPv4 headers and the ICMP message get new checksums; the quoted transport checksum stays as it was.
 * @ipvs #Y icmp "The quoted transport checksum is never adjusted, the quoted header's is repaired even if it was wrong"
 */
export function finishIcmp(frame: Frame, icmp: number, inner: number): void {
  const { view } = frame;
  frame.pull(inner + headerLength(view, inner) + (hasPorts(view, inner) ? PORTS : 0) - icmp);
  finishHeader(view, frame.network);
  finishHeader(view, inner);
  view.setUint16(icmp + ICMP_CHECKSUM, 0);
  view.setUint16(icmp + ICMP_CHECKSUM, checksum(view, icmp, frame.end - icmp));
}

const note = (path: DataPath, what: string, before: number, after: number): void =>
  path.trace?.add({ kind: "rewritten", what, before: formatIpv4(before), after: formatIpv4(after) });
