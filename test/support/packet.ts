/**
 * A small packet builder: IPv4 packets as a test writes them, and as people read them.
 *
 *   tcp("198.51.100.1:40000 > 203.0.113.100:80", "S", { sequence: 1000 })
 *   prints as  198.51.100.1:40000 > 203.0.113.100:80 tcp S seq 1000 ack 0 len 0
 *
 * Every checksum is right unless the fields say otherwise; it is made by the tests' own arithmetic.
 */
import { internetChecksum, pseudoHeader } from "./ones-complement.ts";

/** Fields of the IPv4 header that are not the ends. `totalLength`, `version` and `headerWords` may lie. */
export interface HeaderFields {
  readonly ttl?: number;
  readonly tos?: number;
  readonly id?: number;
  readonly dontFragment?: boolean;
  readonly moreFragments?: boolean;
  /** In bytes. */
  readonly offset?: number;
  /** A multiple of 4 bytes. */
  readonly options?: readonly number[];
  readonly totalLength?: number;
  readonly version?: number;
  readonly headerWords?: number;
  /** What is added to the right header checksum. */
  readonly headerError?: number;
}

export interface TcpFields extends HeaderFields {
  readonly sequence?: number;
  readonly acknowledgement?: number;
  readonly window?: number;
  readonly urgent?: number;
  /** A multiple of 4 bytes; `options` are the IPv4 header's. */
  readonly tcpOptions?: readonly number[];
  readonly dataOffset?: number;
  readonly data?: Uint8Array | string;
  /** What is added to the right checksum, in one's complement. */
  readonly error?: number;
}

export interface UdpFields extends HeaderFields {
  readonly data?: Uint8Array | string;
  readonly length?: number;
  readonly error?: number;
  /** Sent without a checksum. */
  readonly unchecked?: boolean;
}

export interface IcmpFields extends HeaderFields {
  readonly rest?: number;
  readonly data?: Uint8Array;
  readonly error?: number;
}

/** An IPv4 packet with what it is in words. */
export class Packet {
  readonly bytes: Uint8Array;
  readonly text: string;

