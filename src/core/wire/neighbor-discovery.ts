/**
 * Neighbor solicitation and advertisement (RFC 4861, sections 4.3, 4.4 and 4.6.1). Offsets from the start of the message.
 *
 *   0       1       2               4                       8                 24
 *   | type  | code  | checksum      | flags (advertisement) | target address  | options ...
 *   option: | type 1 (source) or 2 (target) | length 1 | link-layer address (6 bytes) |
 */
import { AF_INET6 } from "./address.ts";
import type { AddressHandle, AddressTable } from "./address-table.ts";
import {
  ETHERNET_HEADER,
  ETHERNET_SOURCE,
  ETHERNET_TYPE,
  ETHERTYPE_IPV6,
  ipv6GroupMac,
  macAt,
  writeMac,
} from "./ethernet.ts";
import { Frame } from "./frame.ts";
import { type NEIGHBOR_ADVERTISEMENT, NEIGHBOR_SOLICITATION } from "./icmpv6.ts";
import { IPV6_HEADER, PROTOCOL_ICMPV6, readIpv6, writeIpv6 } from "./ipv6.ts";
import { finishIcmpv6, setDestination, setSource } from "./network.ts";

/** Bytes before the options: of neighbor messages, of router solicitations. */
export const DISCOVERY_MESSAGE = 24;
export const ROUTER_SOLICITATION_MESSAGE = 8;
const FLAGS = 4;
export const TARGET = 8;
/** Option types, and the length of both in units of 8 bytes. */
export const SOURCE_LINK_LAYER = 1;
export const TARGET_LINK_LAYER = 2;
const OPTION = 8;

/** Flags of an advertisement: a router, an answer to a solicitation, may replace what is known. */
export const ROUTER = 0x80;
export const SOLICITED = 0x40;
export const OVERRIDE = 0x20;

/** Nobody but a neighbor can send a message with this hop limit (section 3.1). */
export const DISCOVERY_HOP_LIMIT = 255;

export const advertisementFlags = (view: DataView, message: number): number => view.getUint8(message + FLAGS);

/** No link-layer option, or one that is broken. */
export const NO_OPTION = -1;
export const BROKEN_OPTIONS = -2;

/** The MAC address in the first option of a type, of options from `first` to `end` (ndisc_parse_options). */
export function linkLayerOption(view: DataView, first: number, end: number, type: number): number {
  let found = NO_OPTION;
  for (let at = first; at < end; ) {
    const length = at + 1 < end ? view.getUint8(at + 1) * 8 : 0;
    if (length === 0 || at + length > end) return BROKEN_OPTIONS;
    if (view.getUint8(at) === type && found === NO_OPTION)
      found = length === OPTION ? macAt(view, at + 2) : BROKEN_OPTIONS;
    at += length;
  }
  return found;
}

/** The option that tells a MAC address. */
export function linkLayerOptionBytes(type: number, mac: number): Uint8Array {
  const option = new Uint8Array(OPTION);
  const view = new DataView(option.buffer);
  option[0] = type;
  option[1] = OPTION / 8;
  writeMac(view, 2, mac);
  return option;
}

/** A message to be sent; the MAC addresses are 48-bit numbers. */
export interface DiscoveryFields {
  readonly type: typeof NEIGHBOR_SOLICITATION | typeof NEIGHBOR_ADVERTISEMENT;
  readonly flags: number;
  readonly source: AddressHandle;
  readonly destination: AddressHandle;
  readonly target: AddressHandle;
  /** Ethernet source and destination. */
  readonly from: number;
  readonly to: number;
  /** Whether the sender's MAC address stands in the option. */
  readonly tellsMac: boolean;
}

/** The whole frame of a message. */
export function discoveryFrame(fields: DiscoveryFields, addresses: AddressTable): Frame {
  const length = DISCOVERY_MESSAGE + (fields.tellsMac ? OPTION : 0);
  const frame = Frame.allocate(ETHERNET_HEADER + IPV6_HEADER + length);
  const { view, start, network } = frame;
  writeMac(view, start, fields.to);
  writeMac(view, start + ETHERNET_SOURCE, fields.from);
  view.setUint16(start + ETHERNET_TYPE, ETHERTYPE_IPV6);
  writeIpv6(view, network, {
    trafficClass: 0,
    flowLabel: 0,
    length,
    nextHeader: PROTOCOL_ICMPV6,
    hopLimit: DISCOVERY_HOP_LIMIT,
  });
  frame.family = AF_INET6;
  setSource(frame, addresses, fields.source);
  setDestination(frame, addresses, fields.destination);
  readIpv6(frame, addresses);
  const message = frame.transport;
  view.setUint8(message, fields.type);
  view.setUint8(message + FLAGS, fields.flags);
  addresses.write(view, message + TARGET, fields.target);
  if (fields.tellsMac) {
    const type = fields.type === NEIGHBOR_SOLICITATION ? SOURCE_LINK_LAYER : TARGET_LINK_LAYER;
    frame.bytes.set(linkLayerOptionBytes(type, fields.from), message + DISCOVERY_MESSAGE);
  }
  finishIcmpv6(frame);
  return frame;
}

/** ff02::1:ffXX:XXXX, with the last 24 bits of the address (RFC 4291, section 2.7.1). */
export const solicitedNode = (address: AddressHandle, addresses: AddressTable): AddressHandle =>
  addresses.of({
    family: AF_INET6,
    words: [0xff020000, 0, 1, (0xff000000 | (addresses.word(address, 3) & 0xffffff)) >>> 0],
  });

/** Whether it is such an address, of anybody. */
export const isSolicitedNode = (address: AddressHandle, addresses: AddressTable): boolean =>
  addresses.word(address, 0) === (0xff020000 | 0) &&
  addresses.word(address, 1) === 0 &&
  addresses.word(address, 2) === 1 &&
  addresses.word(address, 3) >>> 24 === 0xff;

export const multicastMac = (address: AddressHandle, addresses: AddressTable): number =>
  ipv6GroupMac(addresses.word(address, 3));
