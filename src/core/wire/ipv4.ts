/**
 * IPv4 headers in place (RFC 791). Offsets from the start of the header; accessors check nothing: host/ipv4-input.ts did.
 *
 *   0      4      8              16    19                   32
 *   | ver  | ihl  | tos          | total length             |
 *   | identification             |flags| fragment offset    |
 *   | ttl         | protocol     | header checksum          |
 *   | source address                                        |
 *   | destination address                                   |
 *   | options ...                                           |
 */
import { AF_INET } from "./address.ts";
import type { AddressTable } from "./address-table.ts";
import { checksum, fold, halves, updated } from "./checksum.ts";
import type { Frame } from "./frame.ts";

export const IPV4_HEADER = 20;
export const IPV4_TOS = 1;
export const IPV4_LENGTH = 2;
export const IPV4_IDENTIFICATION = 4;
export const IPV4_FRAGMENT = 6;
export const IPV4_TTL = 8;
export const IPV4_PROTOCOL = 9;
export const IPV4_CHECKSUM = 10;
export const IPV4_SOURCE = 12;
export const IPV4_DESTINATION = 16;

export const DONT_FRAGMENT = 0x4000;
export const MORE_FRAGMENTS = 0x2000;
export const FRAGMENT_OFFSET = 0x1fff;

export const PROTOCOL_ICMP = 1;
export const PROTOCOL_IGMP = 2;
export const PROTOCOL_IPIP = 4;
export const PROTOCOL_TCP = 6;
export const PROTOCOL_UDP = 17;
export const PROTOCOL_IPV6 = 41;
export const PROTOCOL_GRE = 47;
export const PROTOCOL_PIM = 103;
export const PROTOCOL_SCTP = 132;

/** Length of the header in bytes, options included. */
export const headerLength = (view: DataView, at: number): number => (view.getUint8(at) & 0x0f) * 4;

/** Reads a header that is known to be sound into the frame's own facts: the one place for IPv4. */
export function readIpv4(frame: Frame, addresses: AddressTable): void {
  const { view, network } = frame;
  const fragment = view.getUint16(network + IPV4_FRAGMENT);
  frame.family = AF_INET;
  frame.protocol = view.getUint8(network + IPV4_PROTOCOL);
  frame.transport = network + headerLength(view, network);
  frame.fragmentOffset = (fragment & FRAGMENT_OFFSET) * 8;
  frame.moreFragments = (fragment & MORE_FRAGMENTS) !== 0;
  frame.fragmentHeader = 0;
  frame.source = addresses.ofIpv4(view.getInt32(network + IPV4_SOURCE));
  frame.destination = addresses.ofIpv4(view.getInt32(network + IPV4_DESTINATION));
}

/** Version 4, five words. */
const WITHOUT_OPTIONS = 0x45;

/**
 * Reads the header into the frame's own facts as `readIpv4` does, where it is as most are: sound, its checksum right, without
 * options, of no fragment, TTL above 1, from and to no multicast address. Then the frame ends where the packet does. If it is not,
 * the answer is false and nothing was read. At least IPV4_HEADER bytes must be there.
 */
export function readPlainIpv4(frame: Frame): boolean {
  const { view, network } = frame;
  const first = view.getInt32(network);
  const second = view.getInt32(network + IPV4_IDENTIFICATION);
  const third = view.getInt32(network + IPV4_TTL);
  const source = view.getInt32(network + IPV4_SOURCE);
  const destination = view.getInt32(network + IPV4_DESTINATION);
  const length = first & 0xffff;
  if (first >>> 24 !== WITHOUT_OPTIONS || length < IPV4_HEADER || length > frame.end - network) return false;
  if (third >>> 24 <= 1 || (second & (MORE_FRAGMENTS | FRAGMENT_OFFSET)) !== 0) return false;
  if (source >>> 28 === 14 || destination >>> 28 === 14) return false;
  if (fold(halves(first) + halves(second) + halves(third) + halves(source) + halves(destination)) !== 0xffff)
    return false;
  frame.end = network + length;
  frame.family = AF_INET;
  frame.protocol = (third >>> 16) & 0xff;
  frame.transport = network + IPV4_HEADER;
  frame.fragmentOffset = 0;
  frame.moreFragments = false;
  frame.fragmentHeader = 0;
  frame.source = source;
  frame.destination = destination;
  return true;
}

