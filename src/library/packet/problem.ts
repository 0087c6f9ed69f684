/** Whether the lengths and checksums of a packet are right. */
import { fold, halves, sum } from "../../core/wire/checksum.ts";
import { ETHERTYPE_IPV4 } from "../../core/wire/ethernet.ts";
import { ICMP_HEADER } from "../../core/wire/icmp.ts";
import {
  IPV4_HEADER,
  IPV4_LENGTH,
  IPV4_SOURCE,
  PROTOCOL_ICMP,
  PROTOCOL_IPIP,
  PROTOCOL_IPV6,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from "../../core/wire/ipv4.ts";
import { IPV6_HEADER, IPV6_PAYLOAD_LENGTH, IPV6_SOURCE, PROTOCOL_ICMPV6 } from "../../core/wire/ipv6.ts";
import { TCP_HEADER } from "../../core/wire/tcp.ts";
import { UDP_HEADER } from "../../core/wire/udp.ts";
import type { Fields } from "./fields.ts";

/** What is wrong with it; empty if nothing is. Behind the header of a fragment nothing is looked at. */
export function problemOf(fields: Fields): string {
  if (fields.etherType !== ETHERTYPE_IPV4 && !fields.isIpv6) return "";
  return headerProblem(fields) || (fields.isFragment ? "" : transportProblem(fields));
}

/** What is wrong with the IP header alone. */
export function headerProblem({ isIpv6, etherType, packet, headerLength }: Fields): string {
  if (etherType !== ETHERTYPE_IPV4 && !isIpv6) return "";
  const view = viewOf(packet);
  const [name, least, version] = isIpv6 ? ["IPv6", IPV6_HEADER, 6] : ["IPv4", IPV4_HEADER, 4];
  if (packet.length < least || headerLength < least || (packet[0] ?? 0) >> 4 !== version) return `no ${name} header`;
  if (isIpv6) {
    const length = view.getUint16(IPV6_PAYLOAD_LENGTH);
    return length === packet.length - IPV6_HEADER ? "" : `payload length ${length} of ${packet.length - IPV6_HEADER}`;
  }
  const length = view.getUint16(IPV4_LENGTH);
  if (length !== packet.length) return `total length ${length} of ${packet.length}`;
  return headerLength <= packet.length && sum(view, 0, headerLength) === 0xffff ? "" : "IPv4 header checksum";
}

function transportProblem(fields: Fields): string {
  const { payload, protocol, isIpv6 } = fields;
  const view = viewOf(payload);
  switch (protocol) {
    case PROTOCOL_IPIP:
    case PROTOCOL_IPV6:
      return fields.inner.problem;
    case PROTOCOL_ICMP:
      return payload.length < ICMP_HEADER || sum(view, 0, payload.length) !== 0xffff ? "ICMP checksum" : "";
    case PROTOCOL_ICMPV6:
      return isIpv6 && transportError(fields) !== 0 ? "ICMPv6 checksum" : "";
    case PROTOCOL_TCP:
      if (payload.length < TCP_HEADER) return "transport header truncated";
      return transportError(fields) === 0 ? "" : "tcp checksum";
    case PROTOCOL_UDP:
      if (payload.length < UDP_HEADER) return "transport header truncated";
      if (fields.checksum === 0 && !isIpv6) return "";
      return transportError(fields) === 0 ? "" : "udp checksum";
    default:
      return "";
  }
}

/** By how much a checksum with a pseudo header is off, in one's complement; 0 if it is right. */
export function transportError(fields: Fields): number {
  const { payload } = fields;
  return fold(sum(viewOf(payload), 0, payload.length) + pseudoSum(fields)) % 0xffff;
}

/** The sum of the pseudo header (RFC 793; RFC 8200, section 8.1), folded; 0 where there are no addresses. */
export function pseudoSum({ isIpv6, packet, protocol, payload }: Fields): number {
  const [at, length] = isIpv6 ? [IPV6_SOURCE, 32] : [IPV4_SOURCE, 8];
  if (packet.length < at + length) return 0;
  return fold(sum(viewOf(packet), at, length) + protocol + halves(payload.length));
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
