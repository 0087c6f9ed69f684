/**
 * Advertisements of the Virtual Router Redundancy Protocol, versions 2 (RFC 3768) and 3 (RFC 9568).
 *
 *   0        1        2          3          4               6          8
 *   | v  | 1 | VRID   | priority | addresses| version 3: interval      | checksum | addresses
 *                                           | 2: auth type | interval  |            version 2: 8 bytes of authentication
 */
import { type Address, AF_INET, addressAt, type Family, writeAddress } from "./address.ts";

export const PROTOCOL_VRRP = 112;
export const VRRP_TTL = 255;
/** 224.0.0.18 and ff02::12. */
export const VRRP_GROUP: Address = { family: AF_INET, words: [0xe0000012, 0, 0, 0] };
export const VRRP_GROUP_IPV6: Address = { family: 10, words: [0xff020000, 0, 0, 0x12] };

export type VrrpVersion = 2 | 3;
export const VRRP_HEADER = 8;
export const VRRP_CHECKSUM = 6;
/** Of version 2, there in any case. */
const AUTHENTICATION = 8;
const ADVERTISEMENT = 1;
const INTERVAL_MASK = 0x0fff;

export const AUTH_NONE = 0;
export const AUTH_PASS = 1;
export const AUTH_AH = 2;

/** This and no other priority belongs to who has the addresses as its own; 0 says that a master gives up. */
export const OWNER_PRIORITY = 255;
export const RESIGNING = 0;

export interface Advertisement {
  readonly version: VrrpVersion;
  readonly id: number;
  readonly priority: number;
  /** Hundredths of a second; whole seconds in version 2. */
  readonly interval: number;
  readonly addresses: readonly Address[];
  /** Version 2. */
  readonly authType: number;
  readonly password: Uint8Array;
}

const widthOf = (family: Family): number => (family === AF_INET ? 4 : 16);

export const advertisementLength = ({ version, addresses }: Advertisement, family: Family): number =>
  VRRP_HEADER + addresses.length * widthOf(family) + (version === 2 ? AUTHENTICATION : 0);

/** Writes all but the checksum, which is 0. */
export function writeAdvertisement(view: DataView, at: number, advertisement: Advertisement, family: Family): void {
  const { version, id, priority, interval, addresses, authType, password } = advertisement;
  view.setUint8(at, (version << 4) | ADVERTISEMENT);
  view.setUint8(at + 1, id);
  view.setUint8(at + 2, priority);
  view.setUint8(at + 3, addresses.length);
  view.setUint16(at + 4, version === 3 ? interval : (authType << 8) | Math.floor(interval / 100));
  view.setUint16(at + VRRP_CHECKSUM, 0);
  const width = widthOf(family);
  for (const [index, address] of addresses.entries()) writeAddress(view, at + VRRP_HEADER + index * width, address);
  const end = at + VRRP_HEADER + addresses.length * width;
  for (let index = 0; version === 2 && index < AUTHENTICATION; index++) {
    view.setUint8(end + index, authType === AUTH_PASS ? (password[index] ?? 0) : 0);
  }
}

/** What is there up to `end`; `undefined` if it is truncated, no advertisement, or of another version. */
export function readAdvertisement(view: DataView, at: number, end: number, family: Family): Advertisement | undefined {
  if (end - at < VRRP_HEADER) return undefined;
  const version = view.getUint8(at) >> 4;
  if ((version !== 2 && version !== 3) || (view.getUint8(at) & 0xf) !== ADVERTISEMENT) return undefined;
  const width = widthOf(family);
  const count = view.getUint8(at + 3);
  const behind = at + VRRP_HEADER + count * width;
  if (behind + (version === 2 ? AUTHENTICATION : 0) > end) return undefined;
  const fifth = view.getUint16(at + 4);
  return {
    version,
    id: view.getUint8(at + 1),
    priority: view.getUint8(at + 2),
    interval: version === 3 ? fifth & INTERVAL_MASK : (fifth & 0xff) * 100,
    addresses: Array.from({ length: count }, (_, index) => addressAt(view, at + VRRP_HEADER + index * width, family)),
    authType: version === 2 ? fifth >> 8 : AUTH_NONE,
    password:
      version === 2 ? new Uint8Array(view.buffer, view.byteOffset + behind, AUTHENTICATION).slice() : new Uint8Array(0),
  };
}

/** 00-00-5E-00-01-{VRID}, or ...-02-{VRID} for IPv6 (RFC 9568, section 7.3). */
export const virtualMac = (family: Family, id: number): number =>
  0x0000_5e00_0000 + (family === AF_INET ? 0x100 : 0x200) + id;
