/** Segments, datagrams and ICMP messages in packets of either family, as a test writes them. */
import { flagsOf } from "../../core/packet/packet-words.ts";
import { AF_INET, AF_INET6 } from "../../core/wire/address.ts";
import { checksum } from "../../core/wire/checksum.ts";
import { ICMP_CHECKSUM, ICMP_CODE, ICMP_HEADER, ICMP_REST, ICMP_TYPE } from "../../core/wire/icmp.ts";
import { PROTOCOL_ICMP, PROTOCOL_TCP, PROTOCOL_UDP } from "../../core/wire/ipv4.ts";
import { PROTOCOL_ICMPV6 } from "../../core/wire/ipv6.ts";
import {
  OPTION_MSS,
  TCP_ACKNOWLEDGEMENT,
  TCP_CHECKSUM,
  TCP_DESTINATION_PORT,
  TCP_FLAGS,
  TCP_HEADER,
  TCP_OFFSET,
  TCP_SEQUENCE,
  TCP_SOURCE_PORT,
  TCP_URGENT,
  TCP_WINDOW,
} from "../../core/wire/tcp.ts";
import { UDP_CHECKSUM, UDP_HEADER, UDP_LENGTH } from "../../core/wire/udp.ts";
import { UsageError } from "../errors.ts";
import { checkNumber, got } from "../wrong-use.ts";
import { type Ends, endsOf, endsWithPorts } from "./ends.ts";
import { HEADER_LIMITS, type HeaderFields, packetOf, transportChecksum, wrongBy } from "./ip.ts";
import { checkFields, checkOptions, type Limits } from "./limits.ts";
import { bytesOf, type Packet } from "./packet.ts";

/** Fields of a TCP segment (RFC 9293), beside those of the IP header. */
export interface TcpFields extends HeaderFields {
  /** 1000 by default. */
  readonly sequence?: number;
  /** 0 by default. */
  readonly acknowledgement?: number;
  /** 64240 by default. */
  readonly window?: number;
  /** The urgent pointer; 0 by default. */
  readonly urgent?: number;
  /** The maximum segment size, as an option. */
  readonly mss?: number;
  /** The bytes of further TCP options, a multiple of 4; `options` are the IPv4 header's. */
  readonly tcpOptions?: readonly number[];
  /** What the header says its length is, in words of 4 bytes. */
  readonly dataOffset?: number;
  /** What it carries; a text goes as UTF-8. */
  readonly data?: Uint8Array | string;
  /** What is added to the right checksum, in one's complement. */
  readonly error?: number;
}

/** Fields of a UDP datagram (RFC 768), beside those of the IP header. */
export interface UdpFields extends HeaderFields {
  /** What it carries; a text goes as UTF-8. */
  readonly data?: Uint8Array | string;
  /** What the header says its length is, in bytes. */
  readonly length?: number;
  /** What is added to the right checksum, in one's complement. */
  readonly error?: number;
  /** Sent without a checksum, which IPv4 allows. */
  readonly unchecked?: boolean;
}

/** Fields of an ICMP or ICMPv6 message (RFC 792, RFC 4443), beside those of the IP header. */
export interface IcmpFields extends HeaderFields {
  /** The second word: identifier and sequence of a ping, or the MTU that fits. */
  readonly rest?: number;
  /** What it carries; a text goes as UTF-8. */
  readonly data?: Uint8Array | string;
  /** What is added to the right checksum, in one's complement. */
  readonly error?: number;
}

const TCP_LIMITS: Limits<TcpFields> = {
  ...HEADER_LIMITS,
  sequence: 0xffff_ffff,
  acknowledgement: 0xffff_ffff,
  window: 0xffff,
  urgent: 0xffff,
  mss: 0xffff,
  tcpOptions: "a list",
  dataOffset: 15,
  data: "bytes or a text",
  error: 0xffff,
};
const UDP_LIMITS: Limits<UdpFields> = {
  ...HEADER_LIMITS,
  data: "bytes or a text",
  length: 0xffff,
  error: 0xffff,
  unchecked: "true or false",
};
const ICMP_LIMITS: Limits<IcmpFields> = { ...HEADER_LIMITS, rest: 0xffff_ffff, data: "bytes or a text", error: 0xffff };

function flagsByte(letters: string): number {
  const flags = letters === "" ? 0 : typeof letters === "string" ? flagsOf(letters) : undefined;
  if (flags === undefined)
    throw new UsageError(`${got(letters)}: expected TCP flags, letters among S F R P U E W and . for ACK, or none`);
  return flags;
}

const dataOf = (data: Uint8Array | string | undefined): Uint8Array =>
  typeof data === "string" ? new TextEncoder().encode(data) : (data ?? new Uint8Array());

/** A segment; flags as tcpdump writes them, `S`, `S.`, `P.`, or `none`: `tcp("10.1.0.1:40000 > 10.1.0.100:80", "S", { mss: 1460 })`. */
export function tcp(ends: string, flags: string, fields: TcpFields = {}): Packet {
  checkFields(fields, TCP_LIMITS);
  const both = endsWithPorts(ends);
  const segment = tcpBytes(both, flags, fields);
  finish(segment, TCP_CHECKSUM, transportChecksum(both, PROTOCOL_TCP, segment), fields.error);
  return packetOf(both, PROTOCOL_TCP, segment, fields);
}

