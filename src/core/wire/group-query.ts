/**
 * What a router asks of the multicast groups that hosts listen to: IGMP queries of three versions (RFC 1112, 2236, 3376), MLD queries of two
 * (RFC 2710, 3810). A version is known by the length, and IGMPv1 by a time of 0.
 *
 *   IGMP   type  time in tenths  checksum (2)  group (4); version 3: flags  interval  sources (2)  sources
 *   MLD    type  0  checksum (2)  time in milliseconds (2)  0 (2)  group (16); version 2: flags  interval  sources (2)  sources
 */
import { type Address, AF_INET, AF_INET6 } from "./address.ts";

export const IGMP_QUERY = 0x11;
export const MLD_QUERY = 130;

const IGMP_SHORT = 8;
const IGMPV3_QUERY = 12;
const MLD_SHORT = 24;
const MLDV2_QUERY = 28;
const TENTH = 100_000;
const MILLISECOND = 1000;
const IGMPV1_TIME = 10_000_000;

export interface GroupQuery {
  /** 1 to 3 of IGMP, 1 or 2 of MLD. */
  readonly version: number;
  /** `undefined`: of all groups. */
  readonly group: Address | undefined;
  /** Microseconds within which to reply; 0: at once. */
  readonly within: number;
  readonly sources: number;
}

/** Numbers with the highest bit are a mantissa of `bits` bits and an exponent of three (RFC 3376, section 4.1.1; RFC 3810, 5.1.3). */
function floating(code: number, bits: number): number {
  const most = 1 << (bits + 3);
  if (code < most) return code;
  const mantissa = (code & ((1 << bits) - 1)) | (1 << bits);
  return mantissa << (((code >> bits) & 7) + 3);
}

/** An IGMP query of `length` bytes at `at`; `undefined` if it is none that anybody replies to. */
export function readIgmpQuery(view: DataView, at: number, length: number): GroupQuery | undefined {
  if (length < IGMP_SHORT || (length > IGMP_SHORT && length < IGMPV3_QUERY)) return undefined;
  const code = view.getUint8(at + 1);
  const word = view.getUint32(at + 4);
  const group: Address | undefined = word === 0 ? undefined : { family: AF_INET, words: [word, 0, 0, 0] };
  if (length > IGMP_SHORT)
    return { version: 3, group, within: floating(code, 4) * TENTH, sources: view.getUint16(at + 10) };
  if (code === 0) return { version: 1, group: undefined, within: IGMPV1_TIME, sources: 0 };
  return { version: 2, group, within: code * TENTH, sources: 0 };
}

/** The same of MLD. */
export function readMldQuery(view: DataView, at: number, length: number): GroupQuery | undefined {
  if (length < MLD_SHORT || (length > MLD_SHORT && length < MLDV2_QUERY)) return undefined;
  const code = view.getUint16(at + 4);
  const words = [8, 12, 16, 20].map((offset) => view.getUint32(at + offset));
  const [first = 0, second = 0, third = 0, last = 0] = words;
  const isAny = words.every((word) => word === 0);
  const group: Address | undefined = isAny ? undefined : { family: AF_INET6, words: [first, second, third, last] };
  if (length === MLD_SHORT) return { version: 1, group, within: code * MILLISECOND, sources: 0 };
  return { version: 2, group, within: floating(code, 12) * MILLISECOND, sources: view.getUint16(at + 26) };
}
