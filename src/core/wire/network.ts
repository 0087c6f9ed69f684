/** The network header, of whichever family: what a step of the walk does alike for both. */
import { AF_INET } from "./address.ts";
import type { AddressHandle, AddressTable } from "./address-table.ts";
import { fold, halves, sum } from "./checksum.ts";
import type { Frame } from "./frame.ts";
import { ICMPV6_CHECKSUM } from "./icmpv6.ts";
import {
  DONT_FRAGMENT,
  decrementTtl,
  finishHeader,
  IPV4_DESTINATION,
  IPV4_FRAGMENT,
  IPV4_LENGTH,
  IPV4_SOURCE,
  IPV4_TTL,
  PROTOCOL_ICMP,
  readIpv4,
} from "./ipv4.ts";
import {
  IPV6_DESTINATION,
  IPV6_HEADER,
  IPV6_HOP_LIMIT,
  IPV6_PAYLOAD_LENGTH,
  IPV6_SOURCE,
  PROTOCOL_ICMPV6,
  readIpv6,
} from "./ipv6.ts";

/** Reads the header again, of a frame that was kept or that has a new one; the version in it says of which family. */
export function readHeaders(frame: Frame, addresses: AddressTable): void {
  if (frame.view.getUint8(frame.network) >> 4 === 6) readIpv6(frame, addresses);
  else readIpv4(frame, addresses);
}

/** Writes an address of the packet's family; checksums stay as they were. */
export function setSource(frame: Frame, addresses: AddressTable, source: AddressHandle): void {
  frame.source = source;
  addresses.write(frame.view, frame.network + (frame.family === AF_INET ? IPV4_SOURCE : IPV6_SOURCE), source);
}

/** Writes an address of the packet's family; checksums stay as they were. */
export function setDestination(frame: Frame, addresses: AddressTable, destination: AddressHandle): void {
  frame.destination = destination;
  const at = frame.family === AF_INET ? IPV4_DESTINATION : IPV6_DESTINATION;
  addresses.write(frame.view, frame.network + at, destination);
}

/** ICMP, or ICMPv6: that of the packet's own family. */
export const isIcmp = ({ family, protocol }: Frame): boolean =>
  protocol === (family === AF_INET ? PROTOCOL_ICMP : PROTOCOL_ICMPV6);

/** TTL or hop limit. */
export const hopLimit = ({ view, network, family }: Frame): number =>
  view.getUint8(network + (family === AF_INET ? IPV4_TTL : IPV6_HOP_LIMIT));

/** One less, the IPv4 header's checksum patched. */
export function decrementHopLimit(frame: Frame): void {
  const { view, network } = frame;
  if (frame.family === AF_INET) decrementTtl(view, network);
  else view.setUint8(network + IPV6_HOP_LIMIT, view.getUint8(network + IPV6_HOP_LIMIT) - 1);
}

/** Whether routers may not cut the packet: with DF, and IPv6 never. */
export const isUncuttable = ({ view, network, family }: Frame): boolean =>
  family !== AF_INET || (view.getUint16(network + IPV4_FRAGMENT) & DONT_FRAGMENT) !== 0;

/** Writes the packet's length, from the network header to the frame's end, into the header, and for IPv4 its checksum. */
export function finishNetworkHeader(frame: Frame): void {
  const { view, network, end } = frame;
  if (frame.family === AF_INET) {
    view.setUint16(network + IPV4_LENGTH, end - network);
    finishHeader(view, network);
  } else view.setUint16(network + IPV6_PAYLOAD_LENGTH, end - network - IPV6_HEADER);
}

/** Makes the header's checksum anew; an IPv6 header has none. */
export function finishHeaderChecksum({ view, network, family }: Frame): void {
  if (family === AF_INET) finishHeader(view, network);
}

/** The sum of the pseudo header, folded (RFC 793, section 3.1; RFC 8200, section 8.1). `length` is that of transport header and data. */
export function pseudoSum({ view, network, family, protocol }: Frame, length: number): number {
  const addresses = family === AF_INET ? sum(view, network + IPV4_SOURCE, 8) : sum(view, network + IPV6_SOURCE, 2 * 16);
  return fold(addresses + protocol + halves(length));
}

/** The sum over pseudo header and all from the transport header on: ffff if the checksum in it is right. */
export function transportSum(frame: Frame): number {
  const length = frame.end - frame.transport;
  return fold(sum(frame.view, frame.transport, length) + pseudoSum(frame, length));
}

/** Makes the checksum of an ICMPv6 message anew (RFC 4443, section 2.3): unlike ICMP's it covers the pseudo header. */
export function finishIcmpv6(frame: Frame): void {
  const at = frame.transport + ICMPV6_CHECKSUM;
  frame.view.setUint16(at, 0);
  frame.view.setUint16(at, ~transportSum(frame) & 0xffff);
}
