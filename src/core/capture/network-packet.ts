/** The IP packet inside a captured packet, whatever link it was captured on (IANA LINKTYPE_ registry). */
import {
  ETHERNET_HEADER,
  ETHERNET_TYPE,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  isVlanType,
  VLAN_TAG,
} from "../wire/ethernet.ts";
import { IPV4_HEADER, IPV4_LENGTH } from "../wire/ipv4.ts";
import { IPV6_HEADER, IPV6_NEXT_HEADER, IPV6_PAYLOAD_LENGTH, NO_NEXT_HEADER } from "../wire/ipv6.ts";
import type { LinkTypes } from "./link-types.ts";
import type { Packet } from "./packet.ts";
import { airDirection, IEEE802_11, isEncrypted, RADIOTAP, radioEtherType } from "./radio-packet.ts";

/** Where a packet's EtherType stands, and where what it names begins; by link type. */
const WITH_ETHERTYPE: ReadonlyMap<number, readonly [number, number]> = new Map([
  [1, [12, 14]],
  // Cisco's HDLC.
  [104, [2, 4]],
  // Linux cooked capture, versions 1 and 2.
  [113, [14, 16]],
  [276, [0, 20]],
]);
/** Raw IP, by its registered number and those of some systems, and IP of one family. */
const RAW: readonly number[] = [12, 14, 101, 228, 229];
/** The family of BSD loopback in four bytes. */
const LOOPBACK: readonly number[] = [0, 108];
const LOOPBACK_HEADER = 4;
const PPP: readonly number[] = [9, 50];
const RADIO: readonly number[] = [IEEE802_11, RADIOTAP];
const NFLOG = 239;
/** Family, version and group; then values that each begin with length and type, in the byte order of the host: little-endian, mostly. */
const NFLOG_HEADER = 4;
const NFLOG_PAYLOAD = 9;

/** Others begin with what the system says: which way the packet goes, or what the packet filter did. */
const PPP_WITH_DIRECTION = 204;
const HDLC_WITH_DIRECTION = 205;
const ENC = 109;
const ENC_HEADER = 12;
const PFLOG = 117;
/** macOS, of all interfaces: length, type, and the link type of what follows, little-endian; then the name of the interface. */
const PKTAP: readonly number[] = [149, 258];
const PKTAP_LINK_TYPE = 8;
const PKTAP_PLACE: readonly [number, number] = [12, 40];

const ETHERTYPE_PPPOE_SESSION = 0x8864;
const PPPOE_HEADER = 6;
const ETHERTYPE_MPLS = 0x8847;
const PPP_IPV4 = 0x0021;
const PPP_IPV6 = 0x0057;
const PPP_MPLS = 0x0281;

const OTHERS: ReadonlySet<number> = new Set([
  ...RAW,
  ...LOOPBACK,
  ...PPP,
  ...RADIO,
  ...PKTAP,
  NFLOG,
  PPP_WITH_DIRECTION,
  HDLC_WITH_DIRECTION,
  ENC,
  PFLOG,
]);

/** The links on which IP packets are found. */
export const IP_LINKS: LinkTypes = {
  reads: (linkType) => WITH_ETHERTYPE.has(linkType) || OTHERS.has(linkType),
  names: "Ethernet, Linux cooked, 802.11, BSD loopback, raw IP, PPP, Cisco HDLC, PKTAP and logs of packet filters",
};

/** On which interface, which way and from whom a packet was seen, as a number: what differs between two sights of one packet. */
export function placeOf({ bytes, interface: { index, linkType }, direction }: Packet): number {
  let hash = Math.imul(FNV_BASIS ^ index, FNV_PRIME) ^ (direction === "in" ? 1 : direction === "out" ? 2 : 0);
  if (RADIO.includes(linkType)) hash = Math.imul(hash ^ airDirection(bytes, linkType), FNV_PRIME);
  const [from, to] = PLACES.get(linkType) ?? NOWHERE;
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), FNV_PRIME);
  return hash;
}

const FNV_BASIS = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
const NOWHERE: readonly [number, number] = [0, 0];

/** By link type, the bytes that tell the place: the sender's MAC address, or interface and direction. */
const PLACES: ReadonlyMap<number, readonly [number, number]> = new Map([
  [1, [6, 12]],
  [113, [0, 2]],
  [276, [4, 11]],
  ...PKTAP.map((linkType) => [linkType, PKTAP_PLACE] as const),
]);

/** Why a packet has no IP that could be read. */
export const whyNoIp = ({ bytes, interface: { linkType } }: Packet): string =>
  RADIO.includes(linkType) && isEncrypted(bytes, linkType) ? "encrypted on the air" : "no IP";

/** The packet from its IP header on, without padding: a view; `undefined` if it is no IP. VLAN tags, PPPoE and MPLS are passed over. */
export function networkPacket({ bytes, interface: { linkType } }: Packet): Uint8Array | undefined {
  const start = startOf(bytes, linkType);
  return start === undefined ? undefined : ipPacket(bytes.subarray(start));
}

