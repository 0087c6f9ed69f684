/**
 * IPv6 packets as a test writes them; every checksum is right unless the fields say otherwise.
 *
 *   icmpv6("fe80::5 > ff02::1", 128, 0, { hops: 255, data: counting(8) })
 */
import { parseIpv6 } from "../../src/core/wire/address.ts";
import { internetChecksum } from "./ones-complement.ts";
import { flagsOf, Packet, type TcpFields } from "./packet.ts";

export interface Ipv6HeaderFields {
  readonly hops?: number;
  readonly trafficClass?: number;
  readonly flowLabel?: number;
  readonly payloadLength?: number;
  /** Extension headers in their order: what each is, and its bytes but the first, which names the next. */
  readonly extensions?: readonly (readonly [number, readonly number[]])[];
}

export interface Icmpv6Fields extends Ipv6HeaderFields {
  readonly rest?: number;
  readonly data?: Uint8Array;
  /** What is added to the right checksum. */
  readonly error?: number;
}

/** The 16 bytes of an address. */
export function addressBytes(text: string): Uint8Array {
  const address = parseIpv6(text);
  if (address === undefined) throw new Error(`no IPv6 address: ${text}`);
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  for (const [index, word] of address.words.entries()) view.setUint32(index * 4, word);
  return bytes;
}

/** Any payload behind any extension headers; `ends` are `2001:db8::1 > 2001:db8::2`. */
export function ipv6(ends: string, nextHeader: number, payload: Uint8Array, fields: Ipv6HeaderFields = {}): Packet {
  const [from = "", to = ""] = ends.split(" > ");
  const extensions = fields.extensions ?? [];
  const names = [...extensions.map(([name]) => name), nextHeader];
  const chain = extensions.flatMap(([, bytes], index) => [names[index + 1] ?? 0, ...bytes]);
  const bytes = new Uint8Array(40 + chain.length + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, ((6 << 28) | ((fields.trafficClass ?? 0) << 20) | (fields.flowLabel ?? 0)) >>> 0);
  view.setUint16(4, fields.payloadLength ?? chain.length + payload.length);
  view.setUint8(6, names[0] ?? 0);
  view.setUint8(7, fields.hops ?? 64);
  bytes.set(addressBytes(from), 8);
  bytes.set(addressBytes(to), 24);
  bytes.set(chain, 40);
  bytes.set(payload, 40 + chain.length);
  return new Packet(bytes);
}

/** The checksum that goes with a payload, the field itself being 0 in it (RFC 8200, section 8.1). */
export function ipv6Checksum(ends: string, protocol: number, payload: Uint8Array): number {
  const [from = "", to = ""] = ends.split(" > ");
  const pseudo = new Uint8Array(8);
  const view = new DataView(pseudo.buffer);
  view.setUint32(0, payload.length);
  view.setUint32(4, protocol);
  return internetChecksum(addressBytes(from), addressBytes(to), pseudo, payload);
}

/** An ICMPv6 message. */
export function icmpv6(ends: string, type: number, code: number, fields: Icmpv6Fields = {}): Packet {
  const data = fields.data ?? new Uint8Array();
  const message = new Uint8Array(8 + data.length);
  const view = new DataView(message.buffer);
  message.set([type, code]);
  view.setUint32(4, fields.rest ?? 0);
  message.set(data, 8);
  view.setUint16(2, (ipv6Checksum(ends, 58, message) + (fields.error ?? 0)) & 0xffff);
  return ipv6(ends, 58, message, fields);
}

const LINK_LAYER = { 135: 1, 136: 2 } as const;

/** A neighbor solicitation (135) or advertisement (136) for `target`; with the sender's MAC address where one is given. */
export function discovery(
  ends: string,
  type: 135 | 136,
  target: string,
  { mac, flags = 0, hops = 255 }: { readonly mac?: string; readonly flags?: number; readonly hops?: number } = {},
): Packet {
  const option =
    mac === undefined ? [] : [LINK_LAYER[type], 1, ...mac.split(":").map((pair) => Number.parseInt(pair, 16))];
  const data = Uint8Array.from([...addressBytes(target), ...option]);
  return icmpv6(ends, type, 0, { rest: (flags << 24) >>> 0, data, hops });
}