function tcpBytes({ source, destination }: Ends, flags: string, fields: TcpFields): Uint8Array {
  const { mss } = fields;
  const options = [...(mss === undefined ? [] : [OPTION_MSS, 4, mss >> 8, mss & 255]), ...(fields.tcpOptions ?? [])];
  checkOptions("tcpOptions", options);
  const data = dataOf(fields.data);
  const header = TCP_HEADER + options.length;
  const segment = new Uint8Array(header + data.length);
  const view = new DataView(segment.buffer);
  view.setUint16(TCP_SOURCE_PORT, source.port);
  view.setUint16(TCP_DESTINATION_PORT, destination.port);
  view.setUint32(TCP_SEQUENCE, fields.sequence ?? 1000);
  view.setUint32(TCP_ACKNOWLEDGEMENT, fields.acknowledgement ?? 0);
  view.setUint8(TCP_OFFSET, (fields.dataOffset ?? header / 4) << 4);
  view.setUint8(TCP_FLAGS, flagsByte(flags));
  view.setUint16(TCP_WINDOW, fields.window ?? 64_240);
  view.setUint16(TCP_URGENT, fields.urgent ?? 0);
  segment.set(options, TCP_HEADER);
  segment.set(data, header);
  return segment;
}

/** A datagram: `udp("10.1.0.1:5000 > 10.1.0.100:53", { data: "?" })`. */
export function udp(ends: string, fields: UdpFields = {}): Packet {
  checkFields(fields, UDP_LIMITS);
  const both = endsWithPorts(ends);
  const data = dataOf(fields.data);
  const datagram = new Uint8Array(UDP_HEADER + data.length);
  const view = new DataView(datagram.buffer);
  view.setUint16(0, both.source.port);
  view.setUint16(2, both.destination.port);
  view.setUint16(UDP_LENGTH, fields.length ?? datagram.length);
  datagram.set(data, UDP_HEADER);
  // A sum of 0 is sent as its other zero: 0 says that there is none (RFC 768).
  const right = transportChecksum(both, PROTOCOL_UDP, datagram) || 0xffff;
  if (fields.unchecked !== true) finish(datagram, UDP_CHECKSUM, right, fields.error);
  return packetOf(both, PROTOCOL_UDP, datagram, fields);
}

/** An ICMP message: `icmp("10.1.0.1 > 10.1.0.100", 8, 0)` is a ping. */
export function icmp(ends: string, type: number, code: number, fields: IcmpFields = {}): Packet {
  const both = familyOf(ends, AF_INET, "icmp");
  const message = icmpBytes(type, code, fields);
  finish(message, ICMP_CHECKSUM, checksum(new DataView(message.buffer), 0, message.length), fields.error);
  return packetOf(both, PROTOCOL_ICMP, message, fields);
}

/** An ICMPv6 message: `icmpv6("2001:db8::1 > 2001:db8::100", 128, 0)` is a ping. */
export function icmpv6(ends: string, type: number, code: number, fields: IcmpFields = {}): Packet {
  const both = familyOf(ends, AF_INET6, "icmpv6");
  const message = icmpBytes(type, code, fields);
  finish(message, ICMP_CHECKSUM, transportChecksum(both, PROTOCOL_ICMPV6, message), fields.error);
  return packetOf(both, PROTOCOL_ICMPV6, message, fields);
}

function familyOf(ends: string, family: number, word: string): Ends {
  const both = endsOf(ends);
  if (both.source.address.family === family) return both;
  const [own, other] = family === AF_INET ? ["IPv4", "icmpv6"] : ["IPv6", "icmp"];
  throw new UsageError(`"${ends}": expected addresses of ${own} for ${word}; ${other} is for the other family`);
}

function icmpBytes(type: number, code: number, fields: IcmpFields): Uint8Array {
  checkFields(fields, ICMP_LIMITS);
  checkNumber("type", type, 0xff);
  checkNumber("code", code, 0xff);
  const data = dataOf(fields.data);
  const message = new Uint8Array(ICMP_HEADER + data.length);
  const view = new DataView(message.buffer);
  view.setUint8(ICMP_TYPE, type);
  view.setUint8(ICMP_CODE, code);
  view.setUint32(ICMP_REST, fields.rest ?? 0);
  message.set(data, ICMP_HEADER);
  return message;
}

/** What of a packet an ICMP error quotes if nothing is said: its IPv4 header and 8 bytes (RFC 792), or as much as fits (RFC 4443). */
const QUOTED = 28;
const QUOTED_IPV6 = 1232;
const ERROR_LIMITS: Limits<IcmpErrorFields> = { ...ICMP_LIMITS, length: 0xffff };

type IcmpErrorFields = IcmpFields & { readonly length?: number };

/** An ICMP error that quotes the first `length` bytes of a packet: 28 if nothing is said, the least that RFC 792 asks for. */
export const icmpAbout = (
  ends: string,
  type: number,
  code: number,
  quoted: Packet | Uint8Array,
  fields: IcmpFields & { readonly length?: number } = {},
): Packet => icmp(ends, type, code, quoting(quoted, fields, QUOTED));

/** The same of ICMPv6, which quotes as much as fits into 1280 bytes if nothing is said. */
export const icmpv6About = (
  ends: string,
  type: number,
  code: number,
  quoted: Packet | Uint8Array,
  fields: IcmpFields & { readonly length?: number } = {},
): Packet => icmpv6(ends, type, code, quoting(quoted, fields, QUOTED_IPV6));

function quoting(quoted: Packet | Uint8Array, fields: IcmpErrorFields, most: number): IcmpFields {
  checkFields(fields, ERROR_LIMITS);
  const { length = most, ...rest } = fields;
  return { ...rest, data: bytesOf(quoted).slice(0, length) };
}

/** Writes a checksum, off by `error`. */
function finish(payload: Uint8Array, at: number, right: number, error = 0): void {
  new DataView(payload.buffer).setUint16(at, wrongBy(right, error));
}
