/**
 * Ethernet II (RFC 894) and the 802.1Q tag.
 *
 *   0               6               12      14
 *   | destination   | source        | type  | payload ...
 */
export const ETHERNET_HEADER = 14;
export const ETHERNET_SOURCE = 6;
export const ETHERNET_TYPE = 12;

export const ETHERTYPE_IPV4 = 0x0800;
export const ETHERTYPE_ARP = 0x0806;
export const ETHERTYPE_VLAN = 0x8100;
export const ETHERTYPE_VLAN_SERVICE = 0x88a8;
/** A tag stands before the type: its own type, then priority, drop eligibility and VLAN id (IEEE 802.1Q, clause 9). */
export const VLAN_TAG = 4;
export const VLAN_ID = 0x0fff;
export const ETHERTYPE_IPV6 = 0x86dd;
/** Smaller values are lengths of an IEEE 802.3 frame. */
export const FIRST_ETHERTYPE = 0x0600;

/** The 48 bits at `at` as one number: exact, and quick to compare. */
export const macAt = (view: DataView, at: number): number =>
  view.getUint16(at) * 0x1_0000_0000 + view.getUint32(at + 2);

/** The first 16 and the last (signed) 32 bits of a MAC address: small numbers, quick to compare and to write. */
export const macHigh = (mac: number): number => Math.floor(mac / 0x1_0000_0000);
export const macLow = (mac: number): number => (mac % 0x1_0000_0000) | 0;

export function writeMac(view: DataView, at: number, mac: number): void {
  view.setUint16(at, macHigh(mac));
  view.setInt32(at + 2, macLow(mac));
}

/** Six bytes as one number. */
export const macNumber = (bytes: Uint8Array): number => bytes.reduce((number, byte) => number * 256 + byte, 0);

/** 802.1Q, or 802.1ad around it (include/linux/if_vlan.h: eth_type_vlan). */
export const isVlanType = (type: number): boolean => type === ETHERTYPE_VLAN || type === ETHERTYPE_VLAN_SERVICE;

const PAIRS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** `02:00:00:00:01:64`. */
export function macText(mac: number): string {
  const [high, low] = [macHigh(mac), macLow(mac)];
  const pair = (byte: number): string => PAIRS[byte & 0xff] ?? "";
  return `${pair(high >> 8)}:${pair(high)}:${pair(low >>> 24)}:${pair(low >>> 16)}:${pair(low >>> 8)}:${pair(low)}`;
}

export const BROADCAST = 0xffff_ffff_ffff;

/** Of an IPv4 group: 01:00:5e and the last 23 bits of its address (RFC 1112, section 6.4). */
export const ipv4GroupMac = (address: number): number => 0x0100_5e00_0000 + (address & 0x7f_ffff);

/** Of an IPv6 group: 33:33 and the last 32 bits of its address (RFC 2464, section 7). */
export const ipv6GroupMac = (lastWord: number): number => 0x3333_0000_0000 + (lastWord >>> 0);
/** The group bit of the first byte. */
export const isGroupMac = (mac: number): boolean => Math.floor(mac / 0x100_0000_0000) % 2 === 1;
