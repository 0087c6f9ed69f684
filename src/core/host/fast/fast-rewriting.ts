/**
 * What the fast path writes into a packet, by forwarding method: the same bytes as the method's `forward` and `translateAnswer`
 * (ipvs/forwarding), by sums that are patched where those make them anew. A method that does not stand here takes the walk.
 *
 *   fits    looks only: whether the packet can go to this next hop as it is
 *   write   changes the packet, all but its Ethernet header
 */
import type { Row } from "../../ipvs/connection-rows.ts";
import { ROUTE_SHARED, ROUTE_UNKNOWN } from "../../ipvs/destination.ts";
import { dr } from "../../ipvs/forwarding/direct.ts";
import { fullnat } from "../../ipvs/forwarding/fullnat.ts";
import { nat } from "../../ipvs/forwarding/nat.ts";
import { roomInTunnel } from "../../ipvs/forwarding/route.ts";
import { carriesToa, TOA_OFF } from "../../ipvs/forwarding/toa.ts";
import { encapsulate, tun } from "../../ipvs/forwarding/tunnel.ts";
import { AF_INET } from "../../wire/address.ts";
import { familyOf, NO_ADDRESS } from "../../wire/address-table.ts";
import { difference16, difference32, fold, updated } from "../../wire/checksum.ts";
import type { Frame } from "../../wire/frame.ts";
import { IPV4_CHECKSUM, PROTOCOL_TCP, PROTOCOL_UDP, passOn } from "../../wire/ipv4.ts";
import { decrementHopLimit, setDestination, setSource } from "../../wire/network.ts";
import { OPTION_SACK, TCP_ACKNOWLEDGEMENT, TCP_CHECKSUM, TCP_SEQUENCE } from "../../wire/tcp.ts";
import { findOption } from "../../wire/tcp-options.ts";
import { setDestinationPort, setSourcePort } from "../../wire/transport.ts";
import { UDP_CHECKSUM } from "../../wire/udp.ts";
import type { Director } from "../director.ts";
import type { NextHop } from "./next-hops.ts";

export interface RequestRewriting {
  fits(director: Director, frame: Frame, row: Row, nextHop: NextHop): boolean;
  write(director: Director, frame: Frame, row: Row, nextHop: NextHop): void;
}

export interface ReplyRewriting {
  /** Replies come to an address of the host itself; then they get the client for their destination. */
  readonly toHost: boolean;
  fits(director: Director, frame: Frame, row: Row): boolean;
  write(director: Director, frame: Frame, row: Row): void;
}

const lengthOf = (frame: Frame): number => frame.end - frame.network;

/** A UDP packet without a checksum: NAT makes one, FULLNAT leaves it out. */
const lacksChecksum = ({ view, protocol, transport, checksumStart }: Frame): boolean =>
  protocol === PROTOCOL_UDP && checksumStart === 0 && view.getUint16(transport + UDP_CHECKSUM) === 0;

/** Whether the real server is remembered with this nextHop, as `routeToServer` does it. */
const isRemembered = ({ destination, route }: NextHop): boolean =>
  destination.routeKind !== ROUTE_UNKNOWN && destination.routeMtu === route.mtu;

/** `addresses` is what changed of the pseudo header, `others` what else: both as differences (patchChecksum). */
function patchTransport(frame: Frame, addresses: number, others: number): void {
  const { view, protocol, transport, checksumStart } = frame;
  const isUdp = protocol === PROTOCOL_UDP;
  const at = transport + (isUdp ? UDP_CHECKSUM : TCP_CHECKSUM);
  const check = view.getUint16(at);
  if (checksumStart !== 0) view.setUint16(at, fold(check + addresses));
  else view.setUint16(at, updated(check, addresses + others) || (isUdp ? 0xffff : 0));
}

/** The network header of a packet that goes on: one hop less; of IPv4 also the checksum, by that and by what else changed. */
function passHop(frame: Frame, difference: number): void {
  if (frame.family === AF_INET) passOn(frame, difference);
  else decrementHopLimit(frame);
}

/** The IPv4 header's checksum, by what changed in the header. */
function patchHeader({ view, network, family }: Frame, difference: number): void {
  if (family !== AF_INET) return;
  view.setUint16(network + IPV4_CHECKSUM, updated(view.getUint16(network + IPV4_CHECKSUM), difference));
}

const natRequest: RequestRewriting = {
  fits: (_director, frame, _row, nextHop) =>
    isRemembered(nextHop) && lengthOf(frame) <= nextHop.route.mtu && !lacksChecksum(frame),
  write({ addresses, server }, frame, row) {
    const { rows } = server.connections.table;
    const address = rows.destinationAddress(row);
    const port = rows.destinationPort(row);
    const change = addresses.difference(frame.destination, address);
    passHop(frame, change);
    patchTransport(frame, change, difference16(rows.virtualPort(row), port));
    setDestination(frame, addresses, address);
    setDestinationPort(frame, port);
  },
};

