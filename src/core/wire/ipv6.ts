/**
 * IPv6 headers in place (RFC 8200). Offsets from the start of the header; accessors check nothing.
 *
 *   0      4              12                            32
 *   | ver  | traffic class | flow label                 |
 *   | payload length       | next header | hop limit    |
 *   | source address (16 bytes)                         |
 *   | destination address (16 bytes)                    |
 *   | extension headers ...                             |
 */
import { AF_INET6 } from "./address.ts";
import { type AddressHandle, type AddressTable, NO_ADDRESS } from "./address-table.ts";
import type { Frame } from "./frame.ts";

export const IPV6_HEADER = 40;
/** Every link carries so much (section 5). */
export const LEAST_IPV6_MTU = 1280;
export const IPV6_PAYLOAD_LENGTH = 4;
export const IPV6_NEXT_HEADER = 6;
export const IPV6_HOP_LIMIT = 7;
export const IPV6_SOURCE = 8;
export const IPV6_DESTINATION = 24;

/** Next headers that are extensions. */
export const HOP_BY_HOP = 0;
export const ROUTING = 43;
export const FRAGMENT = 44;
export const AUTHENTICATION = 51;
export const NO_NEXT_HEADER = 59;
export const DESTINATION_OPTIONS = 60;
export const PROTOCOL_ICMPV6 = 58;

/** The fragment header (section 4.5): next header, reserved, offset and flags, identification. */
export const FRAGMENT_HEADER = 8;
export const FRAGMENT_OFFSET = 2;
export const FRAGMENT_IDENTIFICATION = 4;
export const MORE = 1;

/** `protocol` of a packet whose chain of extension headers is truncated. */
export const BROKEN_CHAIN = -1;

/** ipv6_ext_hdr of net/ipv6/exthdrs_core.c. */
export const isExtension = (nextHeader: number): boolean =>
  nextHeader === HOP_BY_HOP ||
  nextHeader === ROUTING ||
  nextHeader === FRAGMENT ||
  nextHeader === AUTHENTICATION ||
  nextHeader === DESTINATION_OPTIONS;

/** Bytes of the extension header at `at`, of which the first two must be there. */
export function extensionLength(view: DataView, at: number, nextHeader: number): number {
  if (nextHeader === FRAGMENT) return FRAGMENT_HEADER;
  const length = view.getUint8(at + 1);
  return nextHeader === AUTHENTICATION ? (length + 2) * 4 : (length + 1) * 8;
}

/**
 * Where a chain of extension headers leads. A frame knows it of its own packet, QuotedIpv6 of another's. `fragmentHeader` is the
 * first of the chain, even if its end is missing; what is known of the fragment stands in the last.
 */
export interface HeaderChain {
  protocol: number;
  transport: number;
  fragmentOffset: number;
  moreFragments: boolean;
  fragmentHeader: number;
}

/**
 * Reads a header that is known to be sound into the frame's own facts: the one place for IPv6. `transport` and `protocol`
 * are what the chain of extension headers leads to; of a fragment that is not the first, what its fragment header names.
 */
export function readIpv6(frame: Frame, addresses: AddressTable): void {
  const { view, network } = frame;
  frame.family = AF_INET6;
  followChain(frame, view, network, frame.end);
  frame.source = addresses.ofIpv6At(view, network + IPV6_SOURCE);
  frame.destination = addresses.ofIpv6At(view, network + IPV6_DESTINATION);
}

/** The first word of an address that has nothing special about it: not multicast, not link-local, not in ::/32 as :: and ::1 are. */
const isOrdinary = (word: number): boolean => word !== 0 && word >>> 24 !== 0xff && word >>> 22 !== LINK_LOCAL;
const LINK_LOCAL = 0xfe80 >>> 6;

/**
 * Reads the header into the frame's own facts as `readIpv6` does, where it is as most are: sound, without extension headers, hop
 * limit above 1, both addresses ordinary. Then the frame ends where the packet does. If it is not, the answer is false and nothing
 * was read. At least IPV6_HEADER bytes must be there. `likely`: where it most likely goes, a handle that this walk has read.
 */
export function readPlainIpv6(frame: Frame, addresses: AddressTable, likely: AddressHandle): boolean {
  const { view, network } = frame;
  const length = view.getUint16(network + IPV6_PAYLOAD_LENGTH) + IPV6_HEADER;
  const nextHeader = view.getUint8(network + IPV6_NEXT_HEADER);
  if (view.getUint8(network) >> 4 !== 6 || length > frame.end - network || isExtension(nextHeader)) return false;
  if (view.getUint8(network + IPV6_HOP_LIMIT) <= 1) return false;
  if (!isOrdinary(view.getInt32(network + IPV6_SOURCE)) || !isOrdinary(view.getInt32(network + IPV6_DESTINATION)))
    return false;
  frame.end = network + length;
  frame.family = AF_INET6;
  frame.protocol = nextHeader;
  frame.transport = network + IPV6_HEADER;
  frame.fragmentOffset = 0;
  frame.moreFragments = false;
  frame.fragmentHeader = 0;
  frame.source = addresses.ofIpv6At(view, network + IPV6_SOURCE);
  frame.destination = addresses.ofLikelyIpv6At(view, network + IPV6_DESTINATION, likely);
  return true;
}

