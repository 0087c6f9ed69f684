/** Taking a packet out of the one around it (RFC 2003, RFC 2473), as a raw socket gave it. */
import { AF_INET, AF_INET6, type Family } from "../core/wire/address.ts";
import { fold, halves, sum } from "../core/wire/checksum.ts";
import { type Frame, SEGMENT_TCPV4, SEGMENT_TCPV6 } from "../core/wire/frame.ts";
import {
  headerLength,
  IPV4_HEADER,
  IPV4_LENGTH,
  IPV4_PROTOCOL,
  IPV4_SOURCE,
  isFragment,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from "../core/wire/ipv4.ts";
import { IPV6_HEADER, IPV6_NEXT_HEADER, IPV6_PAYLOAD_LENGTH, IPV6_SOURCE } from "../core/wire/ipv6.ts";
import { segmentPayload } from "../core/wire/offload.ts";
import { TCP_CHECKSUM, TCP_HEADER } from "../core/wire/tcp.ts";
import { UDP_CHECKSUM, UDP_HEADER } from "../core/wire/udp.ts";

/**
 * Moves the frame's ends to the packet inside, and learns what stands beside its bytes; false if there is no whole packet in it.
 * The frame has no Ethernet header. A raw socket of IPv4 gives the outer header along, one of IPv6 does not; `outer` says which.
 * What is longer than `mtu` was merged on its way from several segments.
 */
export function unwrap(frame: Frame, outer: Family, mtu: number): boolean {
  const { view, start, end } = frame;
  if (end - start < IPV4_HEADER) return false;
  const inside = outer === AF_INET ? start + headerLength(view, start) : start;
  const length = packetLength(view, inside, end);
  if (length === 0 || (outer === AF_INET && inside - start < IPV4_HEADER)) return false;
  frame.reset(inside, inside + length);
  frame.family = view.getUint8(inside) >> 4 === 4 ? AF_INET : AF_INET6;
  noteChecksum(frame, mtu);
  return true;
}

/** The length of the packet at `at`; 0 if none is there, or not all of it. */
function packetLength(view: DataView, at: number, end: number): number {
  if (end - at < IPV4_HEADER) return 0;
  const version = view.getUint8(at) >> 4;
  if (version === 6) {
    const length = IPV6_HEADER + view.getUint16(at + IPV6_PAYLOAD_LENGTH);
    return at + length <= end ? length : 0;
  }
  const header = headerLength(view, at);
  const length = view.getUint16(at + IPV4_LENGTH);
  return version === 4 && header >= IPV4_HEADER && length >= header && at + length <= end ? length : 0;
}

/**
 * Finds out whether the checksum is still to be made. The packet may never have left the machine: then its sender left the checksum
 * to the network card, and only the pseudo header's sum is there. The kernel keeps that in mind beside the packet; a raw socket does
 * not tell. One that is right as it stands looks the same in one of 65536 cases, and is taken for right either way.
 */
function noteChecksum(frame: Frame, mtu: number): void {
  const { view, start, end, family } = frame;
  const protocol = view.getUint8(start + (family === AF_INET ? IPV4_PROTOCOL : IPV6_NEXT_HEADER));
  const header = family === AF_INET ? headerLength(view, start) : IPV6_HEADER;
  const length = end - start - header;
  const offset = checksumOffset(protocol, length);
  if (offset === 0 || (family === AF_INET && isFragment(view, start))) return;
  const addresses = family === AF_INET ? sum(view, start + IPV4_SOURCE, 8) : sum(view, start + IPV6_SOURCE, 32);
  if (view.getUint16(start + header + offset) !== fold(addresses + protocol + halves(length))) return;
  frame.checksumStart = header;
  frame.checksumOffset = offset;
  if (end - start > mtu && protocol === PROTOCOL_TCP) noteSegments(frame, mtu);
}

/** 0 if the header has no checksum, or is truncated. */
function checksumOffset(protocol: number, length: number): number {
  if (protocol === PROTOCOL_TCP) return length < TCP_HEADER ? 0 : TCP_CHECKSUM;
  if (protocol === PROTOCOL_UDP) return length < UDP_HEADER ? 0 : UDP_CHECKSUM;
  return 0;
}

/** Segments were as long as the way allowed: a guess, by which a receiver reckons how often to acknowledge. */
function noteSegments(frame: Frame, mtu: number): void {
  frame.segmentType = frame.family === AF_INET ? SEGMENT_TCPV4 : SEGMENT_TCPV6;
  frame.segmentSize = mtu - (segmentPayload(frame) - frame.start);
}
