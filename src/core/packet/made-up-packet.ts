/**
 * A packet in words, as people make one up: `tcp 10.1.0.1:40000 > 10.1.0.100:80 S df ttl 3`. read-packet.ts reads the words,
 * packet-bytes.ts makes the frame, packet-text.ts goes the way back.
 *
 *   tcp A:P > B:P [FLAGS] [seq N] [ack N] [win N] [mss N]     FLAGS as tcpdump: S F R P U E W and . (or A), or none; S by default
 *                 [options 0xHEX]                             options as they are, instead of mss
 *   udp A:P > B:P
 *   sctp A:P > B:P [CHUNK] [tag N]                            data, init, init-ack, sack, heartbeat, abort, shutdown, ...; init by default
 *   icmp A > B echo | reply | net-unreachable | host-unreachable | protocol-unreachable | port-unreachable | frag-needed MTU |
 *        ttl-exceeded [rest N]
 *        [about PACKET]                                       what an error quotes; it takes the rest of the words
 *   icmpv6 A > B echo | reply | no-route | prohibited | address-unreachable | port-unreachable | too-big MTU | hop-limit-exceeded
 *        [rest N] [about PACKET]
 *   icmpv6 A > B ns TARGET | na TARGET [mac M|own|none]          neighbor discovery: who has TARGET, or TARGET is here. The option has the
 *                                                             frame's own MAC if none is named; rest N are the flags of na
 *   esp A > B, ah A > B  [spi N] [seq N]
 *   ipip A > B carrying PACKET                                a packet of either family inside of this one
 *   gre A > B [checksum] carrying PACKET                      the same behind a header of GRE
 *   gue A:P > B:P carrying PACKET                             the same behind those of UDP and GUE, whose port is 6080
 *   arp A > B request | reply                                 A asks for B, or tells B where it is
 *   any: len N (bytes of data), data "TEXT" or data 0xHEX, ttl N, tos N, id N, df, on DEV, mark N, from MAC, to MAC,
 *        badsum, sum N, partial (the pseudo header's sum alone, as an offload leaves it),
 *        record-route N, timestamp N, loose A,B, strict A,B, router-alert, or ip-options 0xHEX (options of the IPv4 header),
 *        frag OFFSET or frag OFFSET+ (more follow), piece N of BYTES (of the whole packet, cut so that each piece carries so much)
 *
 * Of IPv6, an address with a port stands in brackets: `tcp [2001:db8::1]:40000 > [2001:db8::2]:80 S`. There ttl is the hop limit and
 * tos the traffic class, label N is the flow label, frag makes a fragment header, id is its identification, and nothing has df.
 * Numbers are decimal, or hexadecimal behind 0x.
 */
import { type Address, AF_INET6, isMulticast } from "../wire/address.ts";
import { BROADCAST, ipv4GroupMac, ipv6GroupMac } from "../wire/ethernet.ts";
import { DESTINATION_UNREACHABLE, TIME_EXCEEDED } from "../wire/icmp.ts";
import { isIcmpv6Error, NEIGHBOR_ADVERTISEMENT, NEIGHBOR_SOLICITATION } from "../wire/icmpv6.ts";
import { DISCOVERY_HOP_LIMIT, OVERRIDE, SOLICITED } from "../wire/neighbor-discovery.ts";
import { CHUNK_INIT } from "../wire/sctp.ts";
import { SYN } from "../wire/tcp.ts";

export const PROTOCOLS_IN_WORDS = [
  "tcp",
  "udp",
  "sctp",
  "icmp",
  "icmpv6",
  "esp",
  "ah",
  "ipip",
  "gre",
  "gue",
  "arp",
] as const;
export type MadeUpProtocol = (typeof PROTOCOLS_IN_WORDS)[number];

export interface MadeUpPacket {
  protocol: MadeUpProtocol;
  /** Both of one family. */
  source: Address;
  sourcePort: number;
  destination: Address;
  destinationPort: number;
  flags: number;
  /** Of TCP, ESP or AH. */
  sequence: number;
  acknowledgement: number;
  window: number;
  /** 0 for no option. */
  mss: number;
  /** Of TCP, as they stand in the header; instead of `mss`. */
  options: Uint8Array | undefined;
  /** Of the IPv4 header, in whole words of four bytes; absent if there are none. */
  ipOptions: Uint8Array | undefined;
  /** Of SCTP: type of its one chunk, and the verification tag. */
  chunk: number;
  tag: number;
  /** Of ESP or AH. */
  spi: number;
  /** Bytes of data. */
  length: number;
  /** The data itself, of `length` bytes; the alphabet again and again if absent. */
  data: Uint8Array | undefined;
  /** Or the hop limit. */
  ttl: number;
  /** Or the traffic class. */
  tos: number;
  /** IPv6 only. */
  flowLabel: number;
  /** Of IPv6, that of a fragment. */
  identification: number;
  /** Flags and offset as an IPv4 header has them. */
  fragment: number;
  /** The packet is one piece, from 1, of a packet that was cut: `size` bytes behind the header in each. */
  piece: { readonly number: number; readonly size: number } | undefined;
  /** The transport checksum: right, wrong by one, of the pseudo header alone, or a number. */
  sum: "right" | "wrong" | "partial" | number;
  icmpType: number;
  icmpCode: number;
  icmpRest: number;
  /** Of neighbor discovery: whom it is about, and the MAC address in its option: the frame's own, another one, or there is none. */
  target: Address | undefined;
  linkLayer: "own" | "none" | number;
  /** Whether a header of GRE has a checksum. */
  checked: boolean;
  /** What an ICMP error quotes, or a tunnel carries. */
  about: MadeUpPacket | undefined;
  /** Of ARP; 0 while nobody has said. */
  operation: number;
  /** The interface it arrives on; where the way back to its source leads if none is named. */
  dev: string | undefined;
  /** Firewall mark, 0 for none. */
  mark: number;
  /** Of the frame, as 48-bit numbers; whoever sends it knows if absent. */
  sourceMac: number | undefined;
  destinationMac: number | undefined;
}

