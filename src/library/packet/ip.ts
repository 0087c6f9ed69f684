/** IP headers of either family around any payload; every length and checksum right, unless the fields say otherwise. */
import { type Address, AF_INET, writeAddress } from "../../core/wire/address.ts";
import { checksum, fold, halves, sum } from "../../core/wire/checksum.ts";
import {
  DONT_FRAGMENT,
  headerLength,
  IPV4_CHECKSUM,
  IPV4_DESTINATION,
  IPV4_FRAGMENT,
  IPV4_HEADER,
  IPV4_IDENTIFICATION,
  IPV4_LENGTH,
  IPV4_PROTOCOL,
  IPV4_SOURCE,
  IPV4_TOS,
  IPV4_TTL,
  MORE_FRAGMENTS,
} from "../../core/wire/ipv4.ts";
import { IPV6_DESTINATION, IPV6_HEADER, IPV6_SOURCE, writeIpv6 } from "../../core/wire/ipv6.ts";
import { UsageError } from "../errors.ts";
import { checkNumber, got } from "../wrong-use.ts";
import { type Ends, endsOf } from "./ends.ts";
import { checkFields, checkOptions, type Limits } from "./limits.ts";
import { Packet } from "./packet.ts";

/** Fields of an IP header that are not its ends. Those that are left out are as Linux fills them in. */
export interface HeaderFields {
  /** Of IPv6, the hop limit; 64 by default. */
  readonly ttl?: number;
  /** Of IPv6, the traffic class. */
  readonly tos?: number;
  /** IPv4: the identification; 1 by default. */
  readonly id?: number;
  /** IPv4 only. */
  readonly dontFragment?: boolean;
  /** IPv4: this is a fragment, and not the last one; `fragments` cuts packets of either family. */
  readonly moreFragments?: boolean;
  /** IPv4: where a fragment's payload stands in its datagram's, in bytes, a multiple of 8. */
  readonly offset?: number;
  /** IPv4: the bytes of the header's options, a multiple of 4. */
  readonly options?: readonly number[];
  /** IPv6 only, 20 bits. */
  readonly flowLabel?: number;
  /** IPv6: extension headers in their order: the number of each, and its bytes but the first, which names the next. */
  readonly extensions?: readonly (readonly [number: number, bytes: readonly number[]])[];
  /** What the header says, whatever is true: total length of IPv4, payload length of IPv6, in bytes. */
  readonly totalLength?: number;
  /** IPv4: what the header says its version is. */
  readonly version?: number;
  /** IPv4: what the header says its own length is, in words of 4 bytes. */
  readonly headerWords?: number;
  /** IPv4: what is added to the right header checksum. */
  readonly headerError?: number;
}

export const HEADER_LIMITS: Limits<HeaderFields> = {
  ttl: 0xff,
  tos: 0xff,
  id: 0xffff,
  dontFragment: "true or false",
  moreFragments: "true or false",
  offset: 0xfff8,
  options: "a list",
  flowLabel: 0xfffff,
  extensions: "a list",
  totalLength: 0xffff,
  version: 15,
  headerWords: 15,
  headerError: 0xffff,
};

/** A packet of any protocol around a payload; ports among its ends do not count. Throws UsageError for fields that cannot be. */
export function ip(ends: string, protocol: number, payload: Uint8Array, fields: HeaderFields = {}): Packet {
  checkFields(fields, HEADER_LIMITS);
  checkNumber("protocol", protocol, 0xff);
  if (!(payload instanceof Uint8Array)) throw new UsageError(`payload: expected bytes, got ${got(payload)}`);
  return packetOf(endsOf(ends), protocol, payload, fields);
}

export const packetOf = (ends: Ends, protocol: number, payload: Uint8Array, fields: HeaderFields): Packet =>
  new Packet((ends.source.address.family === AF_INET ? ipv4Bytes : ipv6Bytes)(ends, protocol, payload, fields));

