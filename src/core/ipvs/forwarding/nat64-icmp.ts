/**
 * ICMP errors through NAT64: the message, the packet that it quotes, and the header before both become those of the other family
 * (RFC 7915, sections 4.2, 4.3, 5.2 and 5.3). The caller writes addresses, ports and checksums.
 */
import { AF_INET, AF_INET6 } from "../../wire/address.ts";
import { ETHERNET_HEADER } from "../../wire/ethernet.ts";
import type { Frame } from "../../wire/frame.ts";
import {
  DESTINATION_UNREACHABLE,
  FRAGMENTATION_NEEDED,
  HOST_UNREACHABLE,
  ICMP_CODE,
  ICMP_HEADER,
  ICMP_REST,
  ICMP_TYPE,
  PORT_UNREACHABLE,
  PROTOCOL_UNREACHABLE,
  TIME_EXCEEDED,
} from "../../wire/icmp.ts";
import {
  ICMPV6_PORT_UNREACHABLE,
  ICMPV6_TIME_EXCEEDED,
  ICMPV6_UNREACHABLE,
  NO_ROUTE,
  PACKET_TOO_BIG,
  PROHIBITED,
} from "../../wire/icmpv6.ts";
import {
  headerLength,
  IPV4_HEADER,
  IPV4_LENGTH,
  IPV4_PROTOCOL,
  IPV4_TOS,
  IPV4_TTL,
  PROTOCOL_ICMP,
  writeIpv4,
} from "../../wire/ipv4.ts";
import {
  IPV6_HEADER,
  IPV6_HOP_LIMIT,
  IPV6_PAYLOAD_LENGTH,
  LEAST_IPV6_MTU,
  PROTOCOL_ICMPV6,
  type QuotedIpv6,
  trafficClass,
  writeIpv6,
} from "../../wire/ipv6.ts";
import { hopLimit } from "../../wire/network.ts";
import { PORTS } from "../../wire/transport.ts";

const GROWTH = IPV6_HEADER - IPV4_HEADER;
/** Communication with the host is administratively prohibited (RFC 1122, section 3.2.2.1; RFC 1812, section 5.2.7.1). */
const HOST_PROHIBITED = 10;
/** With the network, with the host, by a filter, by precedence. */
const PROHIBITED_CODES: readonly number[] = [9, HOST_PROHIBITED, 13, 15];
const PRECEDENCE_VIOLATION = 14;

/** Type, code and second word of the message in IPv4; undefined if it has none there. */
function messageInIpv4(type: number, code: number, rest: number): readonly [number, number, number] | undefined {
  if (type === ICMPV6_TIME_EXCEEDED) return [TIME_EXCEEDED, code, 0];
  if (type === PACKET_TOO_BIG) return [DESTINATION_UNREACHABLE, FRAGMENTATION_NEEDED, Math.min(rest - GROWTH, 0xffff)];
  if (type !== ICMPV6_UNREACHABLE || code > ICMPV6_PORT_UNREACHABLE) return undefined;
  if (code === ICMPV6_PORT_UNREACHABLE) return [DESTINATION_UNREACHABLE, PORT_UNREACHABLE, 0];
  return [DESTINATION_UNREACHABLE, code === PROHIBITED ? HOST_PROHIBITED : HOST_UNREACHABLE, 0];
}

/** The same in IPv6. */
function messageInIpv6(type: number, code: number, rest: number): readonly [number, number, number] | undefined {
  if (type === TIME_EXCEEDED) return [ICMPV6_TIME_EXCEEDED, code, 0];
  if (type !== DESTINATION_UNREACHABLE || code === PRECEDENCE_VIOLATION || code === PROTOCOL_UNREACHABLE)
    return undefined;
  if (code === FRAGMENTATION_NEEDED) return [PACKET_TOO_BIG, 0, Math.max(LEAST_IPV6_MTU, (rest & 0xffff) + GROWTH)];
  if (code === PORT_UNREACHABLE) return [ICMPV6_UNREACHABLE, ICMPV6_PORT_UNREACHABLE, 0];
  return [ICMPV6_UNREACHABLE, PROHIBITED_CODES.includes(code) ? PROHIBITED : NO_ROUTE, 0];
}