/** The IP packet that begins here, without what follows it; `undefined` if it is none. */
export function ipPacket(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes.length < IPV4_HEADER) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const version = view.getUint8(0) >> 4;
  if (version !== 4 && (version !== 6 || bytes.length < IPV6_HEADER)) return undefined;
  const length = version === 4 ? ipv4Length(view) : ipv6Length(view);
  return length < IPV4_HEADER ? undefined : bytes.subarray(0, Math.min(length, bytes.length));
}

/** A total length of 0 is that of a frame of many segments whose length was left to the network card. */
const ipv4Length = (view: DataView): number => view.getUint16(IPV4_LENGTH) || view.byteLength;

/** A payload length of 0 is that, too, or of a jumbogram (RFC 2675), unless nothing is to follow. */
function ipv6Length(view: DataView): number {
  const payload = view.getUint16(IPV6_PAYLOAD_LENGTH);
  const isLeftOut = payload === 0 && view.getUint8(IPV6_NEXT_HEADER) !== NO_NEXT_HEADER;
  return isLeftOut ? view.byteLength : IPV6_HEADER + payload;
}

const wordAt = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

function startOf(bytes: Uint8Array, linkType: number): number | undefined {
  if (RAW.includes(linkType)) return 0;
  if (LOOPBACK.includes(linkType)) return LOOPBACK_HEADER;
  if (PPP.includes(linkType)) return pppStart(bytes, 0);
  if (linkType === PPP_WITH_DIRECTION) return pppStart(bytes, 1);
  if (linkType === HDLC_WITH_DIRECTION) return typedStart(bytes, wordAt(bytes, 3), 5);
  if (linkType === ENC) return ENC_HEADER;
  // Its first byte is its length, without what fills it up to words.
  if (linkType === PFLOG) return ((bytes[0] ?? 0) + 3) & ~3;
  if (PKTAP.includes(linkType)) return tappedStart(bytes);
  if (linkType === NFLOG) return nflogStart(bytes);
  if (RADIO.includes(linkType)) {
    const type = radioEtherType(bytes, linkType);
    return type === undefined ? undefined : typedStart(bytes, wordAt(bytes, type), type + 2);
  }
  const [typeAt, headerEnd] = WITH_ETHERTYPE.get(linkType) ?? [0, 0];
  return typedStart(bytes, wordAt(bytes, typeAt), headerEnd);
}

/** Behind the header of PKTAP is a packet as its own interface has it. */
function tappedStart(bytes: Uint8Array): number | undefined {
  if (bytes.length < PKTAP_PLACE[1]) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [header, linkType] = [view.getUint32(0, true), view.getUint32(PKTAP_LINK_TYPE, true)];
  if (PKTAP.includes(linkType) || !IP_LINKS.reads(linkType)) return undefined;
  const start = startOf(bytes.subarray(header), linkType);
  return start === undefined ? undefined : header + start;
}

/** Where the value begins that is the packet itself. */
function nflogStart(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = NFLOG_HEADER; at + 4 <= bytes.length; ) {
    const length = view.getUint16(at, true);
    if (view.getUint16(at + 2, true) === NFLOG_PAYLOAD) return at + 4;
    if (length < 4) return undefined;
    at += (length + 3) & ~3;
  }
  return undefined;
}

/** What tags of providers were called before 802.1ad. */
const OLD_TAGS: readonly number[] = [0x9100, 0x9200];

/** Where the IP packet begins in an Ethernet frame that begins here. */
export const ethernetStart = (bytes: Uint8Array, from: number): number | undefined =>
  from + ETHERNET_HEADER > bytes.length
    ? undefined
    : typedStart(bytes, wordAt(bytes, from + ETHERNET_TYPE), from + ETHERNET_HEADER);

/** Where the IP packet begins in what an EtherType names. */
export function typedStart(bytes: Uint8Array, named: number, from: number): number | undefined {
  let type = named;
  let at = from;
  for (; isVlanType(type) || OLD_TAGS.includes(type); at += VLAN_TAG) type = wordAt(bytes, at + 2);
  if (type === ETHERTYPE_IPV4 || type === ETHERTYPE_IPV6) return at;
  if (type === ETHERTYPE_PPPOE_SESSION) return pppStart(bytes, at + PPPOE_HEADER);
  return type === ETHERTYPE_MPLS ? behindLabels(bytes, at) : undefined;
}

/** With or without address and control (RFC 1662), the protocol in one byte or two; or a frame of Cisco's HDLC among PPP's. */
export function pppStart(bytes: Uint8Array, from: number): number | undefined {
  const word = wordAt(bytes, from);
  if (word === 0x0f00 || word === 0x8f00) return typedStart(bytes, wordAt(bytes, from + 2), from + 4);
  const at = word === 0xff03 ? from + 2 : from;
  const short = (bytes[at] ?? 0) & 1;
  const protocol = short ? (bytes[at] ?? 0) : wordAt(bytes, at);
  const end = at + (short ? 1 : 2);
  if (protocol === PPP_IPV4 || protocol === PPP_IPV6) return end;
  return protocol === PPP_MPLS ? behindLabels(bytes, end) : undefined;
}

/** Behind the label that is the bottom of its stack (RFC 3032); what follows shows itself by its version. */
function behindLabels(bytes: Uint8Array, from: number): number | undefined {
  for (let at = from; at + 4 <= bytes.length; at += 4) if ((bytes[at + 2] ?? 0) & 1) return at + 4;
  return undefined;
}
