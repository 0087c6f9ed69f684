/** A frame in one line, in the manner of tcpdump: `10.1.0.1:40000 > 10.1.0.100:80 TCP S, 40 bytes, ttl 64`. */
import { formatIpv4 } from "../wire/address.ts";
import { ARP_REQUEST } from "../wire/arp.ts";
import { BROADCAST, macText } from "../wire/ethernet.ts";
import { DESTINATION_UNREACHABLE, FRAGMENTATION_NEEDED, icmpName, REDIRECT } from "../wire/icmp.ts";
import { DONT_FRAGMENT, FRAGMENT_OFFSET, MORE_FRAGMENTS } from "../wire/ipv4.ts";
import { flagsText } from "../wire/tcp.ts";
import { type ArpFacts, type FrameFacts, factsOf, type IcmpFacts, type Ipv4Content, type Ipv4Facts } from "./facts.ts";

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
    ? `ARP who has ${formatIpv4(targetIp)}? tell ${formatIpv4(senderIp)}`
    : `ARP ${formatIpv4(senderIp)} is at ${macText(senderMac)}`;

/** An IPv4 packet with length, TTL and fragment bits; tunnels from the outside in. */
export function packetLine(packet: Ipv4Content): string {
  const first = packet.headers[0];
  if (first === undefined) return "no IPv4 header";
  const bits = [`${first.length} bytes`, `ttl ${first.ttl}`];
  if ((first.fragment & DONT_FRAGMENT) !== 0) bits.push("DF");
  const offset = (first.fragment & FRAGMENT_OFFSET) * 8;
  if (offset !== 0 || (first.fragment & MORE_FRAGMENTS) !== 0) {
    bits.push(`fragment at ${offset}${(first.fragment & MORE_FRAGMENTS) !== 0 ? ", more follow" : ", the last"}`);
  }
  return `${flowLine(packet)}, ${bits.join(", ")}`;
}

/** Addresses, ports, protocol and flags: `10.1.0.1:40000 > 10.1.0.100:80 TCP S`; `A > B IPIP [...]` for a tunnel. */
export function flowLine({ headers, transport }: Ipv4Content): string {
  const inner = headers.at(-1);
  if (inner === undefined) return "no IPv4 header";
  let line = `${addressesLine(inner, transport)} ${transportLine(transport, inner.protocol)}`;
  for (const { source, destination, tunnel } of headers.slice(0, -1).toReversed()) {
    line = `${formatIpv4(source)} > ${formatIpv4(destination)} ${tunnel ?? "IPv4"} [${line}]`;
  }
  return line;
}

/** `10.1.0.1:40000 > 10.1.0.100:80`, without ports where there are none. */
export function addressesLine({ source, destination }: Ipv4Facts, transport: Ipv4Content["transport"]): string {
  const ports = transport === undefined || transport.kind === "icmp" ? undefined : transport;
  return ports === undefined
    ? `${formatIpv4(source)} > ${formatIpv4(destination)}`
    : `${formatIpv4(source)}:${ports.sourcePort} > ${formatIpv4(destination)}:${ports.destinationPort}`;
}

function transportLine(transport: Ipv4Content["transport"], protocol: number): string {
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
function icmpLine({ type, code, rest, quoted }: IcmpFacts): string {
  const mtu = type === DESTINATION_UNREACHABLE && code === FRAGMENTATION_NEEDED ? `, mtu ${rest & 0xffff}` : "";
  const gateway = type === REDIRECT ? ` to ${formatIpv4(rest)}` : "";
  return `ICMP ${icmpName(type, code)}${mtu}${gateway}${quoted === undefined ? "" : ` about [${flowLine(quoted)}]`}`;
}

const PROTOCOL_WORDS: Readonly<Record<number, string>> = {
  1: "ICMP",
  2: "IGMP",
  4: "IPIP",
  6: "TCP",
  17: "UDP",
  47: "GRE",
  132: "SCTP",
};

/** `TCP`, `UDP`, ..., or `IP protocol 89`. */
export const protocolWord = (protocol: number): string => PROTOCOL_WORDS[protocol] ?? `IP protocol ${protocol}`;
