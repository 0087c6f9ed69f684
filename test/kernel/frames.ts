/** Makes the frames that hosts around the director send, byte by byte, right or wrong in any way asked for. */
import { parseIpv4, parseMac } from "../../src/core/wire/address.ts";
import { checksum, pseudoHeaderSum, sum } from "../../src/core/wire/checksum.ts";
import { ETHERTYPE_IPV4 } from "../../src/core/wire/ethernet.ts";
import {
  IPV4_CHECKSUM,
  IPV4_HEADER,
  PROTOCOL_ICMP,
  PROTOCOL_SCTP,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from "../../src/core/wire/ipv4.ts";
import { finishSctp, SCTP_CHECKSUM, SCTP_HEADER } from "../../src/core/wire/sctp.ts";

/** What an IPv4 packet carries, and between whom. Addresses are 32-bit numbers in host order. */
export interface Payload {
  readonly protocol: number;
  readonly source: number;
  readonly destination: number;
  readonly bytes: Uint8Array;
}

/** A checksum other than the right one: off by something, absent, or a value of its own. */
export type Sum = "right" | "wrong" | "none" | number;

/** The fields of an IPv4 header that are not the payload's. `length` and `headerWords` may lie. */
export interface Ipv4Options {
  readonly ttl?: number;
  readonly tos?: number;
  readonly id?: number;
  readonly dontFragment?: boolean;
  readonly moreFragments?: boolean;
  /** Payload offset in bytes, a multiple of 8. */
  readonly offset?: number;
  /** Padded with NOPs to a multiple of 4. */
  readonly options?: Uint8Array;
  readonly version?: number;
  readonly headerWords?: number;
  readonly length?: number;
  readonly sum?: Sum;
}

const NOP = 1;
const DF = 0x4000;
const MF = 0x2000;

export const concat = (...parts: readonly Uint8Array[]): Uint8Array => {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};

/** `length` bytes that count up from `first`: an error in their order shows. */
export const counting = (length: number, first = 0): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => (first + index) & 255);