/** A TCP segment without options; `ends` are `2001:db8::1:40000 > 2001:db8::2:80`, the last colon before the port. */
export function tcp6(
  ends: string,
  flags = 0x02,
  fields: Ipv6HeaderFields & { readonly data?: Uint8Array } = {},
): Packet {
  const [[from, fromPort], [to, toPort]] = ends.split(" > ").map((end) => {
    const colon = end.lastIndexOf(":");
    return [end.slice(0, colon), Number(end.slice(colon + 1))] as const;
  }) as [readonly [string, number], readonly [string, number]];
  const data = fields.data ?? new Uint8Array();
  const segment = new Uint8Array(20 + data.length);
  const view = new DataView(segment.buffer);
  view.setUint16(0, fromPort);
  view.setUint16(2, toPort);
  view.setUint32(4, 1000);
  segment.set([5 << 4, flags], 12);
  segment.set(data, 20);
  view.setUint16(16, ipv6Checksum(`${from} > ${to}`, 6, segment));
  return ipv6(`${from} > ${to}`, 6, segment, fields);
}

export interface Tcpv6Fields extends Ipv6HeaderFields {
  readonly sequence?: number;
  readonly acknowledgement?: number;
  readonly data?: Uint8Array;
  readonly error?: number;
}

/** A TCP segment's bytes between two addresses, to be put into a packet or cut into fragments. */
export function segmentIpv6(ends: string, ports: readonly [number, number], flags: string, fields: Tcpv6Fields = {}) {
  const data = fields.data ?? new Uint8Array();
  const segment = new Uint8Array(20 + data.length);
  const view = new DataView(segment.buffer);
  view.setUint16(0, ports[0]);
  view.setUint16(2, ports[1]);
  view.setUint32(4, fields.sequence ?? 1000);
  view.setUint32(8, fields.acknowledgement ?? 0);
  view.setUint8(12, 5 << 4);
  view.setUint8(13, flagsOf(flags));
  view.setUint16(14, 64240);
  segment.set(data, 20);
  view.setUint16(16, (ipv6Checksum(ends, 6, segment) + (fields.error ?? 0)) & 0xffff);
  return segment;
}

export const tcpIpv6 = (
  ends: string,
  ports: readonly [number, number],
  flags: string,
  fields: Tcpv6Fields = {},
): Packet => ipv6(ends, 6, segmentIpv6(ends, ports, flags, fields), fields);

/** A whole segment between `[2001:db8::1]:40000 > [2001:db8::2]:80`, with the fields of TCP and of the header that both families have. */
export function segmentBetween(ends: string, flags: string, fields: TcpFields = {}): Packet {
  const [from = [], to = []] = ends.split(" > ").map((end) => end.slice(1).split("]:"));
  const between = `${from[0]} > ${to[0]}`;
  const options = fields.tcpOptions ?? [];
  const data = typeof fields.data === "string" ? new TextEncoder().encode(fields.data) : (fields.data ?? []);
  const segment = new Uint8Array(20 + options.length + data.length);
  const view = new DataView(segment.buffer);
  view.setUint16(0, Number(from[1]));
  view.setUint16(2, Number(to[1]));
  view.setUint32(4, fields.sequence ?? 1000);
  view.setUint32(8, fields.acknowledgement ?? 0);
  view.setUint8(12, (fields.dataOffset ?? 5 + options.length / 4) << 4);
  view.setUint8(13, flagsOf(flags));
  view.setUint16(14, fields.window ?? 64240);
  segment.set(options, 20);
  segment.set(data, 20 + options.length);
  const check = ipv6Checksum(between, 6, segment) + (fields.error ?? 0);
  view.setUint16(16, check > 0xffff ? check - 0xffff : check);
  const { ttl, tos } = fields;
  return ipv6(between, 6, segment, {
    ...(ttl !== undefined && { hops: ttl }),
    ...(tos !== undefined && { trafficClass: tos }),
  });
}

/** A UDP datagram's bytes between two addresses. */
export function datagramIpv6(ends: string, ports: readonly [number, number], data: Uint8Array): Uint8Array {
  const datagram = new Uint8Array(8 + data.length);
  const view = new DataView(datagram.buffer);
  view.setUint16(0, ports[0]);
  view.setUint16(2, ports[1]);
  view.setUint16(4, datagram.length);
  datagram.set(data, 8);
  view.setUint16(6, ipv6Checksum(ends, 17, datagram) || 0xffff);
  return datagram;
}

/** A payload cut into fragments of `size` bytes, a multiple of 8. */
export function fragmentsIpv6(
  ends: string,
  nextHeader: number,
  payload: Uint8Array,
  size: number,
  identification: number,
  fields: Ipv6HeaderFields = {},
): Packet[] {
  return Array.from({ length: Math.max(1, Math.ceil(payload.length / size)) }, (_, index) => {
    const offset = index * size;
    const more = offset + size < payload.length ? 1 : 0;
    const word = offset | more;
    const id = [24, 16, 8, 0].map((shift) => (identification >>> shift) & 255);
    const extension = [44, [0, word >> 8, word & 255, ...id]] as const;
    const extensions = [...(fields.extensions ?? []), extension];
    return ipv6(ends, nextHeader, payload.slice(offset, offset + size), { ...fields, extensions });
  });
}
