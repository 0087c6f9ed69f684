/**
 * What an IPv6 address is good for (RFC 4291; __ipv6_addr_type of net/ipv6/addrconf_core.c). IPv4 addresses are none of this,
 * but for loopback ones.
 */
import { AF_INET6, prefixMask } from "./address.ts";
import { type AddressHandle, type AddressTable, familyOf } from "./address-table.ts";

const LINK_LOCAL = 0xfe80 >>> 6;
const MULTICAST = 0xff;

/** fe80::/10. */
export const isLinkLocal = (address: AddressHandle, addresses: AddressTable): boolean =>
  familyOf(address) === AF_INET6 && addresses.word(address, 0) >>> 22 === LINK_LOCAL;

/** ff00::/8. */
export const isMulticast = (address: AddressHandle, addresses: AddressTable): boolean =>
  familyOf(address) === AF_INET6 && addresses.word(address, 0) >>> 24 === MULTICAST;

/** Of a multicast address: 1 interface-local, 2 link-local, ... e global. */
export const multicastScope = (address: AddressHandle, addresses: AddressTable): number =>
  (addresses.word(address, 0) >>> 16) & 0xf;

/** ::1, and 127.0.0.0/8. */
export const isLoopback = (address: AddressHandle, addresses: AddressTable): boolean =>
  address >>> 24 === 127 ||
  (familyOf(address) === AF_INET6 &&
    addresses.word(address, 0) === 0 &&
    addresses.word(address, 1) === 0 &&
    addresses.word(address, 2) === 0 &&
    addresses.word(address, 3) === 1);

/** ::. */
export const isUnspecified = (address: AddressHandle, addresses: AddressTable): boolean =>
  familyOf(address) === AF_INET6 && addresses.isZero(address);

/** Prefixes of the policy table by which a source is chosen (RFC 6724, section 2.1; net/ipv6/addrlabel.c): first word, bits, label. */
const LABELS: readonly (readonly [number, number, number])[] = [
  [0xfc000000, 7, 5],
  [0xfec00000, 10, 11],
  [0x20020000, 16, 2],
  [0x3ffe0000, 16, 12],
  [0x20010000, 32, 6],
  [0x20010010, 28, 7],
];
const COMMON_LABEL = 1;

/** What the policy table calls the address; a source with the target's label is preferred. */
export function addressLabel(address: AddressHandle, addresses: AddressTable): number {
  const first = addresses.word(address, 0);
  return LABELS.find(([prefix, bits]) => ((first ^ prefix) & prefixMask(bits, 0)) === 0)?.[2] ?? COMMON_LABEL;
}
