/**
 * What a host says of the multicast groups it listens to, from the IP header on, with a router alert.
 *
 *   IGMPv3 (RFC 3376, section 4.2), MLDv2 (RFC 3810, section 5.2): type  0  checksum (2)  0 (2)  records (2), then records
 *     a record       type  0  0 (2)  group
 *   IGMPv1, IGMPv2 (RFC 2236):  type  0  checksum (2)  group
 *   MLDv1 (RFC 2710):           type  0  checksum (2)  0 (4)  group
 */
import { type Address, AF_INET, AF_INET6, type Family, ipv4 } from "./address.ts";
import { checksum, fold, sum } from "./checksum.ts";
import { DONT_FRAGMENT, finishHeader, IPV4_HEADER, PROTOCOL_IGMP, writeIpv4 } from "./ipv4.ts";
import { HOP_BY_HOP, IPV6_DESTINATION, IPV6_HEADER, IPV6_SOURCE, PROTOCOL_ICMPV6, writeIpv6 } from "./ipv6.ts";

/** Types of IGMP messages, by the version of who asked. */
export const IGMP_REPORTS = { 1: 0x12, 2: 0x16, 3: 0x22 } as const;
export const IGMPV2_LEAVE = 0x17;
export const MLD_REPORTS = { 1: 131, 2: 143 } as const;
export const MLD_DONE = 132;
/** Types of a group record: all sources are heard; they are from now on; none is any more. */
export const IS_EXCLUDE = 2;
export const CHANGE_TO_INCLUDE = 3;
export const CHANGE_TO_EXCLUDE = 4;

/** 224.0.0.22 and ff02::16: whoever listens for reports. */
export const REPORT_GROUP: Readonly<Record<Family, Address>> = {
  [AF_INET]: ipv4(0xe0000016),
  [AF_INET6]: { family: AF_INET6, words: [0xff020000, 0, 0, 0x16] },
};
/** 224.0.0.2 and ff02::2: routers, which are told of who leaves. */
export const ROUTER_GROUP: Readonly<Record<Family, Address>> = {
  [AF_INET]: ipv4(0xe0000002),
  [AF_INET6]: { family: AF_INET6, words: [0xff020000, 0, 0, 2] },
};

const RECORDS = 6;
const RECORD = 8;
const RECORD_HEADER = 4;
/** Internetwork control. */
const TOS = 0xc0;
/** Four bytes of options: router alert, look at this packet (RFC 2113, RFC 2711). */
const IPV4_ROUTER_ALERT = 0x94040000;
const IPV6_ROUTER_ALERT = 0x0502_0000;
const PADDING = 0x0100;
const ALERT_LENGTH = 4;
const HOP_BY_HOP_LENGTH = 8;

const lengthOf = (family: Family): number => (family === AF_INET ? 4 : 16);

function writeAddress(view: DataView, at: number, { family, words }: Address): void {
  for (let word = 0; word < lengthOf(family) / 4; word++) view.setUint32(at + word * 4, words[word] ?? 0);
}

/** A report of IGMPv3 or MLDv2: the same record type of each group, all of one family, at least one. Without its checksum. */
export function recordsMessage(type: number, groups: readonly Address[]): Uint8Array {
  const family = groups[0]?.family ?? AF_INET;
  const each = RECORD_HEADER + lengthOf(family);
  const view = new DataView(new ArrayBuffer(RECORD + groups.length * each));
  view.setUint8(0, family === AF_INET ? IGMP_REPORTS[3] : MLD_REPORTS[2]);
  view.setUint16(RECORDS, groups.length);
  for (const [index, group] of groups.entries()) {
    const at = RECORD + index * each;
    view.setUint8(at, type);
    writeAddress(view, at + RECORD_HEADER, group);
  }
  return new Uint8Array(view.buffer);
}

/** A message of the versions before: about one group. Without its checksum. */
export function groupMessage(type: number, group: Address): Uint8Array {
  const at = group.family === AF_INET ? 4 : 8;
  const view = new DataView(new ArrayBuffer(at + lengthOf(group.family)));
  view.setUint8(0, type);
  writeAddress(view, at, group);
  return new Uint8Array(view.buffer);
}

/** The packet that a message goes in. */
export const groupPacket = (source: Address, destination: Address, message: Uint8Array): Uint8Array =>
  destination.family === AF_INET ? ipv4Packet(source, destination, message) : ipv6Packet(source, destination, message);

function ipv4Packet({ words: [source] }: Address, { words: [destination] }: Address, message: Uint8Array): Uint8Array {
  const at = IPV4_HEADER + ALERT_LENGTH;
  const length = at + message.length;
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  const fields = { tos: TOS, length, identification: 0, fragment: DONT_FRAGMENT, ttl: 1, protocol: PROTOCOL_IGMP };
  writeIpv4(view, 0, { ...fields, source, destination });
  view.setUint8(0, 0x46);
  view.setUint32(IPV4_HEADER, IPV4_ROUTER_ALERT);
  finishHeader(view, 0);
  bytes.set(message, at);
  view.setUint16(at + 2, checksum(view, at, message.length));
  return bytes;
}

function ipv6Packet(source: Address, destination: Address, message: Uint8Array): Uint8Array {
  const length = HOP_BY_HOP_LENGTH + message.length;
  const bytes = new Uint8Array(IPV6_HEADER + length);
  const view = new DataView(bytes.buffer);
  writeIpv6(view, 0, { trafficClass: 0, flowLabel: 0, length, nextHeader: HOP_BY_HOP, hopLimit: 1 });
  writeAddress(view, IPV6_SOURCE, source);
  writeAddress(view, IPV6_DESTINATION, destination);
  view.setUint8(IPV6_HEADER, PROTOCOL_ICMPV6);
  view.setUint32(IPV6_HEADER + 2, IPV6_ROUTER_ALERT);
  view.setUint16(IPV6_HEADER + 6, PADDING);
  const at = IPV6_HEADER + HOP_BY_HOP_LENGTH;
  bytes.set(message, at);
  const pseudo = sum(view, IPV6_SOURCE, 32) + PROTOCOL_ICMPV6 + message.length;
  view.setUint16(at + 2, ~fold(sum(view, at, message.length) + pseudo) & 0xffff);
  return bytes;
}
