/** A frame in one line, in the manner of tcpdump: `10.1.0.1:40000 > 10.1.0.100:80 TCP S, 40 bytes, ttl 64`. */
import { AF_INET, formatAddress, formatEndpoint, formatIpv4 } from "../wire/address.ts";
import { ARP_REQUEST } from "../wire/arp.ts";
import { BROADCAST, macText } from "../wire/ethernet.ts";
import { DESTINATION_UNREACHABLE, FRAGMENTATION_NEEDED, icmpName, REDIRECT } from "../wire/icmp.ts";
import { icmpv6Name, PACKET_TOO_BIG } from "../wire/icmpv6.ts";
import { DONT_FRAGMENT, FRAGMENT_OFFSET, MORE_FRAGMENTS } from "../wire/ipv4.ts";
import { flagsText } from "../wire/tcp.ts";
import { type ArpFacts, type FrameFacts, factsOf } from "./decode/facts.ts";
import type { DiscoveryFacts, HeaderFacts, IcmpFacts, PacketFacts } from "./decode/packet-facts.ts";

/** One line about a frame's bytes. */
export function summary(bytes: Uint8Array): string {
  const facts = factsOf(bytes);
  return facts === undefined ? `${bytes.length} bytes, too short for an Ethernet header` : factsLine(facts);
}

function factsLine(facts: FrameFacts): string {
  if (facts.arp !== undefined) return arpLine(facts.arp);
  if (facts.ip !== undefined) return packetLine(facts.ip);
  const to = facts.destinationMac === BROADCAST ? "everybody" : macText(facts.destinationMac);
  return `${macText(facts.sourceMac)} > ${to} ethertype 0x${facts.etherType.toString(16).padStart(4, "0")}, ${facts.length} bytes`;
}

const arpLine = ({ operation, senderIp, senderMac, targetIp }: ArpFacts): string =>
  operation === ARP_REQUEST
    ? `ARP who has ${formatAddress(targetIp)}? tell ${formatAddress(senderIp)}`
    : `ARP ${formatAddress(senderIp)} is at ${macText(senderMac)}`;

/** A packet with length, TTL or hop limit, and fragment bits; tunnels from the outside in. */
export function packetLine(packet: PacketFacts): string {
  const first = packet.headers[0];
  if (first === undefined) return "no IP header";
  const bits = [`${first.length} bytes`, lifeWord(first)];
  if ((first.fragment & DONT_FRAGMENT) !== 0) bits.push("DF");
  if (first.options !== "") bits.push(first.options);
  const offset = (first.fragment & FRAGMENT_OFFSET) * 8;
  if (offset !== 0 || (first.fragment & MORE_FRAGMENTS) !== 0) {
    bits.push(`fragment at ${offset}${(first.fragment & MORE_FRAGMENTS) !== 0 ? ", more follow" : ", the last"}`);
  }
  return `${flowLine(packet)}, ${bits.join(", ")}`;
}

/** `ttl 64`, `hop limit 64`. */
export const lifeWord = ({ family, ttl }: HeaderFacts): string => `${family === AF_INET ? "ttl" : "hop limit"} ${ttl}`;

/** Addresses, ports, protocol and flags: `10.1.0.1:40000 > 10.1.0.100:80 TCP S`; `A > B IPIP [...]` for a tunnel. */
export function flowLine({ headers, transport }: PacketFacts): string {
  const inner = headers.at(-1);
  if (inner === undefined) return "no IP header";
  let line = `${addressesLine(inner, transport)} ${transportLine(transport, inner.protocol)}`;
  for (const { source, destination, tunnel } of headers.slice(0, -1).toReversed()) {
    line = `${formatAddress(source)} > ${formatAddress(destination)} ${tunnel?.name ?? "IP"} [${line}]`;
  }
  return line;
}

/** `10.1.0.1:40000 > 10.1.0.100:80`, `[2001:db8::1]:40000 > [2001:db8::2]:80`, without ports where there are none. */
export function addressesLine({ source, destination }: HeaderFacts, transport: PacketFacts["transport"]): string {
  const ports = transport === undefined || transport.kind === "icmp" ? undefined : transport;
  return ports === undefined
    ? `${formatAddress(source)} > ${formatAddress(destination)}`
    : `${formatEndpoint(source, ports.sourcePort)} > ${formatEndpoint(destination, ports.destinationPort)}`;
}

