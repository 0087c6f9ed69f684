/** Packets of both families for wild cases, byte by byte: whole ones, and whose they are when one is read again. */
import { formatAddress, formatIpv4, parseAddress, writeAddress } from "../../../../src/core/wire/address.ts";
import { fold, halves, sum } from "../../../../src/core/wire/checksum.ts";
import { concat } from "../../frames.ts";

/** Between whom; addresses as text, of one family. */
export interface Ends {
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

/** An extension header: what it is, and its bytes but the first, which names the next. */
export type Extension = readonly [number, readonly number[]];

export interface HeaderFields {
  readonly hops?: number;
  readonly trafficClass?: number;
  readonly flowLabel?: number;
  readonly extensions?: readonly Extension[];
  /** What the header claims, if not the truth. */
  readonly payloadLength?: number;
}

export const isIpv6 = (address: string): boolean => address.includes(":");
export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export function addressBytes(text: string): Uint8Array {
  const address = parseAddress(text);
  if (address === undefined) throw new Error(`no address: ${text}`);
  const bytes = new Uint8Array(isIpv6(text) ? 16 : 4);
  writeAddress(viewOf(bytes), 0, address);
  return bytes;
}

export const reversed = ({ source, destination, sourcePort, destinationPort }: Ends): Ends => ({
  source: destination,
  destination: source,
  sourcePort: destinationPort,
  destinationPort: sourcePort,
});

/** Where the checksum of a transport header over addresses stands, by protocol. */
const CHECKSUMS: Readonly<Record<number, number>> = { 6: 16, 17: 6, 58: 2, 136: 6 };

/** Puts the right checksum in, where the protocol has one over the addresses. */
export function summed({ source, destination }: Ends, protocol: number, payload: Uint8Array): Uint8Array {
  const at = CHECKSUMS[protocol];
  if (at === undefined || payload.length < at + 2) return payload;
  const pseudo = concat(addressBytes(source), addressBytes(destination));
  const view = viewOf(payload);
  view.setUint16(at, 0);
  const whole =
    sum(viewOf(pseudo), 0, pseudo.length) + protocol + halves(payload.length) + sum(view, 0, payload.length);
  const check = ~fold(whole) & 0xffff;
  view.setUint16(at, check === 0 && protocol !== 6 ? 0xffff : check);
  return payload;
}

export function ipv6({ source, destination }: Ends, protocol: number, payload: Uint8Array, fields: HeaderFields = {}) {
  const { hops = 64, trafficClass = 0, flowLabel = 0, extensions = [] } = fields;
  const next = [...extensions.map(([header]) => header), protocol];
  const chain = extensions.map(([, bytes], index) => Uint8Array.of(next[index + 1] ?? 59, ...bytes));
  const body = concat(...chain, payload);
  const packet = concat(new Uint8Array(8), addressBytes(source), addressBytes(destination), body);
  const view = viewOf(packet);
  view.setUint32(0, ((6 << 28) | (trafficClass << 20) | flowLabel) >>> 0);
  view.setUint16(4, fields.payloadLength ?? body.length);
  view.setUint8(6, next[0] ?? 59);
  view.setUint8(7, hops);
  return packet;
}

/** Without what IPv4 has no word for. */
export function ipv4(
  ends: Ends,
  protocol: number,
  payload: Uint8Array,
  { hops = 64, trafficClass = 0, flowLabel = 0 }: HeaderFields = {},
) {
  const packet = concat(new Uint8Array(12), addressBytes(ends.source), addressBytes(ends.destination), payload);
  const view = viewOf(packet);
  view.setUint16(0, 0x4500 | trafficClass);
  view.setUint16(2, packet.length);
  view.setUint16(4, flowLabel & 0xffff);
  view.setUint16(6, flowLabel & 0x10000 ? 0 : 0x4000);
  view.setUint8(8, hops);
  view.setUint8(9, protocol);
  view.setUint16(10, ~sum(view, 0, 20) & 0xffff);
  return packet;
}

export const packetOf = (ends: Ends, protocol: number, payload: Uint8Array, fields: HeaderFields = {}): Uint8Array =>
  (isIpv6(ends.source) ? ipv6 : ipv4)(ends, protocol, payload, fields);

/** A packet as it was read: between whom, and where its transport header begins. */
export interface Read extends Ends {
  readonly protocol: number;
  readonly at: number;
}

const EXTENSIONS = [0, 43, 44, 51, 60];
const IN_IPV4 = 4;
const IN_IPV6 = 41;
const GRE = 47;
const UDP = 17;
export const GUE_PORT = 6080;

/** The IP packet that begins at `at`; `undefined` for what is too short to be one. */
export function readIp(bytes: Uint8Array, at = 0): Read | undefined {
  const view = viewOf(bytes);
  if (bytes.length < at + 20) return undefined;
  const version = view.getUint8(at) >>> 4;
  if (version === 4)
    return withPorts(
      view,
      at + (view.getUint8(at) & 15) * 4,
      view.getUint8(at + 9),
      formatIpv4(view.getUint32(at + 12)),
      formatIpv4(view.getUint32(at + 16)),
    );
  if (version !== 6 || bytes.length < at + 40) return undefined;
  let protocol = view.getUint8(at + 6);
  let start = at + 40;
  while (EXTENSIONS.includes(protocol) && start + 8 <= bytes.length) {
    const length =
      protocol === 44 ? 8 : protocol === 51 ? (view.getUint8(start + 1) + 2) * 4 : (view.getUint8(start + 1) + 1) * 8;
    protocol = view.getUint8(start);
    start += length;
  }
  const address = (from: number): string => {
    const word = (index: number): number => view.getUint32(from + index * 4);
    return formatAddress({ family: 10, words: [word(0), word(1), word(2), word(3)] });
  };
  return withPorts(view, start, protocol, address(at + 8), address(at + 24));
}

function withPorts(view: DataView, at: number, protocol: number, source: string, destination: string): Read {
  const has = at + 4 <= view.byteLength && [6, 17, 132, 136].includes(protocol);
  return {
    source,
    destination,
    protocol,
    at,
    sourcePort: has ? view.getUint16(at) : 0,
    destinationPort: has ? view.getUint16(at + 2) : 0,
  };
}

/** The innermost packet: what a tunnel carries, by IPIP, GRE or GUE. */
export function innermost(bytes: Uint8Array, at = 0): Read | undefined {
  const outer = readIp(bytes, at);
  if (outer === undefined) return undefined;
  const view = viewOf(bytes);
  if (outer.at + 12 > bytes.length) return outer;
  if (outer.protocol === IN_IPV4 || outer.protocol === IN_IPV6) return innermost(bytes, outer.at) ?? outer;
  if (outer.protocol === GRE) return innermost(bytes, outer.at + (view.getUint8(outer.at) & 0x80 ? 8 : 4)) ?? outer;
  if (outer.protocol === UDP && outer.destinationPort === GUE_PORT)
    return innermost(bytes, outer.at + 12 + (view.getUint8(outer.at + 8) & 31) * 4) ?? outer;
  return outer;
}
