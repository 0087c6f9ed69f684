/** The bytes of a made-up packet. */
import { type Address, AF_INET, firstWord, writeAddress } from "../wire/address.ts";
import { fold, halves, sum } from "../wire/checksum.ts";
import {
  ETHERNET_HEADER,
  ETHERNET_SOURCE,
  ETHERNET_TYPE,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  writeMac,
} from "../wire/ethernet.ts";
import { ICMP_CHECKSUM, ICMP_CODE, ICMP_HEADER, ICMP_REST, ICMP_TYPE } from "../wire/icmp.ts";
import {
  FRAGMENT_OFFSET,
  IPV4_HEADER,
  MORE_FRAGMENTS,
  PROTOCOL_ICMP,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  writeIpv4,
} from "../wire/ipv4.ts";
import {
  FRAGMENT,
  FRAGMENT_HEADER,
  IPV6_DESTINATION,
  IPV6_HEADER,
  IPV6_SOURCE,
  PROTOCOL_ICMPV6,
  writeFragmentHeader,
  writeIpv6,
} from "../wire/ipv6.ts";
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

const PROTOCOLS: Readonly<Record<MadeUpProtocol, number>> = {
  tcp: PROTOCOL_TCP,
  udp: PROTOCOL_UDP,
  icmp: PROTOCOL_ICMP,
  icmpv6: PROTOCOL_ICMPV6,
};
const MSS_LENGTH = 4;
/** What an ICMP error quotes behind the IPv4 header at most, so that it can cross any network. */
const LONGEST_QUOTE = 548;
/** The same of ICMPv6: no more than the minimum MTU of 1280 bytes with all headers (RFC 4443, section 2.4). */
const LONGEST_IPV6_QUOTE = 1280 - IPV6_HEADER - ICMP_HEADER;

/** The frame, its Ethernet addresses given as 48-bit numbers. Data is the alphabet again and again. */
export function packetBytes(packet: MadeUpPacket, sourceMac: number, destinationMac: number): Uint8Array {
  const content = ipBytes(packet);
  const bytes = new Uint8Array(ETHERNET_HEADER + content.length);
  const view = new DataView(bytes.buffer);
  writeMac(view, 0, destinationMac);
  writeMac(view, ETHERNET_SOURCE, sourceMac);
  view.setUint16(ETHERNET_TYPE, packet.source.family === AF_INET ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6);
  bytes.set(content, ETHERNET_HEADER);
  return bytes;
}

const ipBytes = (packet: MadeUpPacket): Uint8Array =>
  packet.source.family === AF_INET ? ipv4Bytes(packet) : ipv6Bytes(packet);

function ipv4Bytes(packet: MadeUpPacket): Uint8Array {
  const payload = transportBytes(packet);
  const bytes = new Uint8Array(IPV4_HEADER + payload.length);
  writeIpv4(new DataView(bytes.buffer), 0, {
    tos: packet.tos,
    length: bytes.length,
    identification: packet.identification,
    fragment: packet.fragment,
    ttl: packet.ttl,
    protocol: PROTOCOLS[packet.protocol],
    source: firstWord(packet.source),
    destination: firstWord(packet.destination),
  });
  bytes.set(payload, IPV4_HEADER);
  return bytes;
}

/** With a fragment header where the packet is a fragment. */
function ipv6Bytes(packet: MadeUpPacket): Uint8Array {
  const { fragment, tos, flowLabel, ttl, identification } = packet;
  const payload = transportBytes(packet);
  const protocol = PROTOCOLS[packet.protocol];
  const extension = fragment === 0 ? 0 : FRAGMENT_HEADER;
  const bytes = new Uint8Array(IPV6_HEADER + extension + payload.length);
  const view = new DataView(bytes.buffer);
  const nextHeader = extension === 0 ? protocol : FRAGMENT;
  writeIpv6(view, 0, { trafficClass: tos, flowLabel, length: bytes.length - IPV6_HEADER, nextHeader, hopLimit: ttl });
  writeAddress(view, IPV6_SOURCE, packet.source);
  writeAddress(view, IPV6_DESTINATION, packet.destination);
  const offset = (fragment & FRAGMENT_OFFSET) * 8;
  if (extension !== 0)
    writeFragmentHeader(view, IPV6_HEADER, protocol, offset, (fragment & MORE_FRAGMENTS) !== 0, identification);
  bytes.set(payload, IPV6_HEADER + extension);
  return bytes;
}

