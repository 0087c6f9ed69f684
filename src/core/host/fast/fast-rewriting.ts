/**
 * What the fast path writes into a packet, by forwarding method: the same bytes as the method's `forward` and `translateAnswer`
 * (ipvs/forwarding), by sums that are patched where those make them anew. A method that does not stand here takes the walk.
 *
 *   requestFits, replyFits    look only: whether the packet can go to this next hop as it is
 *   writeRequest, writeReply  change the packet, all but its Ethernet header
 *
 * All is read before anything is written: with each write into a DataView V8 forgets what it knew of every object.
 */
import type { Row } from "../../ipvs/connection-rows.ts";
import { ROUTE_SHARED, ROUTE_UNKNOWN } from "../../ipvs/destination.ts";
import { dr } from "../../ipvs/forwarding/direct.ts";
import { fullnat } from "../../ipvs/forwarding/fullnat.ts";
import { nat } from "../../ipvs/forwarding/nat.ts";
import { roomInTunnel } from "../../ipvs/forwarding/route.ts";
import { carriesToa, TOA_OFF } from "../../ipvs/forwarding/toa.ts";
import { encapsulate, outerTos, tun } from "../../ipvs/forwarding/tunnel.ts";
import { tunnelOverhead } from "../../ipvs/forwarding/tunnel-headers.ts";
import { AF_INET } from "../../wire/address.ts";
import { type AddressHandle, familyOf, NO_ADDRESS } from "../../wire/address-table.ts";
import { difference16, difference32, fold, updated } from "../../wire/checksum.ts";
import type { Frame } from "../../wire/frame.ts";
import {
  DONT_FRAGMENT,
  IPV4_CHECKSUM,
  IPV4_HEADER,
  IPV4_IDENTIFICATION,
  IPV4_TOS,
  IPV4_TTL,
  PROTOCOL_IPIP,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  passOn,
  writeIpv4Words,
} from "../../wire/ipv4.ts";
import { decrementHopLimit, setDestination, setSource } from "../../wire/network.ts";
import { OPTION_SACK, TCP_ACKNOWLEDGEMENT, TCP_CHECKSUM, TCP_SEQUENCE } from "../../wire/tcp.ts";
import { findOption } from "../../wire/tcp-options.ts";
import { setDestinationPort, setSourcePort } from "../../wire/transport.ts";
import { UDP_CHECKSUM } from "../../wire/udp.ts";
import type { Director } from "../director.ts";
import type { NextHop } from "./next-hops.ts";

const lengthOf = (frame: Frame): number => frame.end - frame.network;

/** A UDP packet without a checksum: NAT makes one, FULLNAT leaves it out. */
const lacksChecksum = ({ view, protocol, transport, checksumStart }: Frame): boolean =>
  protocol === PROTOCOL_UDP && checksumStart === 0 && view.getUint16(transport + UDP_CHECKSUM) === 0;

/** Whether the real server is remembered with this nextHop, as `routeToServer` does it. */
const isRemembered = ({ destination, route }: NextHop): boolean =>
  destination.routeKind !== ROUTE_UNKNOWN && destination.routeMtu === route.mtu;

/** Whether a request may go to the next hop as it is; false for a method that is the walk's. */
export function requestFits(director: Director, frame: Frame, row: Row, method: number, nextHop: NextHop): boolean {
  const { destination, route } = nextHop;
  switch (method) {
    case nat.number:
      return isRemembered(nextHop) && lengthOf(frame) <= route.mtu && !lacksChecksum(frame);
    case dr.number:
      // Where a shared route names no next hop, the virtual address is asked for (nextHopFor).
      if (route.gateway === NO_ADDRESS && destination.routeKind === ROUTE_SHARED) return false;
      return isRemembered(nextHop) && lengthOf(frame) <= route.mtu;
    case tun.number:
      return isRemembered(nextHop) && lengthOf(frame) <= roomInTunnel(route.mtu, destination.handle, destination);
    case fullnat.number:
      if (lengthOf(frame) > route.mtu || lacksChecksum(frame) || familyOf(destination.handle) !== frame.family)
        return false;
      return !takesToa(director, frame, row, destination.service.toa);
    default:
      return false;
  }
}

