/** What stands behind the IP header of a made-up packet. */

import { type Address, AF_INET6, writeAddress } from "../wire/address.ts";
import { fold, halves, sum } from "../wire/checksum.ts";
import { ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from "../wire/ethernet.ts";
import { GRE_CHECKSUM_LENGTH, GRE_CHECKSUM_PRESENT, GRE_HEADER } from "../wire/gre.ts";
import { GUE_HEADER } from "../wire/gue.ts";
import { ICMP_CHECKSUM, ICMP_CODE, ICMP_HEADER, ICMP_REST, ICMP_TYPE } from "../wire/icmp.ts";
import { NEIGHBOR_SOLICITATION } from "../wire/icmpv6.ts";
import {
  FRAGMENT_OFFSET,
  PROTOCOL_GRE,
  PROTOCOL_ICMP,
  PROTOCOL_IPIP,
  PROTOCOL_IPV6,
  PROTOCOL_SCTP,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from "../wire/ipv4.ts";
import { AUTHENTICATION, IPV6_HEADER, PROTOCOL_ICMPV6 } from "../wire/ipv6.ts";
import {
  DISCOVERY_MESSAGE,
  linkLayerOptionBytes,
  SOURCE_LINK_LAYER,
  TARGET,
  TARGET_LINK_LAYER,
} from "../wire/neighbor-discovery.ts";
import { finishSctp, SCTP_CHECKSUM, SCTP_CHUNK_HEADER, SCTP_HEADER } from "../wire/sctp.ts";
import {
  OPTION_MSS,
  TCP_ACKNOWLEDGEMENT,
  TCP_CHECKSUM,
  TCP_FLAGS,
  TCP_HEADER,
  TCP_OFFSET,
  TCP_SEQUENCE,
  TCP_WINDOW,
} from "../wire/tcp.ts";
import { UDP_CHECKSUM, UDP_HEADER, UDP_LENGTH } from "../wire/udp.ts";
import type { MadeUpPacket, MadeUpProtocol } from "./made-up-packet.ts";

export const PROTOCOL_ESP = 50;
/** Of IPIP the number is that of the packet inside. */
const PROTOCOLS: Readonly<Record<Exclude<MadeUpProtocol, "ipip" | "arp">, number>> = {
  gre: PROTOCOL_GRE,
  gue: PROTOCOL_UDP,
  tcp: PROTOCOL_TCP,
  udp: PROTOCOL_UDP,
  sctp: PROTOCOL_SCTP,
  icmp: PROTOCOL_ICMP,
  icmpv6: PROTOCOL_ICMPV6,
  esp: PROTOCOL_ESP,
  ah: AUTHENTICATION,
};
const NO_BYTES = new Uint8Array(0);
const MSS_LENGTH = 4;
/** SPI and sequence number; AH has next header, length and checked value besides. */
const ESP_HEADER = 8;
const AH_HEADER = 24;
/** What an ICMP error quotes behind the IPv4 header at most, so that it can cross any network. */
const LONGEST_QUOTE = 548;
/** The same of ICMPv6: no more than the minimum MTU of 1280 bytes with all headers (RFC 4443, section 2.4). */
const LONGEST_IPV6_QUOTE = 1280 - IPV6_HEADER - ICMP_HEADER;

export function protocolNumber({ protocol, about }: MadeUpPacket): number {
  if (protocol === "ipip") return about?.source.family === AF_INET6 ? PROTOCOL_IPV6 : PROTOCOL_IPIP;
  return protocol === "arp" ? 0 : PROTOCOLS[protocol];
}

/** `inside` is the packet that it carries or quotes, if it does. */
export function transportBytes(packet: MadeUpPacket, inside: Uint8Array | undefined): Uint8Array {
  // Behind the first fragment there is data only.
  if ((packet.fragment & FRAGMENT_OFFSET) !== 0) return dataOf(packet);
  switch (packet.protocol) {
    case "tcp":
      return tcpBytes(packet);
    case "udp":
      return udpBytes(packet);
    case "sctp":
      return sctpBytes(packet);
    case "icmp":
    case "icmpv6":
      return icmpBytes(packet, inside);
    case "esp":
    case "ah":
      return securityBytes(packet);
    case "gre":
      return greBytes(packet, inside ?? dataOf(packet));
    case "gue":
      return udpBytes(packet, gueBytes(packet, inside ?? dataOf(packet)));
    case "ipip":
    case "arp":
      return inside ?? dataOf(packet);
  }
}

const dataOf = ({ data, length }: MadeUpPacket): Uint8Array => (data?.length === length ? data : alphabet(length));

/** The data of a packet that names none. */
export const alphabet = (length: number): Uint8Array => Uint8Array.from({ length }, (_, index) => 0x61 + (index % 26));

function tcpBytes(packet: MadeUpPacket): Uint8Array {
  const options = packet.options ?? mssOption(packet.mss);
  const header = TCP_HEADER + options.length;
  const bytes = new Uint8Array(header + packet.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, packet.sourcePort);
  view.setUint16(2, packet.destinationPort);
  view.setUint32(TCP_SEQUENCE, packet.sequence);
  view.setUint32(TCP_ACKNOWLEDGEMENT, packet.acknowledgement);
  view.setUint8(TCP_OFFSET, (header / 4) << 4);
  view.setUint8(TCP_FLAGS, packet.flags);
  view.setUint16(TCP_WINDOW, packet.window);
  bytes.set(options, TCP_HEADER);
  bytes.set(dataOf(packet), header);
  writeSum(view, packet, TCP_CHECKSUM, true);
  return bytes;
}

/** The one option that a made-up SYN may have; none for 0. */
export function mssOption(mss: number): Uint8Array {
  return mss === 0 ? new Uint8Array() : Uint8Array.of(OPTION_MSS, MSS_LENGTH, mss >> 8, mss & 0xff);
}

const isIpv6Inside = ({ about }: MadeUpPacket): boolean => about?.source.family === AF_INET6;

/** RFC 2784, with its checksum if there is one to be. */
function greBytes(packet: MadeUpPacket, inside: Uint8Array): Uint8Array {
  const header = GRE_HEADER + (packet.checked ? GRE_CHECKSUM_LENGTH : 0);
  const bytes = new Uint8Array(header + inside.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, packet.checked ? GRE_CHECKSUM_PRESENT : 0);
  view.setUint16(2, isIpv6Inside(packet) ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4);
  bytes.set(inside, header);
  if (packet.checked) writeSum(view, packet, GRE_HEADER, false);
  return bytes;
}

/** What stands behind the header of UDP: version and length 0, the protocol inside, no flags (draft-ietf-intarea-gue). */
function gueBytes(packet: MadeUpPacket, inside: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(GUE_HEADER + inside.length);
  bytes[1] = isIpv6Inside(packet) ? PROTOCOL_IPV6 : PROTOCOL_IPIP;
  bytes.set(inside, GUE_HEADER);
  return bytes;
}

function udpBytes(packet: MadeUpPacket, data = dataOf(packet)): Uint8Array {
  const bytes = new Uint8Array(UDP_HEADER + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, packet.sourcePort);
  view.setUint16(2, packet.destinationPort);
  view.setUint16(UDP_LENGTH, bytes.length);
  bytes.set(data, UDP_HEADER);
  writeSum(view, packet, UDP_CHECKSUM, true);
  return bytes;
}

/** One chunk, padded to four bytes. */
function sctpBytes(packet: MadeUpPacket): Uint8Array {
  const chunk = SCTP_CHUNK_HEADER + packet.length;
  const bytes = new Uint8Array(SCTP_HEADER + Math.ceil(chunk / 4) * 4);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, packet.sourcePort);
  view.setUint16(2, packet.destinationPort);
  view.setUint32(4, packet.tag);
  view.setUint8(SCTP_HEADER, packet.chunk);
  view.setUint16(SCTP_HEADER + 2, chunk);
  bytes.set(dataOf(packet), SCTP_HEADER + SCTP_CHUNK_HEADER);
  if (typeof packet.sum === "number") view.setUint32(SCTP_CHECKSUM, packet.sum);
  else finishSctp(view, 0, bytes.length);
  if (packet.sum === "wrong") view.setUint8(SCTP_CHECKSUM, view.getUint8(SCTP_CHECKSUM) ^ 1);
  return bytes;
}

/** ESP or AH: what is in it is nobody's business here. */
function securityBytes(packet: MadeUpPacket): Uint8Array {
  const isAh = packet.protocol === "ah";
  const header = isAh ? AH_HEADER : ESP_HEADER;
  const bytes = new Uint8Array(header + packet.length);
  const view = new DataView(bytes.buffer);
  // The next header is a datagram, the length counts words of 32 bits less two (RFC 4302, section 2).
  if (isAh) view.setUint16(0, (PROTOCOL_UDP << 8) | (AH_HEADER / 4 - 2));
  view.setUint32(isAh ? 4 : 0, packet.spi);
  view.setUint32(isAh ? 8 : 4, packet.sequence);
  bytes.set(dataOf(packet), header);
  return bytes;
}

function icmpBytes(packet: MadeUpPacket, quoted: Uint8Array | undefined): Uint8Array {
  const longest = packet.protocol === "icmp" ? LONGEST_QUOTE : LONGEST_IPV6_QUOTE;
  const told = packet.target === undefined ? dataOf(packet) : discoveryBytes(packet, packet.target);
  const data = quoted?.subarray(0, longest) ?? told;
  const bytes = new Uint8Array(ICMP_HEADER + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(ICMP_TYPE, packet.icmpType);
  view.setUint8(ICMP_CODE, packet.icmpCode);
  view.setUint32(ICMP_REST, packet.icmpRest);
  bytes.set(data, ICMP_HEADER);
  writeSum(view, packet, ICMP_CHECKSUM, packet.protocol === "icmpv6");
  return bytes;
}

/** The target of a message of neighbor discovery, and its option. */
function discoveryBytes({ icmpType, linkLayer }: MadeUpPacket, target: Address): Uint8Array {
  const type = icmpType === NEIGHBOR_SOLICITATION ? SOURCE_LINK_LAYER : TARGET_LINK_LAYER;
  const option = typeof linkLayer === "number" ? linkLayerOptionBytes(type, linkLayer) : NO_BYTES;
  const bytes = new Uint8Array(DISCOVERY_MESSAGE - TARGET + option.length);
  writeAddress(new DataView(bytes.buffer), 0, target);
  bytes.set(option, DISCOVERY_MESSAGE - TARGET);
  return bytes;
}

/** The checksum in such bytes; 0 where there is none. */
export function sumIn(packet: MadeUpPacket, bytes: Uint8Array): number {
  const at = SUM_AT[packet.protocol];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (at === undefined || (packet.protocol === "gre" && !packet.checked)) return 0;
  return packet.protocol === "sctp" ? view.getUint32(at) : view.getUint16(at);
}

const SUM_AT: Partial<Record<MadeUpProtocol, number>> = {
  tcp: TCP_CHECKSUM,
  udp: UDP_CHECKSUM,
  gre: GRE_HEADER,
  gue: UDP_CHECKSUM,
  sctp: SCTP_CHECKSUM,
  icmp: ICMP_CHECKSUM,
  icmpv6: ICMP_CHECKSUM,
};

function writeSum(view: DataView, packet: MadeUpPacket, at: number, pseudo: boolean): void {
  const { source, destination, protocol, sum: wanted } = packet;
  const length = view.byteLength;
  const ends = pseudo
    ? fold(addressSum(source) + addressSum(destination) + protocolNumber(packet) + halves(length))
    : 0;
  const check = ~fold(sum(view, 0, length) + ends) & 0xffff;
  const right = (protocol === "udp" || protocol === "gue") && check === 0 ? 0xffff : check;
  const sums = { right, wrong: right ^ 1, partial: ends };
  view.setUint16(at, typeof wanted === "number" ? wanted : sums[wanted]);
}

const addressSum = ({ words }: Address): number => fold(words.reduce((total, word) => total + halves(word), 0));