function ipv4Bytes(
  { source, destination }: Ends,
  protocol: number,
  payload: Uint8Array,
  fields: HeaderFields,
): Uint8Array {
  refuse(fields, ["flowLabel", "extensions"], "IPv4");
  const options = fields.options ?? [];
  checkOptions("options", options);
  const { offset = 0 } = fields;
  if (offset % 8 !== 0) throw new UsageError(`offset: expected a multiple of 8 bytes, got ${offset}`);
  const header = IPV4_HEADER + options.length;
  const bytes = new Uint8Array(header + payload.length);
  checkLength(bytes.length, fields);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, ((fields.version ?? 4) << 4) | (fields.headerWords ?? header / 4));
  view.setUint8(IPV4_TOS, fields.tos ?? 0);
  view.setUint16(IPV4_LENGTH, fields.totalLength ?? bytes.length);
  view.setUint16(IPV4_IDENTIFICATION, fields.id ?? 1);
  const flags =
    (fields.dontFragment === true ? DONT_FRAGMENT : 0) | (fields.moreFragments === true ? MORE_FRAGMENTS : 0);
  view.setUint16(IPV4_FRAGMENT, flags | (offset / 8));
  view.setUint8(IPV4_TTL, fields.ttl ?? 64);
  view.setUint8(IPV4_PROTOCOL, protocol);
  writeAddress(view, IPV4_SOURCE, source.address);
  writeAddress(view, IPV4_DESTINATION, destination.address);
  bytes.set(options, IPV4_HEADER);
  view.setUint16(IPV4_CHECKSUM, wrongBy(checksum(view, 0, header), fields.headerError ?? 0));
  bytes.set(payload, header);
  return bytes;
}

function ipv6Bytes(
  { source, destination }: Ends,
  protocol: number,
  payload: Uint8Array,
  fields: HeaderFields,
): Uint8Array {
  refuse(fields, ["id", "dontFragment", "moreFragments", "offset", "options"], "IPv6");
  const extensions = fields.extensions ?? [];
  const names = [...extensions.map(([name]) => name), protocol];
  const chain = extensions.flatMap(([, rest], index) => [names[index + 1] ?? protocol, ...rest]);
  const bytes = new Uint8Array(IPV6_HEADER + chain.length + payload.length);
  checkLength(chain.length + payload.length, fields);
  const view = new DataView(bytes.buffer);
  writeIpv6(view, 0, {
    trafficClass: fields.tos ?? 0,
    flowLabel: fields.flowLabel ?? 0,
    length: fields.totalLength ?? chain.length + payload.length,
    nextHeader: names[0] ?? protocol,
    hopLimit: fields.ttl ?? 64,
  });
  writeAddress(view, IPV6_SOURCE, source.address);
  writeAddress(view, IPV6_DESTINATION, destination.address);
  bytes.set(chain, IPV6_HEADER);
  bytes.set(payload, IPV6_HEADER + chain.length);
  return bytes;
}

/** The header has 16 bits for it. */
function checkLength(length: number, { totalLength }: HeaderFields): void {
  if (length > 0xffff && totalLength === undefined)
    throw new UsageError(`expected a packet of at most 65535 bytes, got ${length}`);
}

function refuse(fields: HeaderFields, names: readonly (keyof HeaderFields)[], family: string): void {
  for (const name of names) {
    if (fields[name] !== undefined) throw new UsageError(`${name}: expected no such field in a packet of ${family}`);
  }
}

/** A checksum that is off by so much, in one's complement: an error that survives every incremental update. */
export const wrongBy = (right: number, error: number): number => fold(right + error);

/** The checksum of a transport payload between two ends, its own field being 0; with the pseudo header (RFC 793; RFC 8200, section 8.1). */
export function transportChecksum({ source, destination }: Ends, protocol: number, payload: Uint8Array): number {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const pseudo = addressSum(source.address) + addressSum(destination.address) + protocol + halves(payload.length);
  return ~fold(sum(view, 0, payload.length) + fold(pseudo)) & 0xffff;
}

const addressSum = ({ words }: Address): number => fold(words.reduce((total, word) => total + halves(word), 0));

/** Makes the checksum of the IPv4 header that a packet begins with right again, as far as there is one. */
export function repairHeader(packet: Uint8Array): void {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  if (packet.length < IPV4_SOURCE) return;
  const header = Math.min(packet.length, headerLength(view, 0));
  if (header < IPV4_SOURCE) return;
  view.setUint16(IPV4_CHECKSUM, 0);
  view.setUint16(IPV4_CHECKSUM, checksum(view, 0, header));
}