function transportLine(transport: PacketFacts["transport"], protocol: number): string {
  switch (transport?.kind) {
    case "tcp":
      return `TCP${transport.flags === undefined ? "" : ` ${flagsText(transport.flags)}`}${dataWords(transport.payload)}`;
    case "udp":
      return `UDP${dataWords(transport.payload)}`;
    case "sctp":
      return `SCTP ${chunkName(transport.chunk)}`;
    case "icmp":
      return icmpLine(transport);
    default:
      return protocolWord(protocol);
  }
}

const CHUNK_NAMES = ["DATA", "INIT", "INIT ACK", "SACK", "HEARTBEAT", "HEARTBEAT ACK", "ABORT", "SHUTDOWN"];
const LATER_CHUNK_NAMES = ["SHUTDOWN ACK", "ERROR", "COOKIE ECHO", "COOKIE ACK", "ECNE", "CWR", "SHUTDOWN COMPLETE"];

/** `INIT`, `DATA`, ...: RFC 9260, section 3.2; `no chunk` for -1. */
export function chunkName(type: number): string {
  if (type < 0) return "no chunk";
  return [...CHUNK_NAMES, ...LATER_CHUNK_NAMES][type] ?? `chunk ${type}`;
}

const dataWords = (payload: number): string =>
  payload === 0 ? "" : ` (${payload} ${payload === 1 ? "byte" : "bytes"} of data)`;

/** An ICMP message: its name, what its rest word says, and the packet it is about. */
function icmpLine(message: IcmpFacts): string {
  const { family, type, rest, quoted, discovery } = message;
  const about = quoted === undefined ? "" : ` about [${flowLine(quoted)}]`;
  if (family !== AF_INET)
    return `ICMPv6 ${icmpWords(message)}${discovery === undefined ? "" : `: ${discoveryLine(discovery)}`}${about}`;
  const gateway = type === REDIRECT ? ` to ${formatIpv4(rest)}` : "";
  return `ICMP ${icmpWords(message)}${gateway}${about}`;
}

/** What people call it. */
export const icmpWord = ({ family, type, code }: IcmpFacts): string =>
  family === AF_INET ? icmpName(type, code) : icmpv6Name(type, code);

/** The same with the MTU where it tells one: `fragmentation needed, mtu 1400`. */
export const icmpWords = (message: IcmpFacts): string => `${icmpWord(message)}${mtuWords(message)}`;

function mtuWords({ family, type, code, rest }: IcmpFacts): string {
  if (family !== AF_INET) return type === PACKET_TOO_BIG ? `, mtu ${rest}` : "";
  return type === DESTINATION_UNREACHABLE && code === FRAGMENTATION_NEEDED ? `, mtu ${rest & 0xffff}` : "";
}

/** In the words of ARP: `who has fd00:1::2?`, `fd00:1::2 is at 02:00:00:00:01:02`. */
export function discoveryLine({ asks, target, mac }: DiscoveryFacts): string {
  if (asks) return `who has ${formatAddress(target)}?`;
  return `${formatAddress(target)} is ${mac === undefined ? "there" : `at ${macText(mac)}`}`;
}

const PROTOCOL_WORDS: Readonly<Record<number, string>> = {
  0: "hop-by-hop options",
  1: "ICMP",
  2: "IGMP",
  4: "IPIP",
  6: "TCP",
  17: "UDP",
  41: "IPv6",
  43: "routing header",
  44: "fragment header",
  47: "GRE",
  50: "ESP",
  51: "AH",
  58: "ICMPv6",
  59: "no next header",
  60: "destination options",
  112: "VRRP",
  132: "SCTP",
};

/** `TCP`, `UDP`, ..., or `IP protocol 89`. */
export const protocolWord = (protocol: number): string => PROTOCOL_WORDS[protocol] ?? `IP protocol ${protocol}`;
