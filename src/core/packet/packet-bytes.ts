/** The bytes of a made-up packet. */
import { AF_INET, firstWord, writeAddress } from "../wire/address.ts";
import { ARP_REQUEST, arpFrame } from "../wire/arp.ts";
import { checksum } from "../wire/checksum.ts";
import {
  BROADCAST,
  ETHERNET_HEADER,
  ETHERNET_SOURCE,
  ETHERNET_TYPE,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  writeMac,
} from "../wire/ethernet.ts";
import { FRAGMENT_OFFSET, IPV4_CHECKSUM, IPV4_HEADER, MORE_FRAGMENTS, writeIpv4 } from "../wire/ipv4.ts";
import {
  FRAGMENT,
  FRAGMENT_HEADER,
  IPV6_DESTINATION,
  IPV6_HEADER,
  IPV6_SOURCE,
  writeFragmentHeader,
  writeIpv6,
} from "../wire/ipv6.ts";
import { groupMacOf, type MadeUpPacket } from "./made-up-packet.ts";
import { protocolNumber, sumIn, transportBytes } from "./transport-bytes.ts";

const NO_BYTES = new Uint8Array(0);
/** In the upper half of an IPv4 header's first byte. */
const IPV4_VERSION = 0x40;

/**
 * The frame; the Ethernet addresses, as 48-bit numbers, are for what names none itself. Data is the alphabet again and again
 * where none is given.
 */
export function packetBytes(packet: MadeUpPacket, sourceMac: number, destinationMac: number): Uint8Array {
  const from = packet.sourceMac ?? sourceMac;
  const to = packet.destinationMac ?? groupMacOf(packet.destination) ?? destinationMac;
  if (packet.protocol === "arp") return arpBytes(packet, from, to);
  const content = ipBytes(packet.linkLayer === "own" ? { ...packet, linkLayer: from } : packet);
  const bytes = new Uint8Array(ETHERNET_HEADER + content.length);
  const view = new DataView(bytes.buffer);
  writeMac(view, 0, to);
  writeMac(view, ETHERNET_SOURCE, from);
  view.setUint16(ETHERNET_TYPE, packet.source.family === AF_INET ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6);
  bytes.set(content, ETHERNET_HEADER);
  return bytes;
}

/** A question goes to all, an answer to whom it is for, if that is said. */
function arpBytes(
  { operation, source, destination, destinationMac }: MadeUpPacket,
  from: number,
  to: number,
): Uint8Array {
  const asks = operation === ARP_REQUEST;
  const target = asks ? BROADCAST : to;
  return arpFrame({
    operation,
    senderMac: from,
    senderIp: firstWord(source),
    targetMac: target,
    targetIp: firstWord(destination),
    to: asks ? (destinationMac ?? BROADCAST) : to,
  })
    .contents()
    .slice();
}

const ipBytes = (packet: MadeUpPacket): Uint8Array =>
  packet.source.family === AF_INET ? ipv4Bytes(packet) : ipv6Bytes(packet);

/** What stands behind the IP header, and flags and offset: of the whole packet, or of its piece. */
function contentOf(packet: MadeUpPacket): { readonly content: Uint8Array; readonly fragment: number } {
  const { piece, fragment } = packet;
  const content = behindHeader(packet);
  if (piece === undefined) return { content, fragment };
  const start = (piece.number - 1) * piece.size;
  const more = start + piece.size < content.length ? MORE_FRAGMENTS : 0;
  return { content: content.slice(start, start + piece.size), fragment: fragment | (start / 8) | more };
}

function ipv4Bytes(packet: MadeUpPacket): Uint8Array {
  const { content, fragment } = contentOf(packet);
  const { ipOptions: options = NO_BYTES } = packet;
  const header = IPV4_HEADER + options.length;
  const bytes = new Uint8Array(header + content.length);
  const view = new DataView(bytes.buffer);
  writeIpv4(view, 0, {
    tos: packet.tos,
    length: bytes.length,
    identification: packet.identification,
    fragment,
    ttl: packet.ttl,
    protocol: protocolNumber(packet),
    source: firstWord(packet.source),
    destination: firstWord(packet.destination),
  });
  bytes.set(content, header);
  if (options.length === 0) return bytes;
  bytes.set(options, IPV4_HEADER);
  view.setUint8(0, IPV4_VERSION | (header / 4));
  view.setUint16(IPV4_CHECKSUM, 0);
  view.setUint16(IPV4_CHECKSUM, checksum(view, 0, header));
  return bytes;
}

/** With a fragment header where the packet is a fragment. */
function ipv6Bytes(packet: MadeUpPacket): Uint8Array {
  const { tos, flowLabel, ttl, identification } = packet;
  const { content, fragment } = contentOf(packet);
  const protocol = protocolNumber(packet);
  const extension = fragment === 0 ? 0 : FRAGMENT_HEADER;
  const bytes = new Uint8Array(IPV6_HEADER + extension + content.length);
  const view = new DataView(bytes.buffer);
  const nextHeader = extension === 0 ? protocol : FRAGMENT;
  writeIpv6(view, 0, { trafficClass: tos, flowLabel, length: bytes.length - IPV6_HEADER, nextHeader, hopLimit: ttl });
  writeAddress(view, IPV6_SOURCE, packet.source);
  writeAddress(view, IPV6_DESTINATION, packet.destination);
  const offset = (fragment & FRAGMENT_OFFSET) * 8;
  if (extension !== 0)
    writeFragmentHeader(view, IPV6_HEADER, protocol, offset, (fragment & MORE_FRAGMENTS) !== 0, identification);
  bytes.set(content, IPV6_HEADER + extension);
  return bytes;
}

/** With the packet that it carries or quotes. */
const behindHeader = (packet: MadeUpPacket): Uint8Array =>
  transportBytes(packet, packet.about === undefined ? undefined : ipBytes(packet.about));

/** The checksum that stands in the packet; 0 where there is none. */
export const sumOf = (packet: MadeUpPacket): number => sumIn(packet, behindHeader(packet));