const natReply: ReplyRewriting = {
  toHost: false,
  fits: (_director, frame) => !lacksChecksum(frame),
  write({ addresses, server }, frame, row) {
    const { rows } = server.connections.table;
    const address = rows.virtualAddress(row);
    const port = rows.virtualPort(row);
    const change = addresses.difference(frame.source, address);
    passHop(frame, change);
    patchTransport(frame, change, difference16(rows.destinationPort(row), port));
    setSource(frame, addresses, address);
    setSourcePort(frame, port);
  },
};

const drRequest: RequestRewriting = {
  // Where a shared route names no next hop, the virtual address is asked for (nextHopFor).
  fits: (_director, frame, _row, nextHop) =>
    isRemembered(nextHop) &&
    lengthOf(frame) <= nextHop.route.mtu &&
    (nextHop.route.gateway !== NO_ADDRESS || nextHop.destination.routeKind !== ROUTE_SHARED),
  write: (_director, frame) => passHop(frame, 0),
};

const tunRequest: RequestRewriting = {
  fits: (_director, frame, _row, nextHop) =>
    isRemembered(nextHop) &&
    lengthOf(frame) <= roomInTunnel(nextHop.route.mtu, nextHop.destination.handle, nextHop.destination),
  write(director, frame, _row, { route, destination }) {
    passHop(frame, 0);
    encapsulate(director.path, frame, director.sourceTo(route, destination.handle), destination, destination.handle);
  },
};

const fullnatRequest: RequestRewriting = {
  fits({ server }, frame, row, nextHop) {
    if (lengthOf(frame) > nextHop.route.mtu || lacksChecksum(frame)) return false;
    if (familyOf(nextHop.destination.handle) !== frame.family) return false;
    const { toa } = nextHop.destination.service;
    return (
      toa === TOA_OFF ||
      frame.protocol !== PROTOCOL_TCP ||
      !carriesToa(toa, frame.view, frame.transport, server.connections.table.rows.firstData(row))
    );
  },
  write({ addresses, server }, frame, row) {
    const { rows } = server.connections.table;
    const local = rows.localAddress(row);
    const address = rows.destinationAddress(row);
    const localPort = rows.localPort(row);
    const port = rows.destinationPort(row);
    const change = addresses.difference(frame.source, local) + addresses.difference(frame.destination, address);
    const ports = difference16(rows.clientPort(row), localPort) + difference16(rows.virtualPort(row), port);
    const shift = frame.protocol === PROTOCOL_TCP ? addTo(frame, TCP_SEQUENCE, rows.sequenceDelta(row)) : 0;
    patchHeader(frame, change);
    patchTransport(frame, change, ports + shift);
    setSource(frame, addresses, local);
    setDestination(frame, addresses, address);
    setSourcePort(frame, localPort);
    setDestinationPort(frame, port);
  },
};

const fullnatReply: ReplyRewriting = {
  toHost: true,
  fits: (_director, frame) =>
    !lacksChecksum(frame) &&
    (frame.protocol !== PROTOCOL_TCP || findOption(frame.view, frame.transport, OPTION_SACK, frame.end) < 0),
  write({ addresses, server }, frame, row) {
    const { rows } = server.connections.table;
    const client = rows.clientAddress(row);
    const address = rows.virtualAddress(row);
    const clientPort = rows.clientPort(row);
    const port = rows.virtualPort(row);
    const change = addresses.difference(frame.source, address) + addresses.difference(frame.destination, client);
    const ports = difference16(rows.destinationPort(row), port) + difference16(rows.localPort(row), clientPort);
    const shift = frame.protocol === PROTOCOL_TCP ? addTo(frame, TCP_ACKNOWLEDGEMENT, -rows.sequenceDelta(row)) : 0;
    patchHeader(frame, change);
    patchTransport(frame, change, ports + shift);
    setSource(frame, addresses, address);
    setDestination(frame, addresses, client);
    setSourcePort(frame, port);
    setDestinationPort(frame, clientPort);
  },
};

/** Adds to a sequence number of the segment; what that changes of the checksum's sum. */
function addTo({ view, transport }: Frame, at: number, delta: number): number {
  const before = view.getInt32(transport + at);
  const after = (before + delta) | 0;
  view.setInt32(transport + at, after);
  return difference32(before, after);
}

const NO_REQUESTS: (RequestRewriting | undefined)[] = Array.from({ length: 8 }, () => undefined);
const NO_REPLIES: (ReplyRewriting | undefined)[] = Array.from({ length: 8 }, () => undefined);
const REQUESTS = NO_REQUESTS.with(nat.number, natRequest)
  .with(dr.number, drRequest)
  .with(tun.number, tunRequest)
  .with(fullnat.number, fullnatRequest);
const REPLIES = NO_REPLIES.with(nat.number, natReply).with(fullnat.number, fullnatReply);

/** By the number of a connection's method; `undefined` where all packets take the walk. */
export const requestRewriting = (method: number): RequestRewriting | undefined => REQUESTS[method];
export const replyRewriting = (method: number): ReplyRewriting | undefined => REPLIES[method];