/** An ICMPv6 error becomes an ICMP error; false, and untouched, if it has no counterpart or its hop limit is used up. */
export function errorBecomesIpv4(frame: Frame, quoted: QuotedIpv6, identification: number): boolean {
  const { view, network, transport: message } = frame;
  const type = view.getUint8(message + ICMP_TYPE);
  const translated = messageInIpv4(type, view.getUint8(message + ICMP_CODE), view.getUint32(message + ICMP_REST));
  const ttl = hopLimit(frame) - 1;
  if (translated === undefined || ttl < 1 || frame.end - quoted.transport < PORTS) return false;
  const tos = trafficClass(view, network);
  const inner = message + ICMP_HEADER;
  const quotedLength = view.getUint16(inner + IPV6_PAYLOAD_LENGTH) + inner + IPV6_HEADER - quoted.transport;
  const quotedTos = trafficClass(view, inner);
  const quotedTtl = view.getUint8(inner + IPV6_HOP_LIMIT);
  const at = quoted.transport - IPV4_HEADER;
  const nobody = { source: 0, destination: 0 };
  writeIpv4(view, at, {
    ...nobody,
    tos: quotedTos,
    length: IPV4_HEADER + quotedLength,
    identification: 0,
    fragment: 0,
    ttl: quotedTtl,
    protocol: quoted.protocol,
  });
  moveMessage(frame, at - ICMP_HEADER, IPV4_HEADER, translated);
  const length = frame.end - frame.network;
  const outer = { ...nobody, tos, length, identification, fragment: 0, ttl, protocol: PROTOCOL_ICMP };
  writeIpv4(view, frame.network, outer);
  frame.family = AF_INET;
  frame.protocol = PROTOCOL_ICMP;
  return true;
}

/** An ICMP error becomes an ICMPv6 error, no longer than 1280 bytes; false as above. */
export function errorBecomesIpv6(frame: Frame): boolean {
  frame.ensureHeadroom(2 * GROWTH);
  const { view, network, transport: message } = frame;
  const type = view.getUint8(message + ICMP_TYPE);
  const translated = messageInIpv6(type, view.getUint8(message + ICMP_CODE), view.getUint32(message + ICMP_REST));
  const ttl = hopLimit(frame) - 1;
  const inner = message + ICMP_HEADER;
  const ports = inner + headerLength(view, inner);
  if (translated === undefined || ttl < 1 || frame.end - ports < PORTS) return false;
  const tos = view.getUint8(network + IPV4_TOS);
  const quotedHeader = {
    trafficClass: view.getUint8(inner + IPV4_TOS),
    flowLabel: 0,
    length: Math.max(0, view.getUint16(inner + IPV4_LENGTH) - (ports - inner)),
    nextHeader: view.getUint8(inner + IPV4_PROTOCOL),
    hopLimit: view.getUint8(inner + IPV4_TTL),
  };
  writeIpv6(view, ports - IPV6_HEADER, quotedHeader);
  moveMessage(frame, ports - IPV6_HEADER - ICMP_HEADER, IPV6_HEADER, translated);
  frame.end = Math.min(frame.end, frame.network + LEAST_IPV6_MTU);
  const length = frame.end - frame.transport;
  writeIpv6(view, frame.network, {
    trafficClass: tos,
    flowLabel: 0,
    length,
    nextHeader: PROTOCOL_ICMPV6,
    hopLimit: ttl,
  });
  frame.family = AF_INET6;
  frame.protocol = PROTOCOL_ICMPV6;
  return true;
}

/** The message begins at `at` from now on, with a network header of `header` bytes before it. */
function moveMessage(
  frame: Frame,
  at: number,
  header: number,
  [type, code, rest]: readonly [number, number, number],
): void {
  const { view } = frame;
  view.setUint8(at + ICMP_TYPE, type);
  view.setUint8(at + ICMP_CODE, code);
  view.setUint32(at + ICMP_REST, rest);
  frame.transport = at;
  frame.start = at - header - ETHERNET_HEADER;
  frame.checksumStart = 0;
  frame.options = undefined;
  frame.fragmentHeader = 0;
  frame.largestFragment = 0;
  frame.fragmentLengths = undefined;
}
