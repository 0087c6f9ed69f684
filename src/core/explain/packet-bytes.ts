/** The bytes of a made-up packet. */
import { fold, pseudoHeaderSum, sum } from "../wire/checksum.ts";
import { ETHERNET_HEADER, ETHERNET_SOURCE, ETHERNET_TYPE, ETHERTYPE_IPV4, writeMac } from "../wire/ethernet.ts";
import { ICMP_CHECKSUM, ICMP_CODE, ICMP_HEADER, ICMP_REST, ICMP_TYPE } from "../wire/icmp.ts";
import { IPV4_HEADER, PROTOCOL_ICMP, PROTOCOL_TCP, PROTOCOL_UDP, writeIpv4 } from "../wire/ipv4.ts";
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
};
const MSS_LENGTH = 4;
/** What an ICMP error quotes behind the IPv4 header at most, so that it can cross any network. */
const LONGEST_QUOTE = 548;

/** The frame, its Ethernet addresses given as 48-bit numbers. Data is the alphabet again and again. */
export function packetBytes(packet: MadeUpPacket, sourceMac: number, destinationMac: number): Uint8Array {
  const content = ipv4Bytes(packet);
  const bytes = new Uint8Array(ETHERNET_HEADER + content.length);
  const view = new DataView(bytes.buffer);
  writeMac(view, 0, destinationMac);
  writeMac(view, ETHERNET_SOURCE, sourceMac);
  view.setUint16(ETHERNET_TYPE, ETHERTYPE_IPV4);
  bytes.set(content, ETHERNET_HEADER);
  return bytes;
}

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
    source: packet.source,
    destination: packet.destination,
  });
  bytes.set(payload, IPV4_HEADER);
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
  const data =
    packet.about === undefined ? alphabet(packet.length) : ipv4Bytes(packet.about).subarray(0, LONGEST_QUOTE);
  const bytes = new Uint8Array(ICMP_HEADER + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(ICMP_TYPE, packet.icmpType);
  view.setUint8(ICMP_CODE, packet.icmpCode);
  view.setUint32(ICMP_REST, packet.icmpRest);
  bytes.set(data, ICMP_HEADER);
  writeSum(view, packet, ICMP_CHECKSUM, false);
  return bytes;
}

function writeSum(view: DataView, packet: MadeUpPacket, at: number, pseudo: boolean): void {
  const { source, destination, protocol, badSum } = packet;
  const length = view.byteLength;
  const ends = pseudo ? pseudoHeaderSum(source, destination, PROTOCOLS[protocol], length) : 0;
  const check = ~fold(sum(view, 0, length) + ends) & 0xffff;
  const sent = protocol === "udp" && check === 0 ? 0xffff : check;
  view.setUint16(at, badSum ? sent ^ 1 : sent);
}