/** The number of an address written in a test. */
export function addressOf(text: string): number {
  const address = parseIpv4(text);
  if (address === undefined) throw new Error(`not an IPv4 address: ${text}`);
  return address;
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const padded = (options: Uint8Array): Uint8Array =>
  concat(options, new Uint8Array(-options.length & 3).fill(NOP)).subarray(0, 40);

/** A wrong checksum differs from the right one in a way that survives incremental updates. */
const chosen = (sum: Sum | undefined, right: number): number => {
  if (sum === undefined || sum === "right") return right;
  if (sum === "wrong") return (right ^ 0x1234) >>> 0;
  return sum === "none" ? 0 : sum;
};

export function ipv4(payload: Payload, header: Ipv4Options = {}): Uint8Array {
  const options = padded(header.options ?? new Uint8Array());
  const start = IPV4_HEADER + options.length;
  const packet = concat(new Uint8Array(IPV4_HEADER), options, payload.bytes);
  const view = viewOf(packet);
  view.setUint8(0, ((header.version ?? 4) << 4) | (header.headerWords ?? start / 4));
  view.setUint8(1, header.tos ?? 0);
  view.setUint16(2, header.length ?? packet.length);
  view.setUint16(4, header.id ?? 1);
  const flags = ((header.dontFragment ?? true) ? DF : 0) | (header.moreFragments === true ? MF : 0);
  view.setUint16(6, flags | ((header.offset ?? 0) >> 3));
  view.setUint8(8, header.ttl ?? 64);
  view.setUint8(9, payload.protocol);
  view.setUint32(12, payload.source);
  view.setUint32(16, payload.destination);
  view.setUint16(IPV4_CHECKSUM, chosen(header.sum, checksum(view, 0, start)));
  return packet;
}

export interface Tcp {
  readonly source: number;
  readonly destination: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly flags: number;
  readonly sequence?: number;
  readonly acknowledgement?: number;
  readonly window?: number;
  readonly urgent?: number;
  readonly options?: Uint8Array;
  /** Header length in 32-bit words, if it is to be another than the right one. */
  readonly headerWords?: number;
  readonly data?: Uint8Array;
  readonly sum?: Sum;
}

export function tcp(segment: Tcp): Payload {
  const options = padded(segment.options ?? new Uint8Array());
  const bytes = concat(new Uint8Array(20), options, segment.data ?? new Uint8Array());
  const view = viewOf(bytes);
  view.setUint16(0, segment.sourcePort);
  view.setUint16(2, segment.destinationPort);
  view.setUint32(4, segment.sequence ?? 1000);
  view.setUint32(8, segment.acknowledgement ?? 0);
  view.setUint8(12, (segment.headerWords ?? 5 + options.length / 4) << 4);
  view.setUint8(13, segment.flags);
  view.setUint16(14, segment.window ?? 64240);
  view.setUint16(18, segment.urgent ?? 0);
  const right = transportChecksum(segment, PROTOCOL_TCP, bytes);
  view.setUint16(16, chosen(segment.sum, right));
  return { protocol: PROTOCOL_TCP, source: segment.source, destination: segment.destination, bytes };
}

export interface Udp {
  readonly source: number;
  readonly destination: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly data?: Uint8Array;
  /** The length field, if it is to lie. */
  readonly length?: number;
  readonly sum?: Sum;
}

export function udp(datagram: Udp): Payload {
  const bytes = concat(new Uint8Array(8), datagram.data ?? new Uint8Array());
  const view = viewOf(bytes);
  view.setUint16(0, datagram.sourcePort);
  view.setUint16(2, datagram.destinationPort);
  view.setUint16(4, datagram.length ?? bytes.length);
  const right = transportChecksum(datagram, PROTOCOL_UDP, bytes) || 0xffff;
  view.setUint16(6, chosen(datagram.sum, right));
  return { protocol: PROTOCOL_UDP, source: datagram.source, destination: datagram.destination, bytes };
}

const transportChecksum = (
  { source, destination }: { readonly source: number; readonly destination: number },
  protocol: number,
  bytes: Uint8Array,
): number => {
  const whole = pseudoHeaderSum(source, destination, protocol, bytes.length) + sum(viewOf(bytes), 0, bytes.length);
  return ~((whole & 0xffff) + (whole >>> 16)) & 0xffff;
};

export interface Sctp {
  readonly source: number;
  readonly destination: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly verificationTag?: number;
  /** Types of the chunks (RFC 9260, section 3.2), the first with the data as its value. */
  readonly chunks: readonly number[];
  readonly data?: Uint8Array;
  readonly sum?: Sum;
}

/** The chunks of SCTP by the names that RFC 9260 gives them. */
export const CHUNKS: readonly string[] = [
  "DATA",
  "INIT",
  "INIT-ACK",
  "SACK",
  "HEARTBEAT",
  "HEARTBEAT-ACK",
  "ABORT",
  "SHUTDOWN",
  "SHUTDOWN-ACK",
  "ERROR",
  "COOKIE-ECHO",
  "COOKIE-ACK",
  "ECNE",
  "CWR",
  "SHUTDOWN-COMPLETE",
];

export function sctp(packet: Sctp): Payload {
  const value = packet.data ?? new Uint8Array();
  const chunks = packet.chunks.map((type, index) => {
    const own = index === 0 ? value : new Uint8Array();
    const length = 4 + own.length;
    return concat(Uint8Array.of(type, 0, length >> 8, length & 255), own, new Uint8Array(-own.length & 3));
  });
  const bytes = concat(new Uint8Array(SCTP_HEADER), ...chunks);
  const view = viewOf(bytes);
  view.setUint16(0, packet.sourcePort);
  view.setUint16(2, packet.destinationPort);
  view.setUint32(4, packet.verificationTag ?? 0);
  finishSctp(view, 0, bytes.length);
  view.setUint32(SCTP_CHECKSUM, chosen(packet.sum, view.getUint32(SCTP_CHECKSUM)));
  return { protocol: PROTOCOL_SCTP, source: packet.source, destination: packet.destination, bytes };
}

export interface Icmp {
  readonly source: number;
  readonly destination: number;
  readonly type: number;
  readonly code: number;
  /** The word after the checksum: identifier and sequence, MTU, gateway. */
  readonly rest?: number;
  readonly data?: Uint8Array;
  readonly sum?: Sum;
}

export function icmp(message: Icmp): Payload {
  const bytes = concat(new Uint8Array(8), message.data ?? new Uint8Array());
  const view = viewOf(bytes);
  view.setUint8(0, message.type);
  view.setUint8(1, message.code);
  view.setUint32(4, message.rest ?? 0);
  view.setUint16(2, chosen(message.sum, checksum(view, 0, bytes.length)));
  return { protocol: PROTOCOL_ICMP, source: message.source, destination: message.destination, bytes };
}

/** A stretch of a payload that travels in one fragment; its end is the payload's if `length` is absent. */
export interface Piece {
  /** In bytes, a multiple of 8. */
  readonly offset: number;
  readonly length?: number;
}

/** The pieces of `size` bytes (a multiple of 8) that a payload of `length` is cut into. */
export const pieces = (length: number, size: number): Piece[] =>
  Array.from({ length: Math.max(1, Math.ceil(length / size)) }, (_, index) => ({ offset: index * size, length: size }));

/** The packets of a fragmented payload, one per piece, in the order of the pieces. */
export function fragments(payload: Payload, cut: readonly Piece[], header: Ipv4Options = {}): Uint8Array[] {
  return cut.map(({ offset, length }) => {
    const end = Math.min(payload.bytes.length, offset + (length ?? payload.bytes.length));
    const bytes = payload.bytes.subarray(offset, end);
    return ipv4({ ...payload, bytes }, { ...header, offset, moreFragments: end < payload.bytes.length });
  });
}

/** A frame; MAC addresses as `02:00:00:00:01:64`. */
export function ethernet(to: string, from: string, packet: Uint8Array, type = ETHERTYPE_IPV4): Uint8Array {
  return concat(macOf(to), macOf(from), Uint8Array.of(type >> 8, type & 255), packet);
}

export function macOf(text: string): Uint8Array {
  const mac = parseMac(text);
  if (mac === undefined) throw new Error(`not a MAC address: ${text}`);
  return mac;
}