  constructor(bytes: Uint8Array, text: string) {
    this.bytes = bytes;
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

const FLAGS: Readonly<Record<string, number>> = { F: 1, S: 2, R: 4, P: 8, ".": 16, U: 32, E: 64, W: 128 };

/** The flags byte of letters as tcpdump writes them, `.` for ACK. */
export const flagsOf = (letters: string): number =>
  [...letters].reduce((flags, letter) => {
    const bit = FLAGS[letter];
    if (bit === undefined) throw new Error(`no TCP flag is written ${letter}`);
    return flags | bit;
  }, 0);

export function ip(text: string): number {
  const parts = text.split(".").map(Number);
  if (parts.length !== 4 || parts.some((part) => !(part >= 0 && part <= 255))) throw new Error(`no address: ${text}`);
  return parts.reduce((number, part) => number * 256 + part, 0);
}

/** `length` bytes that count up from `first`: what got lost or moved shows. */
export const counting = (length: number, first = 0): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => (first + index) & 255);

const bytesOf = (data: Uint8Array | string | undefined): Uint8Array =>
  typeof data === "string" ? new TextEncoder().encode(data) : (data ?? new Uint8Array());

interface End {
  readonly address: number;
  readonly port: number;
}

/** `198.51.100.1:40000 > 203.0.113.100:80`; ports may be left out. */
function endsOf(text: string): readonly [End, End] {
  const [from, to, ...rest] = text.split(" > ").map((end) => {
    const [address = "", port = "0"] = end.split(":");
    return { address: ip(address), port: Number(port) };
  });
  if (from === undefined || to === undefined || rest.length > 0) throw new Error(`no ends of a packet: ${text}`);
  return [from, to];
}

/** A one's-complement sum of two 16-bit words: an error that survives every incremental update. */
const plus = (a: number, b: number): number => (a + b > 0xffff ? a + b - 0xffff : a + b);

/** Any payload of any protocol. */
export function ipv4(ends: string, protocol: number, payload: Uint8Array, fields: HeaderFields = {}): Packet {
  const [from, to] = endsOf(ends);
  const options = fields.options ?? [];
  const header = 20 + options.length;
  const bytes = new Uint8Array(header + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, ((fields.version ?? 4) << 4) | (fields.headerWords ?? header / 4));
  view.setUint8(1, fields.tos ?? 0);
  view.setUint16(2, fields.totalLength ?? bytes.length);
  view.setUint16(4, fields.id ?? 1);
  const flags = (fields.dontFragment === true ? 0x4000 : 0) | (fields.moreFragments === true ? 0x2000 : 0);
  view.setUint16(6, flags | ((fields.offset ?? 0) / 8));
  view.setUint8(8, fields.ttl ?? 64);
  view.setUint8(9, protocol);
  view.setUint32(12, from.address);
  view.setUint32(16, to.address);
  bytes.set(options, 20);
  view.setUint16(10, plus(internetChecksum(bytes.subarray(0, header)), fields.headerError ?? 0));
  bytes.set(payload, header);
  return new Packet(bytes, `${ends} protocol ${protocol} len ${payload.length}${headerText(fields)}`);
}

function headerText(fields: HeaderFields): string {
  const words = [];
  if (fields.ttl !== undefined) words.push(`ttl ${fields.ttl}`);
  if (fields.dontFragment === true) words.push("DF");
  if (fields.offset !== undefined || fields.moreFragments === true) {
    words.push(`fragment ${fields.offset ?? 0}${fields.moreFragments === true ? "+" : ""}`);
  }
  return words.map((word) => ` ${word}`).join("");
}

/** Puts the checksum of TCP or UDP into a packet, `at` bytes into its payload of `length` bytes, where a 0 stands. */
function finishTransport(packet: Packet, length: number, protocol: number, at: number, error: number): void {
  const payload = packet.bytes.subarray(packet.bytes.length - length);
  const right = internetChecksum(pseudoHeader(packet.bytes, protocol, payload.length), payload);
  const check = plus(protocol === 17 && right === 0 ? 0xffff : right, error);
  payload.set([check >> 8, check & 255], at);
}

export function tcp(ends: string, flags: string, fields: TcpFields = {}): Packet {
  const [from, to] = endsOf(ends);
  const options = fields.tcpOptions ?? [];
  const data = bytesOf(fields.data);
  const payload = new Uint8Array(20 + options.length + data.length);
  const view = new DataView(payload.buffer);
  const sequence = fields.sequence ?? 1000;
  const acknowledgement = fields.acknowledgement ?? 0;
  view.setUint16(0, from.port);
  view.setUint16(2, to.port);
  view.setUint32(4, sequence);
  view.setUint32(8, acknowledgement);
  view.setUint8(12, (fields.dataOffset ?? 5 + options.length / 4) << 4);
  view.setUint8(13, flagsOf(flags));
  view.setUint16(14, fields.window ?? 64240);
  view.setUint16(18, fields.urgent ?? 0);
  payload.set(options, 20);
  payload.set(data, 20 + options.length);
  const packet = ipv4(ends, 6, payload, fields);
  finishTransport(packet, payload.length, 6, 16, fields.error ?? 0);
  const numbers = `seq ${sequence >>> 0} ack ${acknowledgement >>> 0}`;
  const text = `${ends} tcp ${flags || "none"} ${numbers} len ${data.length}${headerText(fields)}`;
  return new Packet(packet.bytes, text);
}

export function udp(ends: string, fields: UdpFields = {}): Packet {
  const [from, to] = endsOf(ends);
  const data = bytesOf(fields.data);
  const payload = new Uint8Array(8 + data.length);
  const view = new DataView(payload.buffer);
  view.setUint16(0, from.port);
  view.setUint16(2, to.port);
  view.setUint16(4, fields.length ?? payload.length);
  payload.set(data, 8);
  const packet = ipv4(ends, 17, payload, fields);
  if (fields.unchecked !== true) finishTransport(packet, payload.length, 17, 6, fields.error ?? 0);
  return new Packet(packet.bytes, `${ends} udp len ${data.length}${headerText(fields)}`);
}

export function icmp(ends: string, type: number, code: number, fields: IcmpFields = {}): Packet {
  const data = fields.data ?? new Uint8Array();
  const payload = new Uint8Array(8 + data.length);
  const view = new DataView(payload.buffer);
  view.setUint8(0, type);
  view.setUint8(1, code);
  view.setUint32(4, fields.rest ?? 0);
  payload.set(data, 8);
  view.setUint16(2, plus(internetChecksum(payload), fields.error ?? 0));
  const packet = ipv4(ends, 1, payload, fields);
  return new Packet(packet.bytes, `${ends} icmp ${type}/${code} len ${data.length}${headerText(fields)}`);
}

/** An error that quotes the first `length` bytes of a packet: its IPv4 header and 8 bytes, if nothing is said. */
export const icmpAbout = (
  ends: string,
  type: number,
  code: number,
  quoted: Packet | Uint8Array,
  fields: IcmpFields & { readonly length?: number } = {},
): Packet => {
  const bytes = quoted instanceof Packet ? quoted.bytes : quoted;
  return icmp(ends, type, code, { ...fields, data: bytes.slice(0, fields.length ?? 28) });
};

/** The packet in pieces of `size` payload bytes each (a multiple of 8), in order. */
export function fragments(packet: Packet, size: number): Packet[] {
  const header = ((packet.bytes[0] ?? 0x45) & 15) * 4;
  const pieces: Packet[] = [];
  for (let offset = 0; header + offset < packet.bytes.length; offset += size) {
    const end = Math.min(packet.bytes.length, header + offset + size);
    const bytes = new Uint8Array(header + end - header - offset);
    bytes.set(packet.bytes.subarray(0, header));
    bytes.set(packet.bytes.subarray(header + offset, end), header);
    const view = new DataView(bytes.buffer);
    view.setUint16(2, bytes.length);
    const more = end < packet.bytes.length;
    view.setUint16(6, (view.getUint16(6) & 0x4000) | (more ? 0x2000 : 0) | (offset / 8));
    repairHeader(bytes);
    pieces.push(new Packet(bytes, `${packet.text} fragment ${offset}${more ? "+" : ""}`));
  }
  return pieces;
}

/** Makes the IPv4 header's checksum right again, as far as there is a header. */
export function repairHeader(packet: Uint8Array): void {
  const header = Math.min(packet.length, ((packet[0] ?? 0) & 15) * 4);
  if (header < 12) return;
  packet.set([0, 0], 10);
  const check = internetChecksum(packet.subarray(0, header));
  packet.set([check >> 8, check & 255], 10);
}

const macBytes = (mac: string): number[] => mac.split(":").map((pair) => Number.parseInt(pair, 16));

/** The Ethernet frame around a packet. */
export const ethernet = (to: string, from: string, packet: Packet | Uint8Array, type = 0x0800): Uint8Array =>
  Uint8Array.from([
    ...macBytes(to),
    ...macBytes(from),
    type >> 8,
    type & 255,
    ...(packet instanceof Packet ? packet.bytes : packet),
  ]);