/** Mirrors ipv6_find_hdr of net/ipv6/exthdrs_core.c, as ip_vs_fill_iph_skb asks it. */
function followChain(chain: HeaderChain, view: DataView, network: number, end: number): void {
  let nextHeader = view.getUint8(network + IPV6_NEXT_HEADER);
  let at = network + IPV6_HEADER;
  chain.fragmentHeader = 0;
  chain.fragmentOffset = 0;
  chain.moreFragments = false;
  while (isExtension(nextHeader) && chain.fragmentOffset === 0) {
    if (nextHeader === FRAGMENT && chain.fragmentHeader === 0 && at <= end) chain.fragmentHeader = at;
    if (end - at < leastLength(nextHeader)) {
      nextHeader = BROKEN_CHAIN;
      break;
    }
    if (nextHeader === FRAGMENT) {
      const field = view.getUint16(at + FRAGMENT_OFFSET);
      chain.fragmentOffset = field & ~7;
      chain.moreFragments = (field & MORE) !== 0;
    }
    const length = extensionLength(view, at, nextHeader);
    nextHeader = view.getUint8(at);
    at += length;
  }
  chain.protocol = nextHeader;
  chain.transport = at;
}

/** Bytes of an extension header that must be there for the chain to go on. */
const leastLength = (nextHeader: number): number => (nextHeader === ROUTING || nextHeader === FRAGMENT ? 4 : 2);

/** The headers of an IPv6 packet that an ICMPv6 error quotes. Reused: borrowed. */
export class QuotedIpv6 implements HeaderChain {
  protocol = 0;
  transport = 0;
  fragmentOffset = 0;
  moreFragments = false;
  fragmentHeader = 0;
  source: AddressHandle = NO_ADDRESS;
  destination: AddressHandle = NO_ADDRESS;

  /** Reads what stands at `at` in the frame; false if it is no IPv6 packet, or too little of one. */
  read(frame: Frame, at: number, addresses: AddressTable): boolean {
    const { view, end } = frame;
    if (end - at < IPV6_HEADER || view.getUint8(at) >> 4 !== 6) return false;
    followChain(this, view, at, end);
    this.source = addresses.ofIpv6At(view, at + IPV6_SOURCE);
    this.destination = addresses.ofIpv6At(view, at + IPV6_DESTINATION);
    return this.protocol !== BROKEN_CHAIN;
  }
}

/** The identification of a fragment, 32 bits. */
export const fragmentIdentification = ({ view, fragmentHeader }: Frame): number =>
  view.getUint32(fragmentHeader + FRAGMENT_IDENTIFICATION);

/** What the first word of the header says besides the version. */
export const trafficClass = (view: DataView, at: number): number => (view.getUint16(at) >>> 4) & 0xff;
export const flowLabel = (view: DataView, at: number): number => view.getUint32(at) & 0xfffff;

/** ECN is the two low bits, as in IPv4's TOS. */
export function setTrafficClass(view: DataView, at: number, value: number): void {
  view.setUint16(at, (view.getUint16(at) & 0xf00f) | (value << 4));
}

/** The fields of a new header; `length` in bytes of what follows it. */
export interface Ipv6Fields {
  readonly trafficClass: number;
  readonly flowLabel: number;
  readonly length: number;
  readonly nextHeader: number;
  readonly hopLimit: number;
}

/** Writes a header without its addresses, which `setSource` and `setDestination` write (network.ts). */
export function writeIpv6(view: DataView, at: number, fields: Ipv6Fields): void {
  view.setUint32(at, ((6 << 28) | (fields.trafficClass << 20) | fields.flowLabel) >>> 0);
  view.setUint16(at + IPV6_PAYLOAD_LENGTH, fields.length);
  view.setUint8(at + IPV6_NEXT_HEADER, fields.nextHeader);
  view.setUint8(at + IPV6_HOP_LIMIT, fields.hopLimit);
}

/** Writes a fragment header; `offset` in bytes, a multiple of 8. */
export function writeFragmentHeader(
  view: DataView,
  at: number,
  nextHeader: number,
  offset: number,
  more: boolean,
  identification: number,
): void {
  view.setUint16(at, nextHeader << 8);
  view.setUint16(at + FRAGMENT_OFFSET, offset | (more ? MORE : 0));
  view.setUint32(at + FRAGMENT_IDENTIFICATION, identification);
}