function transportBytes(packet: MadeUpPacket): Uint8Array {
  // Behind the first fragment there is data only.
  if ((packet.fragment & 0x1fff) !== 0) return alphabet(packet.length);
  switch (packet.protocol) {
    case "tcp":
      return tcpBytes(packet);
    case "udp":
      return udpBytes(packet);
    case "icmp":
    case "icmpv6":
      return icmpBytes(packet);
  }
}

const alphabet = (length: number): Uint8Array => Uint8Array.from({ length }, (_, index) => 0x61 + (index % 26));

function tcpBytes(packet: MadeUpPacket): Uint8Array {
  const header = TCP_HEADER + (packet.mss === 0 ? 0 : MSS_LENGTH);
  const bytes = new Uint8Array(header + packet.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, packet.sourcePort);
  view.setUint16(2, packet.destinationPort);
  view.setUint32(TCP_SEQUENCE, packet.sequence);
  view.setUint32(TCP_ACKNOWLEDGEMENT, packet.acknowledgement);
  view.setUint8(TCP_OFFSET, (header / 4) << 4);
  view.setUint8(TCP_FLAGS, packet.flags);
  view.setUint16(TCP_WINDOW, packet.window);
  if (packet.mss !== 0) view.setUint32(TCP_HEADER, (OPTION_MSS << 24) | (MSS_LENGTH << 16) | packet.mss);
  bytes.set(alphabet(packet.length), header);
  writeSum(view, packet, TCP_CHECKSUM, true);
  return bytes;
}

function udpBytes(packet: MadeUpPacket): Uint8Array {
  const bytes = new Uint8Array(UDP_HEADER + packet.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, packet.sourcePort);
  view.setUint16(2, packet.destinationPort);
  view.setUint16(UDP_LENGTH, bytes.length);
  bytes.set(alphabet(packet.length), UDP_HEADER);
  writeSum(view, packet, UDP_CHECKSUM, true);
  return bytes;
}

function icmpBytes(packet: MadeUpPacket): Uint8Array {
  const longest = packet.protocol === "icmp" ? LONGEST_QUOTE : LONGEST_IPV6_QUOTE;
  const data = packet.about === undefined ? alphabet(packet.length) : ipBytes(packet.about).subarray(0, longest);
  const bytes = new Uint8Array(ICMP_HEADER + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(ICMP_TYPE, packet.icmpType);
  view.setUint8(ICMP_CODE, packet.icmpCode);
  view.setUint32(ICMP_REST, packet.icmpRest);
  bytes.set(data, ICMP_HEADER);
  writeSum(view, packet, ICMP_CHECKSUM, packet.protocol === "icmpv6");
  return bytes;
}

function writeSum(view: DataView, packet: MadeUpPacket, at: number, pseudo: boolean): void {
  const { source, destination, protocol, badSum } = packet;
  const length = view.byteLength;
  const ends = pseudo ? addressSum(source) + addressSum(destination) + PROTOCOLS[protocol] + halves(length) : 0;
  const check = ~fold(sum(view, 0, length) + fold(ends)) & 0xffff;
  const sent = protocol === "udp" && check === 0 ? 0xffff : check;
  view.setUint16(at, badSum ? sent ^ 1 : sent);
}

const addressSum = ({ words }: Address): number => fold(words.reduce((total, word) => total + halves(word), 0));