/** Whether the client's address goes into an option of the segment. */
const takesToa = ({ server }: Director, { protocol, view, transport }: Frame, row: Row, toa: number): boolean =>
  toa !== TOA_OFF &&
  protocol === PROTOCOL_TCP &&
  carriesToa(toa, view, transport, server.connections.table.rows.firstData(row));

/** A client's packet, which `requestFits`. */
export function writeRequest(director: Director, frame: Frame, row: Row, method: number, nextHop: NextHop): void {
  if (method === nat.number) writeNatRequest(director, frame, row);
  else if (method === dr.number) passHop(frame, 0);
  else if (method === tun.number) writeTunRequest(director, frame, nextHop);
  else writeFullnatRequest(director, frame, row);
}

/** Whether a reply may go as it is; false for a method that is the walk's. `toHost`: it came to an address of the host itself. */
export function replyFits(frame: Frame, method: number, toHost: boolean): boolean {
  switch (method) {
    case nat.number:
      return !toHost && !lacksChecksum(frame);
    case fullnat.number:
      return toHost && !lacksChecksum(frame) && !acknowledgesSelectively(frame);
    default:
      return false;
  }
}

const acknowledgesSelectively = ({ protocol, view, transport, end }: Frame): boolean =>
  protocol === PROTOCOL_TCP && findOption(view, transport, OPTION_SACK, end) >= 0;

/** A real server's packet, which `replyFits`. */
export function writeReply(director: Director, frame: Frame, row: Row, method: number): void {
  if (method === nat.number) writeNatReply(director, frame, row);
  else writeFullnatReply(director, frame, row);
}

function writeNatRequest({ addresses, server }: Director, frame: Frame, row: Row): void {
  const { rows } = server.connections.table;
  const address = rows.destinationAddress(row);
  const port = rows.destinationPort(row);
  translatePassing(frame, addresses.difference(frame.destination, address), difference16(rows.virtualPort(row), port));
  setDestination(frame, addresses, address);
  setDestinationPort(frame, port);
}

function writeNatReply({ addresses, server }: Director, frame: Frame, row: Row): void {
  const { rows } = server.connections.table;
  const address = rows.virtualAddress(row);
  const port = rows.virtualPort(row);
  translatePassing(frame, addresses.difference(frame.source, address), difference16(rows.destinationPort(row), port));
  setSource(frame, addresses, address);
  setSourcePort(frame, port);
}

/** NAT, both ways: the checksums by what changes, and one hop less. */
function translatePassing(frame: Frame, addresses: number, ports: number): void {
  const check = patchedCheck(frame, addresses, ports);
  passHop(frame, addresses);
  writeCheck(frame, check);
}

function writeTunRequest(director: Director, frame: Frame, { route, destination }: NextHop): void {
  const server = destination.handle;
  const source = director.ip.sourceTo(route, server);
  if (frame.family === AF_INET && familyOf(server) === AF_INET && tunnelOverhead(destination) === 0) {
    writeIpip(director, frame, source, server);
    return;
  }
  passHop(frame, 0);
  encapsulate(director.path, frame, source, destination, server);
}

/** IPv4 in IPv4 with nothing between, as most tunnels are: what `encapsulate` does, but that nobody reads the frame's new header. */
function writeIpip(director: Director, frame: Frame, source: AddressHandle, destination: AddressHandle): void {
  const { view, network } = frame;
  const tos = outerTos(view.getUint8(network + IPV4_TOS));
  const inside = view.getInt32(network + IPV4_IDENTIFICATION);
  const ttl = view.getUint8(network + IPV4_TTL) - 1;
  const dontFragment = director.server.sysctl.pmtu_disc !== 0 ? inside & DONT_FRAGMENT : 0;
  const identification = dontFragment === 0 ? director.ip.identification() : 0;
  passOn(frame, 0);
  frame.prepend(IPV4_HEADER);
  writeIpv4Words(
    frame.view,
    frame.network,
    (tos << 16) | lengthOf(frame),
    (identification << 16) | dontFragment,
    (ttl << 24) | (PROTOCOL_IPIP << 16),
    source,
    destination,
  );
}

