/**
 * What a host says when it joins or leaves a multicast group: IGMPv3 (RFC 3376, section 4.2) and MLDv2 (RFC 3810, section
 * 5.2) reports of one record. Made whole, from the IP header on.
 */

import type { AddressHandle, AddressTable } from "./address-table.ts";
import { checksum, fold, sum } from "./checksum.ts";
import { DONT_FRAGMENT, finishHeader, IPV4_HEADER, PROTOCOL_IGMP, writeIpv4 } from "./ipv4.ts";
import { HOP_BY_HOP, IPV6_DESTINATION, IPV6_HEADER, IPV6_SOURCE, PROTOCOL_ICMPV6, writeIpv6 } from "./ipv6.ts";

const IGMPV3_REPORT = 0x22;
const MLDV2_REPORT = 143;
/** Types of a group record: sources that are heard are now all, or none. */
const CHANGE_TO_INCLUDE = 3;
const CHANGE_TO_EXCLUDE = 4;
const RECORDS = 6;
const RECORD = 8;
const GROUP = RECORD + 4;
/** Internetwork control. */
const TOS = 0xc0;

/** 224.0.0.22: whoever listens for IGMPv3 reports. */
const IGMP_REPORT_GROUP = 0xe0000016;
/** ff02::16. */
const MLD_REPORT_GROUP: readonly [number, number, number, number] = [0xff020000, 0, 0, 0x16];

/** Four bytes of options: router alert, look at this packet (RFC 2113, RFC 2711). */
const IPV4_ROUTER_ALERT = 0x94040000;
const IPV6_ROUTER_ALERT = 0x0502_0000;
const PADDING = 0x0100;
const ALERT_LENGTH = 4;
const HOP_BY_HOP_LENGTH = 8;

export const IGMP_REPORT_LENGTH = IPV4_HEADER + ALERT_LENGTH + GROUP + 4;
export const MLD_REPORT_LENGTH = IPV6_HEADER + HOP_BY_HOP_LENGTH + GROUP + 16;

/** `source` and `group` are IPv4 addresses as 32-bit numbers. */
export function writeIgmpReport(view: DataView, at: number, source: number, group: number, joins: boolean): void {
  writeIpv4(view, at, {
    tos: TOS,
    length: IGMP_REPORT_LENGTH,
    identification: 0,
    fragment: DONT_FRAGMENT,
    ttl: 1,
    protocol: PROTOCOL_IGMP,
    source,
    destination: IGMP_REPORT_GROUP,
  });
  view.setUint8(at, 0x46);
  view.setUint32(at + IPV4_HEADER, IPV4_ROUTER_ALERT);
  finishHeader(view, at);
  const message = at + IPV4_HEADER + ALERT_LENGTH;
  view.setUint8(message, IGMPV3_REPORT);
  view.setUint16(message + RECORDS, 1);
  view.setUint8(message + RECORD, joins ? CHANGE_TO_EXCLUDE : CHANGE_TO_INCLUDE);
  view.setInt32(message + GROUP, group);
  view.setUint16(message + 2, checksum(view, message, GROUP + 4));
}

export function writeMldReport(
  view: DataView,
  at: number,
  addresses: AddressTable,
  source: AddressHandle,
  group: AddressHandle,
  joins: boolean,
): void {
  const length = HOP_BY_HOP_LENGTH + GROUP + 16;
  writeIpv6(view, at, { trafficClass: 0, flowLabel: 0, length, nextHeader: HOP_BY_HOP, hopLimit: 1 });
  addresses.write(view, at + IPV6_SOURCE, source);
  MLD_REPORT_GROUP.forEach((word, index) => {
    view.setUint32(at + IPV6_DESTINATION + index * 4, word);
  });
  const options = at + IPV6_HEADER;
  view.setUint8(options, PROTOCOL_ICMPV6);
  view.setUint32(options + 2, IPV6_ROUTER_ALERT);
  view.setUint16(options + 6, PADDING);
  const message = options + HOP_BY_HOP_LENGTH;
  view.setUint8(message, MLDV2_REPORT);
  view.setUint16(message + RECORDS, 1);
  view.setUint8(message + RECORD, joins ? CHANGE_TO_EXCLUDE : CHANGE_TO_INCLUDE);
  addresses.write(view, message + GROUP, group);
  const pseudo = sum(view, at + IPV6_SOURCE, 32) + PROTOCOL_ICMPV6 + GROUP + 16;
  view.setUint16(message + 2, ~fold(sum(view, message, GROUP + 16) + pseudo) & 0xffff);
}