/** Thrown for a word that cannot be; `message` names it and what was expected. */
export class PacketError extends Error {
  override readonly name = "PacketError";
}

type Ends = Pick<MadeUpPacket, "protocol" | "source" | "sourcePort" | "destination" | "destinationPort">;

/** A packet of which no more was said than where it comes from and where it goes. */
export const plainPacket = ({ protocol, source, sourcePort, destination, destinationPort }: Ends): MadeUpPacket => ({
  // Spelled out: a literal that begins with a spread is a hundred times as slow.
  protocol,
  source,
  sourcePort,
  destination,
  destinationPort,
  flags: protocol === "tcp" ? SYN : 0,
  sequence: protocol === "tcp" ? 1000 : 1,
  acknowledgement: 0,
  window: 64_240,
  mss: 0,
  options: undefined,
  ipOptions: undefined,
  chunk: CHUNK_INIT,
  tag: 0,
  spi: 0x1000,
  length: 0,
  data: undefined,
  ttl: 64,
  tos: 0,
  flowLabel: 0,
  identification: 1,
  fragment: 0,
  piece: undefined,
  sum: "right",
  icmpType: -1,
  icmpCode: 0,
  icmpRest: 0,
  target: undefined,
  linkLayer: "own",
  checked: false,
  about: undefined,
  operation: 0,
  dev: undefined,
  mark: 0,
  sourceMac: undefined,
  destinationMac: undefined,
});

/** Identifier and sequence number of an echo that says nothing of them. */
export const FIRST_ECHO = 0x0001_0001;

export const hasPorts = ({ protocol }: Pick<MadeUpPacket, "protocol">): boolean =>
  protocol === "tcp" || protocol === "udp" || protocol === "sctp" || protocol === "gue";

/** Those that carry a packet. */
export const isTunnel = ({ protocol }: Pick<MadeUpPacket, "protocol">): boolean =>
  protocol === "ipip" || protocol === "gre" || protocol === "gue";

export const isIpv6 = ({ source }: MadeUpPacket): boolean => source.family === AF_INET6;

/** Whether it is an ICMP error, which quotes a packet. */
export const isError = ({ protocol, icmpType }: MadeUpPacket): boolean =>
  protocol === "icmp"
    ? icmpType === DESTINATION_UNREACHABLE || icmpType === TIME_EXCEEDED
    : protocol === "icmpv6" && icmpType >= 0 && isIcmpv6Error(icmpType);

/** Whether it is a message of neighbor discovery about a target. */
export const isDiscovery = ({ protocol, icmpType }: Pick<MadeUpPacket, "protocol" | "icmpType">): boolean =>
  protocol === "icmpv6" && (icmpType === NEIGHBOR_SOLICITATION || icmpType === NEIGHBOR_ADVERTISEMENT);

/** What stands behind the checksum of ICMP if nothing is said: an advertisement is a reply that may replace what is known, or only that. */
export function usualRest(packet: MadeUpPacket): number {
  if (!isDiscovery(packet)) return isError(packet) ? 0 : FIRST_ECHO;
  if (packet.icmpType === NEIGHBOR_SOLICITATION) return 0;
  return (isMulticast(packet.destination) ? OVERRIDE : SOLICITED | OVERRIDE) * 0x100_0000;
}

/** Nobody but a neighbor can have sent the messages of discovery. */
export const usualTtl = (packet: MadeUpPacket): number => (isDiscovery(packet) ? DISCOVERY_HOP_LIMIT : 64);

/** Whether whoever asks is known to have no address yet, and so tells no MAC address either (RFC 4861, section 4.3). */
export const usualLinkLayer = ({ source }: MadeUpPacket): "own" | "none" =>
  source.words.every((word) => word === 0) ? "none" : "own";

/** The MAC address of a group or of all stations that an address is; `undefined` for one station. */
export function groupMacOf(address: Address): number | undefined {
  const { family, words } = address;
  if (family === AF_INET6) return isMulticast(address) ? ipv6GroupMac(words[3]) : undefined;
  if (words[0] >>> 0 === 0xffff_ffff) return BROADCAST;
  return isMulticast(address) ? ipv4GroupMac(words[0]) : undefined;
}
