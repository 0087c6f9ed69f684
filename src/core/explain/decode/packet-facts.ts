/** What stands in a packet of either family: its IP headers from the outside in, and what they carry. */
import { ipOptionText } from "../../packet/ip-option-words.ts";
import { type Address, AF_INET, AF_INET6, addressAt, type Family } from "../../wire/address.ts";
import { ICMP_CODE, ICMP_HEADER, ICMP_REST, ICMP_TYPE, isIcmpError } from "../../wire/icmp.ts";
import { isIcmpv6Error, NEIGHBOR_ADVERTISEMENT, NEIGHBOR_SOLICITATION } from "../../wire/icmpv6.ts";
import {
  headerLength,
  IPV4_DESTINATION,
  IPV4_FRAGMENT,
  IPV4_HEADER,
  IPV4_IDENTIFICATION,
  IPV4_LENGTH,
  IPV4_PROTOCOL,
  IPV4_SOURCE,
  IPV4_TTL,
  MORE_FRAGMENTS,
  PROTOCOL_ICMP,
  PROTOCOL_SCTP,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from "../../wire/ipv4.ts";
import {
  FRAGMENT_IDENTIFICATION,
  flowLabel,
  IPV6_DESTINATION,
  IPV6_HEADER,
  IPV6_HOP_LIMIT,
  IPV6_PAYLOAD_LENGTH,
  IPV6_SOURCE,
  PROTOCOL_ICMPV6,
} from "../../wire/ipv6.ts";
import { readChain } from "../../wire/ipv6-chain.ts";
import {
  DISCOVERY_MESSAGE,
  linkLayerOption,
  SOURCE_LINK_LAYER,
  TARGET,
  TARGET_LINK_LAYER,
} from "../../wire/neighbor-discovery.ts";
import { firstChunk, SCTP_HEADER } from "../../wire/sctp.ts";
import { TCP_ACKNOWLEDGEMENT, TCP_FLAGS, TCP_HEADER, TCP_SEQUENCE, tcpHeaderLength } from "../../wire/tcp.ts";
import { UDP_HEADER } from "../../wire/udp.ts";
import { type Tunnel, tunnelIn } from "./tunnels.ts";

/** One IP header. */
export interface HeaderFacts {
  readonly family: Family;
  /** What it carries is a packet again; `undefined` if it is none. */
  readonly tunnel: Tunnel | undefined;
  readonly source: Address;
  readonly destination: Address;
  /** What it carries; of IPv6 behind all extension headers. */
  readonly protocol: number;
  /** The TTL, or the hop limit. */
  readonly ttl: number;
  /** Of the whole packet, in bytes. */
  readonly length: number;
  /** Of IPv6 that of the fragment header; 0 without one. */
  readonly identification: number;
  /** Flags and offset as an IPv4 header has them. IPv6 has no DF. */
  readonly fragment: number;
  /** IPv6 only. */
  readonly flowLabel: number;
  /** Of IPv4, in words: `router alert`; empty if there are none that say anything. */
  readonly options: string;
}

interface TcpFacts {
  readonly kind: "tcp";
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** `undefined` where an ICMP error quotes too little to know. */
  readonly flags: number | undefined;
  readonly sequence: number;
  readonly acknowledgement: number;
  /** Bytes of data. */
  readonly payload: number;
}

interface UdpFacts {
  readonly kind: "udp";
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly payload: number;
}

interface SctpFacts {
  readonly kind: "sctp";
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** Type of the first chunk; -1 if there is none. */
  readonly chunk: number;
  /** Bytes behind the common header. */
  readonly payload: number;
}

/** ICMP or ICMPv6. `quoted` is the packet that an error is about, as much of it as is there. */
export interface IcmpFacts {
  readonly kind: "icmp";
  readonly family: Family;
  readonly type: number;
  readonly code: number;
  readonly rest: number;
  readonly payload: number;
  readonly quoted: PacketFacts | undefined;
  readonly discovery: DiscoveryFacts | undefined;
}

/** Who is asked for, or speaks, in neighbor discovery. */
export interface DiscoveryFacts {
  readonly asks: boolean;
  readonly target: Address;
  /** The sender's MAC address, where the message tells it. */
  readonly mac: number | undefined;
}

/** A packet: its headers from the outside in (more than one inside a tunnel), and what they carry, if it can be read. */
export interface PacketFacts {
  readonly headers: readonly HeaderFacts[];
  readonly transport: TcpFacts | UdpFacts | SctpFacts | IcmpFacts | undefined;
}

/** A header and where what it carries begins. */
interface ReadHeader {
  readonly header: HeaderFacts;
  readonly inside: number;
}

/** The packet at `start`, which reaches no further than `limit`; `undefined` if there is no header of this family. */
export function readPacket(view: DataView, outermost: Family, start: number, limit: number): PacketFacts | undefined {
  const headers: HeaderFacts[] = [];
  let [at, end, family] = [start, limit, outermost];
  for (;;) {
    const read = family === AF_INET ? readIpv4Header(view, at, end) : readIpv6Header(view, at, end);
    if (read === undefined) return headers.length === 0 ? undefined : { headers, transport: undefined };
    const { header, inside } = read;
    headers.push(header);
    end = Math.min(end, at + header.length);
    if ((header.fragment & ~MORE_FRAGMENTS & 0x1fff) !== 0) return { headers, transport: undefined };
    if (header.tunnel === undefined) return { headers, transport: readTransport(view, header, inside, end) };
    at = inside + header.tunnel.header;
    family = header.tunnel.family;
  }
}

function readIpv4Header(view: DataView, at: number, end: number): ReadHeader | undefined {
  if (end - at < IPV4_HEADER || view.getUint8(at) >> 4 !== 4 || headerLength(view, at) < IPV4_HEADER) return undefined;
  const protocol = view.getUint8(at + IPV4_PROTOCOL);
  const inside = at + headerLength(view, at);
  const header: HeaderFacts = {
    family: AF_INET,
    tunnel: tunnelIn(view, AF_INET, protocol, inside, end),
    source: addressAt(view, at + IPV4_SOURCE, AF_INET),
    destination: addressAt(view, at + IPV4_DESTINATION, AF_INET),
    protocol,
    ttl: view.getUint8(at + IPV4_TTL),
    length: view.getUint16(at + IPV4_LENGTH),
    identification: view.getUint16(at + IPV4_IDENTIFICATION),
    fragment: view.getUint16(at + IPV4_FRAGMENT),
    flowLabel: 0,
    options: optionsOf(view, at + IPV4_HEADER, Math.min(inside, end)),
  };
  return { header, inside };
}

const optionsOf = (view: DataView, from: number, to: number): string =>
  from >= to ? "" : ipOptionText(new Uint8Array(view.buffer, view.byteOffset + from, to - from));

function readIpv6Header(view: DataView, at: number, end: number): ReadHeader | undefined {
  if (end - at < IPV6_HEADER || view.getUint8(at) >> 4 !== 6) return undefined;
  const length = IPV6_HEADER + view.getUint16(at + IPV6_PAYLOAD_LENGTH);
  const limit = Math.min(end, at + length);
  const chain = readChain(view, at, limit);
  const { protocol, transport: inside, fragmentHeader, fragmentOffset, moreFragments } = chain;
  const header: HeaderFacts = {
    family: AF_INET6,
    tunnel: tunnelIn(view, AF_INET6, protocol, inside, limit),
    source: addressAt(view, at + IPV6_SOURCE, AF_INET6),
    destination: addressAt(view, at + IPV6_DESTINATION, AF_INET6),
    protocol,
    ttl: view.getUint8(at + IPV6_HOP_LIMIT),
    length,
    identification: fragmentHeader < 0 ? 0 : view.getUint32(fragmentHeader + FRAGMENT_IDENTIFICATION),
    fragment: fragmentOffset / 8 + (moreFragments ? MORE_FRAGMENTS : 0),
    flowLabel: flowLabel(view, at),
    options: "",
  };
  return { header, inside };
}

function readTransport(
  view: DataView,
  { protocol, family }: HeaderFacts,
  at: number,
  end: number,
): PacketFacts["transport"] {
  const present = end - at;
  switch (protocol) {
    case PROTOCOL_TCP:
      return readTcp(view, at, present);
    case PROTOCOL_UDP:
      return present < UDP_HEADER ? undefined : { kind: "udp", ...ports(view, at), payload: present - UDP_HEADER };
    case PROTOCOL_SCTP:
      return present < SCTP_HEADER
        ? undefined
        : { kind: "sctp", ...ports(view, at), chunk: firstChunk(view, at, end), payload: present - SCTP_HEADER };
    case family === AF_INET ? PROTOCOL_ICMP : PROTOCOL_ICMPV6:
      return present < ICMP_HEADER ? undefined : readIcmp(view, family, at, end);
    default:
      return undefined;
  }
}

const ports = (view: DataView, at: number): Pick<UdpFacts, "sourcePort" | "destinationPort"> => ({
  sourcePort: view.getUint16(at),
  destinationPort: view.getUint16(at + 2),
});

function readTcp(view: DataView, at: number, present: number): TcpFacts | undefined {
  if (present < 8) return undefined;
  const begin = { kind: "tcp", ...ports(view, at), sequence: view.getUint32(at + TCP_SEQUENCE) } as const;
  // Of a packet that an ICMP error quotes, often only the ports are there.
  if (present < TCP_HEADER) return { ...begin, flags: undefined, acknowledgement: 0, payload: 0 };
  return {
    ...begin,
    flags: view.getUint8(at + TCP_FLAGS),
    acknowledgement: view.getUint32(at + TCP_ACKNOWLEDGEMENT),
    payload: Math.max(0, present - tcpHeaderLength(view, at)),
  };
}

function readIcmp(view: DataView, family: Family, at: number, end: number): IcmpFacts {
  const type = view.getUint8(at + ICMP_TYPE);
  const isError = family === AF_INET ? isIcmpError(type) : isIcmpv6Error(type);
  return {
    kind: "icmp",
    family,
    type,
    code: view.getUint8(at + ICMP_CODE),
    rest: view.getUint32(at + ICMP_REST),
    payload: end - at - ICMP_HEADER,
    quoted: isError ? readPacket(view, family, at + ICMP_HEADER, end) : undefined,
    discovery: family === AF_INET6 ? readDiscovery(view, type, at, end) : undefined,
  };
}

function readDiscovery(view: DataView, type: number, at: number, end: number): DiscoveryFacts | undefined {
  const asks = type === NEIGHBOR_SOLICITATION;
  if ((!asks && type !== NEIGHBOR_ADVERTISEMENT) || end - at < DISCOVERY_MESSAGE) return undefined;
  const mac = linkLayerOption(view, at + DISCOVERY_MESSAGE, end, asks ? SOURCE_LINK_LAYER : TARGET_LINK_LAYER);
  return { asks, target: addressAt(view, at + TARGET, AF_INET6), mac: mac < 0 ? undefined : mac };
}
