/**
 * ICMP errors through NAT: the quoted header is rewritten along with the outer one, and both sides see addresses they know.
 * Mirrors ip_vs_icmp_xmit and ip_vs_nat_icmp of net/netfilter/ipvs/ip_vs_xmit.c and ip_vs_core.c.
 */
import type { Rewritten } from "../../trace/events.ts";
import { ACCEPT, DROP, type Verdict } from "../../trace/verdict.ts";
import { AF_INET } from "../../wire/address.ts";
import { isLoopback } from "../../wire/address-scope.ts";
import type { AddressHandle } from "../../wire/address-table.ts";
import { checksum } from "../../wire/checksum.ts";
import type { Frame } from "../../wire/frame.ts";
import { ICMP_CHECKSUM } from "../../wire/icmp.ts";
import { finishHeader, headerLength, IPV4_DESTINATION, IPV4_PROTOCOL, IPV4_SOURCE } from "../../wire/ipv4.ts";
import { setDestination, setSource } from "../../wire/network.ts";
import type { Row } from "../connection-rows.ts";
import type { DataPath } from "../data-path.ts";
import { protocolOf } from "../protocols/protocols.ts";
import { quoteIpv6Destination, quoteIpv6Source } from "./nat-icmpv6.ts";
import { mtuToServer, routeMode, routeToServer } from "./route.ts";

/** Bytes of the quoted transport header that are written. */
const PORTS = 4;
const ICMP_ERROR = routeMode({ icmpError: true });
const PASSING_ICMP_ERROR = routeMode({ icmpError: true, mayBeLocal: false });

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
  if (route.local && isLoopback(address, path.server.addresses)) return DROP.loopbackDestination;
  if (path.trace !== undefined) note(path, "destination", frame.destination, address);
  setDestination(frame, path.server.addresses, address);
  if (frame.family === AF_INET) quoteSource(path, frame, icmp, inner, address, rows.destinationPort(row));
  else quoteIpv6Source(path, frame, inner, address, rows.destinationPort(row));
  frame.ignoreDontFragment = true;
  return route.local
    ? ACCEPT
    : path.host.output(frame, route, address, mtuToServer(path, route, address, connections.destinationOf(row)));
}

/** An error about a request, to the client: outer source and quoted destination become the virtual service's. */
export function translateErrorForClient(path: DataPath, frame: Frame, row: Row, icmp: number, inner: number): void {
  const { rows } = path.server.connections.table;
  const address = rows.virtualAddress(row);
  if (path.trace !== undefined) note(path, "source", frame.source, address);
  setSource(frame, path.server.addresses, address);
  if (frame.family === AF_INET) quoteDestination(path, frame, icmp, inner, address, rows.virtualPort(row));
  else quoteIpv6Destination(path, frame, inner, address, rows.virtualPort(row));
}

function quoteSource(
  path: DataPath,
  frame: Frame,
  icmp: number,
  inner: number,
  address: AddressHandle,
  port: number,
): void {
  const { view } = frame;
  if (path.trace !== undefined) note(path, "quoted source", quotedAddress(path, frame, inner + IPV4_SOURCE), address);
  view.setUint32(inner + IPV4_SOURCE, address);
  if (hasPorts(view, inner)) view.setUint16(inner + headerLength(view, inner), port);
  finishIcmp(frame, icmp, inner);
}

function quoteDestination(
  path: DataPath,
  frame: Frame,
  icmp: number,
  inner: number,
  address: AddressHandle,
  port: number,
): void {
  const { view } = frame;
  if (path.trace !== undefined)
    note(path, "quoted destination", quotedAddress(path, frame, inner + IPV4_DESTINATION), address);
  view.setUint32(inner + IPV4_DESTINATION, address);
  if (hasPorts(view, inner)) view.setUint16(inner + headerLength(view, inner) + 2, port);
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

const quotedAddress = (path: DataPath, frame: Frame, at: number): AddressHandle =>
  path.server.addresses.ofIpv4(frame.view.getInt32(at));

function note({ shown, trace }: DataPath, what: Rewritten, before: AddressHandle, after: AddressHandle): void {
  trace?.add({ kind: "rewritten", what, before: shown.text(before), after: shown.text(after) });
}
