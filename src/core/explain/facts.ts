/** What stands in a frame, as numbers: the addresses, ports and flags that sentences, ladders and hosts speak of. */
import { ARP_OPERATION, ARP_SENDER_IP, ARP_SENDER_MAC, ARP_TARGET_IP, isArpForIpv4 } from "../wire/arp.ts";
import {
  ETHERNET_HEADER,
  ETHERNET_SOURCE,
  ETHERNET_TYPE,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  macAt,
} from "../wire/ethernet.ts";
import { ICMP_CODE, ICMP_HEADER, ICMP_REST, ICMP_TYPE, isIcmpError } from "../wire/icmp.ts";
import {
  fragmentOffset,
  headerLength,
  IPV4_DESTINATION,
  IPV4_FRAGMENT,
  IPV4_HEADER,
  IPV4_IDENTIFICATION,
  IPV4_LENGTH,
  IPV4_PROTOCOL,
  IPV4_SOURCE,
  IPV4_TTL,
  PROTOCOL_ICMP,
  PROTOCOL_SCTP,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from "../wire/ipv4.ts";
import { firstChunk, SCTP_HEADER } from "../wire/sctp.ts";
import { TCP_ACKNOWLEDGEMENT, TCP_FLAGS, TCP_HEADER, TCP_SEQUENCE, tcpHeaderLength } from "../wire/tcp.ts";
import { UDP_HEADER } from "../wire/udp.ts";
import { type TunnelName, tunnelHeader, tunnelIn } from "./tunnels.ts";

export interface ArpFacts {
  readonly operation: number;
  readonly senderMac: number;
  readonly senderIp: number;
  readonly targetIp: number;
}

/** One IPv4 header. `fragment` is the flags and offset as on the wire. */
export interface Ipv4Facts {
  /** What it carries is a packet again; `undefined` if it is none. */
  readonly tunnel: TunnelName | undefined;
  readonly source: number;
  readonly destination: number;
  readonly protocol: number;
  readonly ttl: number;
  readonly length: number;
  readonly identification: number;
  readonly fragment: number;
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

/** `quoted` is the packet that an error is about, as much of it as is there. */
export interface IcmpFacts {
  readonly kind: "icmp";
  readonly type: number;
  readonly code: number;
  readonly rest: number;
  readonly payload: number;
  readonly quoted: Ipv4Content | undefined;
}

/** An IPv4 packet: its headers from the outside in (more than one inside a tunnel), and what they carry, if it can be read. */
export interface Ipv4Content {
  readonly headers: readonly Ipv4Facts[];
  readonly transport: TcpFacts | UdpFacts | SctpFacts | IcmpFacts | undefined;
}

export interface FrameFacts {
  readonly length: number;
  readonly destinationMac: number;
  readonly sourceMac: number;
  readonly etherType: number;
  readonly arp: ArpFacts | undefined;
  readonly ip: Ipv4Content | undefined;
}

/** The facts of a frame; `undefined` if it is shorter than an Ethernet header. Never throws, whatever the bytes. */
export function factsOf(bytes: Uint8Array): FrameFacts | undefined {
  if (bytes.length < ETHERNET_HEADER) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const etherType = view.getUint16(ETHERNET_TYPE);
  return {
    length: bytes.length,
    destinationMac: macAt(view, 0),
    sourceMac: macAt(view, ETHERNET_SOURCE),
    etherType,
    arp: etherType === ETHERTYPE_ARP ? readArp(view) : undefined,
    ip: etherType === ETHERTYPE_IPV4 ? readIpv4(view, ETHERNET_HEADER, bytes.length) : undefined,
  };
}

function readArp(view: DataView): ArpFacts | undefined {
  const at = ETHERNET_HEADER;
  if (!isArpForIpv4(view, at, view.byteLength)) return undefined;
  return {
    operation: view.getUint16(at + ARP_OPERATION),
    senderMac: macAt(view, at + ARP_SENDER_MAC),
    senderIp: view.getUint32(at + ARP_SENDER_IP),
    targetIp: view.getUint32(at + ARP_TARGET_IP),
  };
}

function readIpv4(view: DataView, start: number, limit: number): Ipv4Content | undefined {
  const headers: Ipv4Facts[] = [];
  let at = start;
  let end = limit;
  for (;;) {
    const header = readHeader(view, at, end);
    if (header === undefined) return headers.length === 0 ? undefined : { headers, transport: undefined };
    headers.push(header);
    const inside = at + headerLength(view, at);
    end = Math.min(end, at + header.length);
    if (fragmentOffset(view, at) !== 0) return { headers, transport: undefined };
    if (header.tunnel === undefined) {
      return { headers, transport: readTransport(view, header.protocol, inside, end) };
    }
    at = inside + tunnelHeader(view, inside, header.tunnel);
  }
}

function readHeader(view: DataView, at: number, end: number): Ipv4Facts | undefined {
  if (end - at < IPV4_HEADER || view.getUint8(at) >> 4 !== 4 || headerLength(view, at) < IPV4_HEADER) return undefined;
  const protocol = view.getUint8(at + IPV4_PROTOCOL);
  return {
    tunnel: tunnelIn(view, protocol, at + headerLength(view, at), end),
    source: view.getUint32(at + IPV4_SOURCE),
    destination: view.getUint32(at + IPV4_DESTINATION),
    protocol,
    ttl: view.getUint8(at + IPV4_TTL),
    length: view.getUint16(at + IPV4_LENGTH),
    identification: view.getUint16(at + IPV4_IDENTIFICATION),
    fragment: view.getUint16(at + IPV4_FRAGMENT),
  };
}

function readTransport(view: DataView, protocol: number, at: number, end: number): Ipv4Content["transport"] {
  const present = end - at;
  if (protocol === PROTOCOL_TCP && present >= TCP_HEADER) {
    return {
      kind: "tcp",
      sourcePort: view.getUint16(at),
      destinationPort: view.getUint16(at + 2),
      flags: view.getUint8(at + TCP_FLAGS),
      sequence: view.getUint32(at + TCP_SEQUENCE),
      acknowledgement: view.getUint32(at + TCP_ACKNOWLEDGEMENT),
      payload: Math.max(0, present - tcpHeaderLength(view, at)),
    };
  }
  // Of a packet that an ICMP error quotes, often only the ports are there.
  if (protocol === PROTOCOL_TCP && present >= 8) {
    const [sourcePort, destinationPort, sequence] = [
      view.getUint16(at),
      view.getUint16(at + 2),
      view.getUint32(at + 4),
    ];
    return { kind: "tcp", sourcePort, destinationPort, flags: undefined, sequence, acknowledgement: 0, payload: 0 };
  }
  if (protocol === PROTOCOL_UDP && present >= UDP_HEADER) {
    const [sourcePort, destinationPort] = [view.getUint16(at), view.getUint16(at + 2)];
    return { kind: "udp", sourcePort, destinationPort, payload: present - UDP_HEADER };
  }
  if (protocol === PROTOCOL_SCTP && present >= SCTP_HEADER) {
    const [sourcePort, destinationPort] = [view.getUint16(at), view.getUint16(at + 2)];
    return {
      kind: "sctp",
      sourcePort,
      destinationPort,
      chunk: firstChunk(view, at, end),
      payload: present - SCTP_HEADER,
    };
  }
  return protocol === PROTOCOL_ICMP && present >= ICMP_HEADER ? readIcmp(view, at, end) : undefined;
}

function readIcmp(view: DataView, at: number, end: number): IcmpFacts {
  const type = view.getUint8(at + ICMP_TYPE);
  return {
    kind: "icmp",
    type,
    code: view.getUint8(at + ICMP_CODE),
    rest: view.getUint32(at + ICMP_REST),
    payload: end - at - ICMP_HEADER,
    quoted: isIcmpError(type) ? readIpv4(view, at + ICMP_HEADER, end) : undefined,
  };
}
