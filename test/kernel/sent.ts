/** Reads frames that a director sent: far enough to answer them, and to describe them in words. */
import { formatIpv4 } from "../../src/core/wire/address.ts";
import { ARP_OPERATION, ARP_REQUEST, ARP_SENDER_IP, ARP_SENDER_MAC, ARP_TARGET_IP } from "../../src/core/wire/arp.ts";
import {
  ETHERNET_HEADER,
  ETHERNET_SOURCE,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  macAt,
  macText,
} from "../../src/core/wire/ethernet.ts";
import { ICMP_CODE, ICMP_HEADER, ICMP_REST, ICMP_TYPE, isIcmpError } from "../../src/core/wire/icmp.ts";
import {
  DONT_FRAGMENT,
  fragmentOffset,
  headerLength,
  IPV4_DESTINATION,
  IPV4_FRAGMENT,
  IPV4_HEADER,
  IPV4_IDENTIFICATION,
  IPV4_LENGTH,
  IPV4_PROTOCOL,
  IPV4_SOURCE,
  IPV4_TOS,
  IPV4_TTL,
  isFragment,
  MORE_FRAGMENTS,
  PROTOCOL_ICMP,
  PROTOCOL_IPIP,
  PROTOCOL_SCTP,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from "../../src/core/wire/ipv4.ts";
import { SCTP_CHUNK_HEADER, SCTP_HEADER } from "../../src/core/wire/sctp.ts";
import { TCP_ACKNOWLEDGEMENT, TCP_FLAGS, TCP_HEADER, TCP_SEQUENCE, tcpHeaderLength } from "../../src/core/wire/tcp.ts";
import { CHUNKS } from "./frames.ts";

/** A frame that left the director by `dev`. */
export interface SentFrame {
  readonly dev: string;
  readonly frame: Uint8Array;
}

/** The IPv4 packet in a frame as far as an answer needs it; ports only where the packet has them. */
export interface SentPacket {
  readonly dev: string;
  readonly toMac: string;
  readonly source: number;
  readonly destination: number;
  readonly protocol: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** From the IPv4 header to the end. */
  readonly packet: Uint8Array;
}

/** The packet in a frame; `undefined` if it has none. */
export function sentPacket({ dev, frame }: SentFrame): SentPacket | undefined {
  const view = viewOf(frame);
  if (frame.length < ETHERNET_HEADER + IPV4_HEADER || view.getUint16(12) !== ETHERTYPE_IPV4) return undefined;
  const packet = frame.subarray(ETHERNET_HEADER);
  const inner = viewOf(packet);
  const protocol = inner.getUint8(IPV4_PROTOCOL);
  const transport = headerLength(inner, 0);
  const isTransport = protocol === PROTOCOL_TCP || protocol === PROTOCOL_UDP || protocol === PROTOCOL_SCTP;
  const hasPorts = isTransport && packet.length >= transport + 4;
  return {
    dev,
    toMac: macText(macAt(view, 0)),
    source: inner.getUint32(IPV4_SOURCE),
    destination: inner.getUint32(IPV4_DESTINATION),
    protocol,
    sourcePort: hasPorts ? inner.getUint16(transport) : 0,
    destinationPort: hasPorts ? inner.getUint16(transport + 2) : 0,
    packet,
  };
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** How an address is called; its dotted quad by default. */
export type Naming = (address: number) => string;

/** A frame in the words of a scenario: `eth1 c1 > s1 tcp 40000:8080 SA ttl 63 df id 1`. */
export function describe({ dev, frame }: SentFrame, nameOf: Naming = formatIpv4): string {
  const view = viewOf(frame);
  const type = frame.length < ETHERNET_HEADER ? 0 : view.getUint16(12);
  if (type === ETHERTYPE_IPV4) return `${dev} ${describePacket(frame.subarray(ETHERNET_HEADER), nameOf)}`;
  if (type === ETHERTYPE_ARP) return `${dev} ${describeArp(view, nameOf)}`;
  return `${dev} ethertype ${type.toString(16)} from ${macText(macAt(view, ETHERNET_SOURCE))}`;
}

function describeArp(view: DataView, nameOf: Naming): string {
  const at = ETHERNET_HEADER;
  const sender = nameOf(view.getUint32(at + ARP_SENDER_IP));
  const target = nameOf(view.getUint32(at + ARP_TARGET_IP));
  if (view.getUint16(at + ARP_OPERATION) === ARP_REQUEST) return `arp who-has ${target} tell ${sender}`;
  return `arp ${sender} is-at ${macText(macAt(view, at + ARP_SENDER_MAC))} to ${target}`;
}

/** An IPv4 packet, or the beginning of one that an ICMP error quotes. */
function describePacket(packet: Uint8Array, nameOf: Naming): string {
  if (packet.length < IPV4_HEADER) return `${packet.length} bytes of an IPv4 header`;
  const view = viewOf(packet);
  const between = `${nameOf(view.getUint32(IPV4_SOURCE))} > ${nameOf(view.getUint32(IPV4_DESTINATION))}`;
  const header = [`ttl ${view.getUint8(IPV4_TTL)}`];
  if (view.getUint8(IPV4_TOS) !== 0) header.push(`tos ${view.getUint8(IPV4_TOS)}`);
  const flags = view.getUint16(IPV4_FRAGMENT);
  if ((flags & DONT_FRAGMENT) !== 0) header.push("df");
  header.push(`id ${view.getUint16(IPV4_IDENTIFICATION)}`, `length ${view.getUint16(IPV4_LENGTH)}`);
  const start = headerLength(view, 0);
  if (start > IPV4_HEADER) header.push(`options ${hex(packet.subarray(IPV4_HEADER, start))}`);
  if (isFragment(view, 0)) {
    const more = (flags & MORE_FRAGMENTS) !== 0 ? " more" : "";
    header.push(`fragment ${fragmentOffset(view, 0)}+${packet.length - start}${more}`);
  }
  const protocol = view.getUint8(IPV4_PROTOCOL);
  if (fragmentOffset(view, 0) !== 0) return `${between} proto ${protocol} ${header.join(" ")}`;
  const { words, inner } = describeTransport(protocol, packet.subarray(Math.min(start, packet.length)), nameOf);
  return `${between} ${words} ${header.join(" ")}${inner === undefined ? "" : ` ${inner}`}`;
}

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** A transport header in words, and the packet inside of it if it has one. */
function describeTransport(protocol: number, bytes: Uint8Array, nameOf: Naming): { words: string; inner?: string } {
  const view = viewOf(bytes);
  if (protocol === PROTOCOL_TCP && bytes.length >= 4) return { words: describeTcp(view) };
  if (protocol === PROTOCOL_UDP && bytes.length >= 4) return { words: `udp ${view.getUint16(0)}:${view.getUint16(2)}` };
  if (protocol === PROTOCOL_SCTP && bytes.length >= 4) return { words: describeSctp(bytes) };
  if (protocol === PROTOCOL_IPIP) return { words: "ipip", inner: `carrying ${describePacket(bytes, nameOf)}` };
  if (protocol !== PROTOCOL_ICMP || bytes.length < ICMP_HEADER) return { words: `proto ${protocol}` };
  const type = view.getUint8(ICMP_TYPE);
  const rest = view.getUint32(ICMP_REST) === 0 ? "" : ` rest ${view.getUint32(ICMP_REST)}`;
  const words = `icmp ${type}/${view.getUint8(ICMP_CODE)}${rest}`;
  if (!isIcmpError(type)) return { words };
  return { words, inner: `about ${describePacket(bytes.subarray(ICMP_HEADER), nameOf)}` };
}

const FLAG_LETTERS = ["F", "S", "R", "P", "A", "U", "E", "C"] as const;

/** The flags of the letters, in any order; `undefined` if a letter is none. `-` is no flag. */
export function flagsOf(letters: string): number | undefined {
  if (letters === "-") return 0;
  let flags = 0;
  for (const letter of letters) {
    const bit = FLAG_LETTERS.indexOf(letter as (typeof FLAG_LETTERS)[number]);
    if (bit < 0) return undefined;
    flags |= 1 << bit;
  }
  return flags;
}

/** In the order in which one says them: SA, FA, PA. */
const flagLetters = (flags: number): string =>
  ["S", "F", "R", "P", "U", "E", "C", "A"]
    .filter((letter) => (flags & (1 << FLAG_LETTERS.indexOf(letter as (typeof FLAG_LETTERS)[number]))) !== 0)
    .join("") || "-";

/** The chunks by name; a number for one without. */
function describeSctp(bytes: Uint8Array): string {
  const view = viewOf(bytes);
  const chunks: string[] = [];
  for (let at = SCTP_HEADER; at + SCTP_CHUNK_HEADER <= bytes.length; ) {
    const type = view.getUint8(at);
    chunks.push(CHUNKS[type] ?? String(type));
    at += Math.max(SCTP_CHUNK_HEADER, (view.getUint16(at + 2) + 3) & ~3);
  }
  return [`sctp ${view.getUint16(0)}:${view.getUint16(2)}`, chunks.join(",")].join(" ").trim();
}

/** The types of chunks written as `INIT` or `COOKIE-ECHO,DATA`; `undefined` if one has no such name. */
export function chunksOf(word: string): number[] | undefined {
  const types = word.split(",").map((name) => CHUNKS.indexOf(name));
  return types.includes(-1) ? undefined : types;
}

function describeTcp(view: DataView): string {
  const ports = `tcp ${view.getUint16(0)}:${view.getUint16(2)}`;
  if (view.byteLength < TCP_HEADER) return ports;
  const data = Math.max(0, view.byteLength - tcpHeaderLength(view, 0));
  const flags = flagLetters(view.getUint8(TCP_FLAGS));
  const numbers = `seq ${view.getUint32(TCP_SEQUENCE)} ack ${view.getUint32(TCP_ACKNOWLEDGEMENT)}`;
  return `${ports} ${flags} ${numbers}${data > 0 ? ` data ${data}` : ""}`;
}
