/** Packets in pieces, packets in packets, packets in frames. */
import { parseMac } from "../../core/wire/address.ts";
import {
  ETHERNET_HEADER,
  ETHERNET_SOURCE,
  ETHERNET_TYPE,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
} from "../../core/wire/ethernet.ts";
import {
  DONT_FRAGMENT,
  headerLength,
  IPV4_FRAGMENT,
  IPV4_LENGTH,
  MORE_FRAGMENTS,
  PROTOCOL_IPIP,
  PROTOCOL_IPV6,
} from "../../core/wire/ipv4.ts";
import {
  FRAGMENT,
  FRAGMENT_HEADER,
  IPV6_HEADER,
  IPV6_NEXT_HEADER,
  IPV6_PAYLOAD_LENGTH,
  writeFragmentHeader,
} from "../../core/wire/ipv6.ts";
import { UsageError } from "../errors.ts";
import { checkNumber, got } from "../wrong-use.ts";
import { type HeaderFields, ip, repairHeader } from "./ip.ts";
import { bytesOf, Packet } from "./packet.ts";

/**
 * The packet in pieces of `size` payload bytes each, a multiple of 8, in order. An IPv6 packet gets a fragment header behind its
 * first header, with this identification; fragments of IPv4 keep that of the packet.
 */
export function fragments(packet: Packet | Uint8Array, size: number, identification = 1): Packet[] {
  if (!Number.isInteger(size) || size <= 0 || size % 8 !== 0)
    throw new UsageError(`fragments of ${got(size)} bytes: expected a multiple of 8`);
  checkNumber("identification", identification, 0xffff_ffff);
  const whole = bytesOf(packet);
  const isIpv6 = (whole[0] ?? 0) >> 4 === 6;
  const header = isIpv6 ? IPV6_HEADER : headerLength(viewOf(whole), 0);
  const pieces: Packet[] = [];
  for (let offset = 0; header + offset < whole.length; offset += size) {
    const payload = whole.subarray(header + offset, header + offset + size);
    const more = header + offset + size < whole.length;
    const piece = isIpv6
      ? ipv6Piece(whole, payload, { offset, more, identification })
      : ipv4Piece(whole.subarray(0, header), payload, offset, more);
    pieces.push(new Packet(piece));
  }
  return pieces;
}

function ipv4Piece(header: Uint8Array, payload: Uint8Array, offset: number, more: boolean): Uint8Array {
  const bytes = Uint8Array.from([...header, ...payload]);
  const view = viewOf(bytes);
  view.setUint16(IPV4_LENGTH, bytes.length);
  const kept = view.getUint16(IPV4_FRAGMENT) & DONT_FRAGMENT;
  view.setUint16(IPV4_FRAGMENT, kept | (more ? MORE_FRAGMENTS : 0) | (offset / 8));
  repairHeader(bytes);
  return bytes;
}

function ipv6Piece(
  whole: Uint8Array,
  payload: Uint8Array,
  {
    offset,
    more,
    identification,
  }: { readonly offset: number; readonly more: boolean; readonly identification: number },
): Uint8Array {
  const bytes = new Uint8Array(IPV6_HEADER + FRAGMENT_HEADER + payload.length);
  bytes.set(whole.subarray(0, IPV6_HEADER));
  const view = viewOf(bytes);
  view.setUint16(IPV6_PAYLOAD_LENGTH, FRAGMENT_HEADER + payload.length);
  view.setUint8(IPV6_NEXT_HEADER, FRAGMENT);
  writeFragmentHeader(view, IPV6_HEADER, whole[IPV6_NEXT_HEADER] ?? 0, offset, more, identification);
  bytes.set(payload, IPV6_HEADER + FRAGMENT_HEADER);
  return bytes;
}

/** A packet in a tunnel of plain IP (RFC 2003, RFC 2473, RFC 4213): `ends` are the tunnel's, of either family. */
export function tunnel(ends: string, packet: Packet | Uint8Array, fields: HeaderFields = {}): Packet {
  const inner = bytesOf(packet);
  return ip(ends, (inner[0] ?? 0) >> 4 === 6 ? PROTOCOL_IPV6 : PROTOCOL_IPIP, inner, fields);
}

/** The Ethernet frame around a packet; both MAC addresses as `02:00:00:00:01:64`. */
export function ethernet(to: string, from: string, packet: Packet | Uint8Array, type?: number): Uint8Array {
  const content = bytesOf(packet);
  const bytes = new Uint8Array(ETHERNET_HEADER + content.length);
  bytes.set(macBytes(to));
  bytes.set(macBytes(from), ETHERNET_SOURCE);
  const isIpv6 = (content[0] ?? 0) >> 4 === 6;
  viewOf(bytes).setUint16(ETHERNET_TYPE, type ?? (isIpv6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4));
  bytes.set(content, ETHERNET_HEADER);
  return bytes;
}

function macBytes(text: string): Uint8Array {
  const mac = typeof text === "string" ? parseMac(text) : undefined;
  if (mac === undefined) throw new UsageError(`${got(text)}: expected a MAC address such as 02:00:00:00:01:64`);
  return mac;
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