export const isFragment = (view: DataView, at: number): boolean =>
  (view.getUint16(at + IPV4_FRAGMENT) & (MORE_FRAGMENTS | FRAGMENT_OFFSET)) !== 0;

/** Payload offset in bytes of a fragment. */
export const fragmentOffset = (view: DataView, at: number): number =>
  (view.getUint16(at + IPV4_FRAGMENT) & FRAGMENT_OFFSET) * 8;

/** Whether the packet has options. */
export const hasOptions = (frame: Frame): boolean => frame.transport - frame.network > IPV4_HEADER;

/** Writes the header checksum anew over the whole header (ip_send_check). */
export function finishHeader(view: DataView, at: number): void {
  view.setUint16(at + IPV4_CHECKSUM, 0);
  const plain = view.getUint8(at) === WITHOUT_OPTIONS;
  view.setUint16(at + IPV4_CHECKSUM, plain ? ~plainSum(view, at) : checksum(view, at, headerLength(view, at)));
}

/** The sum of a header without options, folded. */
const plainSum = (view: DataView, at: number): number =>
  fold(
    halves(view.getInt32(at)) +
      halves(view.getInt32(at + IPV4_IDENTIFICATION)) +
      halves(view.getInt32(at + IPV4_TTL)) +
      halves(view.getInt32(at + IPV4_SOURCE)) +
      halves(view.getInt32(at + IPV4_DESTINATION)),
  );

/** TTL - 1, with the checksum patched (RFC 1141; include/net/ip.h: ip_decrease_ttl). */
export function decrementTtl(view: DataView, at: number): void {
  view.setUint8(at + IPV4_TTL, view.getUint8(at + IPV4_TTL) - 1);
  view.setUint16(at + IPV4_CHECKSUM, updated(view.getUint16(at + IPV4_CHECKSUM), 0xfeff));
}

/** TTL - 1, and the checksum patched by that and by `difference`, what else of the header changed: with one look and one write. */
export function passOn({ view, network }: Frame, difference: number): void {
  const word = view.getInt32(network + IPV4_TTL);
  const check = updated(word & 0xffff, difference + 0xfeff);
  view.setInt32(network + IPV4_TTL, ((word - 0x0100_0000) & 0xffff_0000) | check);
}

/** The fields of a new header; lengths in bytes, addresses in host order. */
export interface Ipv4Fields {
  readonly tos: number;
  readonly length: number;
  readonly identification: number;
  /** Flags and offset as on the wire. */
  readonly fragment: number;
  readonly ttl: number;
  readonly protocol: number;
  readonly source: number;
  readonly destination: number;
}

/** Writes a header without options, checksum included. */
export function writeIpv4(view: DataView, at: number, fields: Ipv4Fields): void {
  const { tos, length, identification, fragment, ttl, protocol, source, destination } = fields;
  writeIpv4Words(
    view,
    at,
    (tos << 16) | length,
    (identification << 16) | fragment,
    (ttl << 24) | (protocol << 16),
    source,
    destination,
  );
}

/** The same by words, the first without version and header length, the third without the checksum. */
export function writeIpv4Words(
  view: DataView,
  at: number,
  first: number,
  second: number,
  third: number,
  source: number,
  destination: number,
): void {
  const word = (WITHOUT_OPTIONS << 24) | first;
  const sum = halves(word) + halves(second) + halves(third) + halves(source) + halves(destination);
  view.setInt32(at, word);
  view.setInt32(at + IPV4_IDENTIFICATION, second);
  view.setInt32(at + IPV4_TTL, third | (~fold(sum) & 0xffff));
  view.setInt32(at + IPV4_SOURCE, source);
  view.setInt32(at + IPV4_DESTINATION, destination);
}
