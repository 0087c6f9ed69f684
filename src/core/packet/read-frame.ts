/** A frame taken apart as a packet that one could have made up. What words cannot say is left out, or ends the reading. */

import { type Address, AF_INET, AF_INET6, addressAt } from "../wire/address.ts";
import { ARP_LENGTH, ARP_OPERATION, ARP_SENDER_IP, ARP_TARGET_IP } from "../wire/arp.ts";
import { ETHERNET_HEADER, ETHERNET_TYPE, ETHERTYPE_ARP, ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from "../wire/ethernet.ts";
import { GRE_CHECKSUM_LENGTH, GRE_CHECKSUM_PRESENT, GRE_HEADER } from "../wire/gre.ts";
import { GUE_HEADER, GUE_PORT } from "../wire/gue.ts";
import { ICMP_CHECKSUM, ICMP_CODE, ICMP_HEADER, ICMP_REST, ICMP_TYPE } from "../wire/icmp.ts";
import { NEIGHBOR_SOLICITATION } from "../wire/icmpv6.ts";
import {
  FRAGMENT_OFFSET,
  headerLength,
  IPV4_DESTINATION,
  IPV4_FRAGMENT,
  IPV4_HEADER,
  IPV4_IDENTIFICATION,
  IPV4_PROTOCOL,
  IPV4_SOURCE,
  IPV4_TOS,
  IPV4_TTL,
  MORE_FRAGMENTS,
  PROTOCOL_GRE,
  PROTOCOL_ICMP,
  PROTOCOL_IPIP,
  PROTOCOL_IPV6,
  PROTOCOL_SCTP,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from "../wire/ipv4.ts";
import {
  AUTHENTICATION,
  FRAGMENT,
  flowLabel,
  IPV6_DESTINATION,
  IPV6_HEADER,
  IPV6_HOP_LIMIT,
  IPV6_SOURCE,
  MORE,
  PROTOCOL_ICMPV6,
  trafficClass,
} from "../wire/ipv6.ts";
import { readChain } from "../wire/ipv6-chain.ts";
import {
  DISCOVERY_MESSAGE,
  linkLayerOption,
  SOURCE_LINK_LAYER,
  TARGET,
  TARGET_LINK_LAYER,
} from "../wire/neighbor-discovery.ts";
import { SCTP_CHECKSUM, SCTP_CHUNK_HEADER, SCTP_HEADER } from "../wire/sctp.ts";
import {
  TCP_ACKNOWLEDGEMENT,
  TCP_CHECKSUM,
  TCP_FLAGS,
  TCP_HEADER,
  TCP_SEQUENCE,
  TCP_WINDOW,
  tcpHeaderLength,
} from "../wire/tcp.ts";
import { UDP_CHECKSUM, UDP_HEADER } from "../wire/udp.ts";
import { isDiscovery, isError, type MadeUpPacket, type MadeUpProtocol, plainPacket } from "./made-up-packet.ts";
import { alphabet, mssOption, PROTOCOL_ESP } from "./transport-bytes.ts";

/**
 * `undefined` for what is no whole ARP, IPv4 or IPv6 packet, or has what no word stands for. `asDatagrams` takes GUE for the datagrams
 * of UDP that it comes in.
 */
export function readFrame(bytes: Uint8Array, asDatagrams = false): MadeUpPacket | undefined {
  if (bytes.length < ETHERNET_HEADER) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (view.getUint16(ETHERNET_TYPE)) {
    case ETHERTYPE_IPV4:
      return readIpv4(view, ETHERNET_HEADER, asDatagrams);
    case ETHERTYPE_IPV6:
      return readIpv6(view, ETHERNET_HEADER, asDatagrams);
    case ETHERTYPE_ARP:
      return readArp(view, ETHERNET_HEADER);
    default:
      return undefined;
  }
}

/** The protocol of a frame, by the word for it. */
export const protocolOf = (bytes: Uint8Array): MadeUpProtocol | undefined => readFrame(bytes)?.protocol;

const between = (source: Address, destination: Address): MadeUpPacket =>
  plainPacket({ protocol: "udp", source, sourcePort: 0, destination, destinationPort: 0 });

function readArp(view: DataView, at: number): MadeUpPacket | undefined {
  if (view.byteLength < at + ARP_LENGTH) return undefined;
  const packet = between(addressAt(view, at + ARP_SENDER_IP, AF_INET), addressAt(view, at + ARP_TARGET_IP, AF_INET));
  return { ...packet, protocol: "arp", operation: view.getUint16(at + ARP_OPERATION) };
}

function readIpv4(view: DataView, at: number, asDatagrams = false): MadeUpPacket | undefined {
  if (view.byteLength < at + IPV4_HEADER) return undefined;
  const header = headerLength(view, at);
  if (header < IPV4_HEADER || view.byteLength < at + header) return undefined;
  const packet = between(addressAt(view, at + IPV4_SOURCE, AF_INET), addressAt(view, at + IPV4_DESTINATION, AF_INET));
  packet.tos = view.getUint8(at + IPV4_TOS);
  packet.ttl = view.getUint8(at + IPV4_TTL);
  packet.identification = view.getUint16(at + IPV4_IDENTIFICATION);
  packet.fragment = view.getUint16(at + IPV4_FRAGMENT);
  if (header > IPV4_HEADER) packet.ipOptions = bytesIn(view, at + IPV4_HEADER, at + header);
  return readTransport(view, at + header, view.getUint8(at + IPV4_PROTOCOL), packet, asDatagrams);
}

function readIpv6(view: DataView, at: number, asDatagrams = false): MadeUpPacket | undefined {
  if (view.byteLength < at + IPV6_HEADER) return undefined;
  const packet = between(addressAt(view, at + IPV6_SOURCE, AF_INET6), addressAt(view, at + IPV6_DESTINATION, AF_INET6));
  const chain = readChain(view, at, view.byteLength);
  const extensions = chain.extensions.filter(({ type }) => type !== AUTHENTICATION);
  if (extensions.some(({ type }) => type !== FRAGMENT)) return undefined;
  const [fragment] = extensions;
  packet.tos = trafficClass(view, at);
  packet.ttl = view.getUint8(at + IPV6_HOP_LIMIT);
  packet.flowLabel = flowLabel(view, at);
  if (fragment === undefined)
    return readTransport(view, at + IPV6_HEADER, view.getUint8(at + UDP_CHECKSUM), packet, asDatagrams);
  const field = view.getUint16(fragment.at + 2);
  packet.fragment = (field >> 3) | ((field & MORE) !== 0 ? MORE_FRAGMENTS : 0);
  packet.identification = view.getUint32(fragment.at + 4);
  return readTransport(view, fragment.at + fragment.length, view.getUint8(fragment.at), packet, asDatagrams);
}

/** What stands behind the IP header, into `packet`. */
function readTransport(
  view: DataView,
  at: number,
  protocol: number,
  packet: MadeUpPacket,
  asDatagrams: boolean,
): MadeUpPacket | undefined {
  const isFirst = (packet.fragment & FRAGMENT_OFFSET) === 0;
  const room = view.byteLength - at;
  switch (protocol) {
    case PROTOCOL_TCP:
      packet.protocol = "tcp";
      return !isFirst ? withData(view, at, packet) : room < TCP_HEADER ? undefined : readTcp(view, at, packet);
    case PROTOCOL_UDP:
      if (!isFirst) return withData(view, at, packet);
      return room < UDP_HEADER
        ? undefined
        : ((asDatagrams ? undefined : readGue(view, at, packet)) ??
            withData(view, at + UDP_HEADER, withPorts(view, at, packet), at + UDP_CHECKSUM));
    case PROTOCOL_GRE:
      return isFirst ? readGre(view, at, packet) : undefined;
    case PROTOCOL_SCTP:
      packet.protocol = "sctp";
      return room < SCTP_HEADER + SCTP_CHUNK_HEADER ? undefined : readSctp(view, at, packet);
    case PROTOCOL_ICMP:
    case PROTOCOL_ICMPV6:
      packet.protocol = protocol === PROTOCOL_ICMP ? "icmp" : "icmpv6";
      return !isFirst || room < ICMP_HEADER ? undefined : readIcmp(view, at, packet);
    case PROTOCOL_IPIP:
    case PROTOCOL_IPV6:
      packet.protocol = "ipip";
      packet.about = protocol === PROTOCOL_IPIP ? readIpv4(view, at) : readIpv6(view, at);
      return packet.about === undefined ? undefined : packet;
    case AUTHENTICATION:
    case PROTOCOL_ESP:
      return readSecurity(view, at, protocol === AUTHENTICATION, packet);
    default:
      return undefined;
  }
}

const readInside = (view: DataView, at: number, isIpv6: boolean): MadeUpPacket | undefined =>
  isIpv6 ? readIpv6(view, at) : readIpv4(view, at);

/** With no more than a checksum. */
function readGre(view: DataView, at: number, packet: MadeUpPacket): MadeUpPacket | undefined {
  if (view.byteLength < at + GRE_HEADER + GRE_CHECKSUM_LENGTH) return undefined;
  const checked = view.getUint16(at) === GRE_CHECKSUM_PRESENT;
  const about = readInside(
    view,
    at + GRE_HEADER + (checked ? GRE_CHECKSUM_LENGTH : 0),
    view.getUint16(at + 2) === ETHERTYPE_IPV6,
  );
  if (about === undefined) return undefined;
  return { ...packet, protocol: "gre", about, checked, ...(checked && { sum: view.getUint16(at + GRE_HEADER) }) };
}

/** `undefined` for a datagram that is none, or has no packet in it that words stand for. */
function readGue(view: DataView, at: number, packet: MadeUpPacket): MadeUpPacket | undefined {
  if (view.getUint16(at + 2) !== GUE_PORT || view.byteLength < at + UDP_HEADER + GUE_HEADER) return undefined;
  const header = view.getUint32(at + UDP_HEADER);
  const isIpv6 = header === PROTOCOL_IPV6 << 16;
  if (!isIpv6 && header !== PROTOCOL_IPIP << 16) return undefined;
  const about = readInside(view, at + UDP_HEADER + GUE_HEADER, isIpv6);
  const ports = { sourcePort: view.getUint16(at), destinationPort: view.getUint16(at + 2) };
  return about && { ...packet, ...ports, protocol: "gue", about, sum: view.getUint16(at + UDP_CHECKSUM) };
}

function withPorts(view: DataView, at: number, packet: MadeUpPacket): MadeUpPacket {
  packet.sourcePort = view.getUint16(at);
  packet.destinationPort = view.getUint16(at + 2);
  return packet;
}

const bytesIn = (view: DataView, from: number, to: number): Uint8Array =>
  new Uint8Array(view.buffer, view.byteOffset + from, to - from).slice();

/** The data from `at` on; `sumAt` is where the checksum stands. */
function withData(view: DataView, at: number, packet: MadeUpPacket, sumAt?: number): MadeUpPacket {
  const length = view.byteLength - at;
  const data = bytesIn(view, at, view.byteLength);
  packet.length = length;
  if (data.some((byte, index) => byte !== alphabet(26)[index % 26])) packet.data = data;
  if (sumAt !== undefined) packet.sum = view.getUint16(sumAt);
  return packet;
}

function readTcp(view: DataView, at: number, packet: MadeUpPacket): MadeUpPacket | undefined {
  const header = tcpHeaderLength(view, at);
  if (header < TCP_HEADER || at + header > view.byteLength) return undefined;
  packet.flags = view.getUint8(at + TCP_FLAGS);
  packet.sequence = view.getUint32(at + TCP_SEQUENCE);
  packet.acknowledgement = view.getUint32(at + TCP_ACKNOWLEDGEMENT);
  packet.window = view.getUint16(at + TCP_WINDOW);
  const options = bytesIn(view, at + TCP_HEADER, at + header);
  const mss = options.length === 4 ? view.getUint16(at + TCP_HEADER + 2) : 0;
  if (String(mssOption(mss)) === String(options)) packet.mss = mss;
  else packet.options = options;
  return withData(view, at + header, withPorts(view, at, packet), at + TCP_CHECKSUM);
}

function readSctp(view: DataView, at: number, packet: MadeUpPacket): MadeUpPacket | undefined {
  const length = view.getUint16(at + SCTP_HEADER + 2) - SCTP_CHUNK_HEADER;
  const data = at + SCTP_HEADER + SCTP_CHUNK_HEADER;
  if (length < 0 || data + length > view.byteLength) return undefined;
  packet.tag = view.getUint32(at + 4);
  packet.chunk = view.getUint8(at + SCTP_HEADER);
  packet.sum = view.getUint32(at + SCTP_CHECKSUM);
  withPorts(view, at, packet);
  packet.length = length;
  if (length > 0) packet.data = bytesIn(view, data, data + length);
  return packet;
}

function readIcmp(view: DataView, at: number, packet: MadeUpPacket): MadeUpPacket | undefined {
  packet.icmpType = view.getUint8(at + ICMP_TYPE);
  packet.icmpCode = view.getUint8(at + ICMP_CODE);
  packet.icmpRest = view.getUint32(at + ICMP_REST);
  packet.sum = view.getUint16(at + ICMP_CHECKSUM);
  if (isDiscovery(packet)) return readDiscovery(view, at, packet);
  if (!isError(packet)) return withData(view, at + ICMP_HEADER, packet, at + ICMP_CHECKSUM);
  const quoted = packet.protocol === "icmp" ? readIpv4(view, at + ICMP_HEADER) : readIpv6(view, at + ICMP_HEADER);
  packet.about = quoted;
  return quoted === undefined ? undefined : packet;
}

/** With no option, or with the one that tells a MAC address. */
function readDiscovery(view: DataView, at: number, packet: MadeUpPacket): MadeUpPacket | undefined {
  const options = at + DISCOVERY_MESSAGE;
  if (view.byteLength < options) return undefined;
  packet.target = addressAt(view, at + TARGET, AF_INET6);
  packet.linkLayer = "none";
  if (view.byteLength === options) return packet;
  const type = packet.icmpType === NEIGHBOR_SOLICITATION ? SOURCE_LINK_LAYER : TARGET_LINK_LAYER;
  const mac = linkLayerOption(view, options, view.byteLength, type);
  if (mac < 0) return undefined;
  packet.linkLayer = mac;
  return packet;
}

function readSecurity(view: DataView, at: number, isAh: boolean, packet: MadeUpPacket): MadeUpPacket | undefined {
  const start = at + (isAh ? 4 : 0);
  const header = isAh ? 24 : 8;
  if (view.byteLength < at + header) return undefined;
  packet.protocol = isAh ? "ah" : "esp";
  packet.spi = view.getUint32(start);
  packet.sequence = view.getUint32(start + 4);
  return withData(view, at + header, packet);
}