function writeFullnatRequest({ addresses, server }: Director, frame: Frame, row: Row): void {
  const { rows } = server.connections.table;
  const local = rows.localAddress(row);
  const address = rows.destinationAddress(row);
  const localPort = rows.localPort(row);
  const port = rows.destinationPort(row);
  const change = addresses.difference(frame.source, local) + addresses.difference(frame.destination, address);
  const ports = difference16(rows.clientPort(row), localPort) + difference16(rows.virtualPort(row), port);
  translate(frame, change, ports, TCP_SEQUENCE, rows.sequenceDelta(row));
  setSource(frame, addresses, local);
  setDestination(frame, addresses, address);
  setSourcePort(frame, localPort);
  setDestinationPort(frame, port);
}

function writeFullnatReply({ addresses, server }: Director, frame: Frame, row: Row): void {
  const { rows } = server.connections.table;
  const client = rows.clientAddress(row);
  const address = rows.virtualAddress(row);
  const clientPort = rows.clientPort(row);
  const port = rows.virtualPort(row);
  const change = addresses.difference(frame.source, address) + addresses.difference(frame.destination, client);
  const ports = difference16(rows.destinationPort(row), port) + difference16(rows.localPort(row), clientPort);
  translate(frame, change, ports, TCP_ACKNOWLEDGEMENT, -rows.sequenceDelta(row));
  setSource(frame, addresses, address);
  setDestination(frame, addresses, client);
  setSourcePort(frame, port);
  setDestinationPort(frame, clientPort);
}

/** FULLNAT, both ways: the checksums by what changes, and one of a TCP segment's sequence numbers, at `at`, by `delta`. */
function translate(frame: Frame, addresses: number, ports: number, at: number, delta: number): void {
  const { view, transport } = frame;
  const isTcp = frame.protocol === PROTOCOL_TCP;
  const before = isTcp ? view.getInt32(transport + at) : 0;
  const after = isTcp ? (before + delta) | 0 : 0;
  const check = patchedCheck(frame, addresses, ports + (isTcp ? difference32(before, after) : 0));
  patchHeader(frame, addresses);
  writeCheck(frame, check);
  if (isTcp) view.setInt32(transport + at, after);
}

/** The network header of a packet that goes on: one hop less; of IPv4 also the checksum, by that and by what else changed. */
function passHop(frame: Frame, difference: number): void {
  if (frame.family === AF_INET) passOn(frame, difference);
  else decrementHopLimit(frame);
}

/** The IPv4 header's checksum, by what changed in the header. */
function patchHeader({ view, network, family }: Frame, difference: number): void {
  if (family !== AF_INET) return;
  const check = updated(view.getUint16(network + IPV4_CHECKSUM), difference);
  view.setUint16(network + IPV4_CHECKSUM, check);
}

const checkAt = ({ protocol, transport }: Frame): number =>
  transport + (protocol === PROTOCOL_UDP ? UDP_CHECKSUM : TCP_CHECKSUM);

/** The transport checksum after `addresses` changed of the pseudo header, and `others` beside it: both as differences (patchChecksum). */
function patchedCheck(frame: Frame, addresses: number, others: number): number {
  const check = frame.view.getUint16(checkAt(frame));
  if (frame.checksumStart !== 0) return fold(check + addresses);
  return updated(check, addresses + others) || (frame.protocol === PROTOCOL_UDP ? 0xffff : 0);
}

function writeCheck(frame: Frame, check: number): void {
  frame.view.setUint16(checkAt(frame), check);
}
