/** The IP packet inside a captured packet, whatever link it was captured on (IANA LINKTYPE_ registry). */
import { ETHERTYPE_IPV4, ETHERTYPE_IPV6, isVlanType, VLAN_TAG } from "../wire/ethernet.ts";
import type { Packet } from "./packet.ts";

/** Where a packet's EtherType stands, and where what it names begins; by link type. */
const WITH_ETHERTYPE: ReadonlyMap<number, readonly [number, number]> = new Map([
  [1, [12, 14]],
  // Linux cooked capture, versions 1 and 2.
  [113, [14, 16]],
  [276, [0, 20]],
]);
/** Raw IP, by its registered number and those of some systems, and IP of one family. */
const RAW: readonly number[] = [12, 14, 101, 228, 229];
/** The family of BSD loopback in four bytes. */
const LOOPBACK: readonly number[] = [0, 108];
const LOOPBACK_HEADER = 4;
const PPP: readonly number[] = [9, 50];

export const hasNetworkPacket = (linkType: number): boolean =>
  WITH_ETHERTYPE.has(linkType) || [...RAW, ...LOOPBACK, ...PPP].includes(linkType);

/** On which interface, and which way, a packet was seen: what differs between two sights of one packet. */
export function sightOf({ bytes, interface: { index, linkType }, direction }: Packet): string {
  const cooked = linkType === 113 ? bytes.subarray(0, 2) : linkType === 276 ? bytes.subarray(4, 11) : [];
  return [index, direction, ...cooked].join();
}

/** The packet from its IP header on, without padding: a view; `undefined` if it is no IP. VLAN tags are passed over. */
export function networkPacket({ bytes, interface: { linkType } }: Packet): Uint8Array | undefined {
  const start = startOf(bytes, linkType);
  if (start === undefined || start + 20 > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, bytes.length - start);
  const version = view.getUint8(0) >> 4;
  if (version !== 4 && (version !== 6 || view.byteLength < 40)) return undefined;
  // A total length of 0 is that of a frame of many segments whose length was left to the network card.
  const length = version === 4 ? view.getUint16(2) || view.byteLength : 40 + view.getUint16(4);
  return bytes.subarray(start, start + Math.min(length, view.byteLength));
}

function startOf(bytes: Uint8Array, linkType: number): number | undefined {
  if (RAW.includes(linkType)) return 0;
  if (LOOPBACK.includes(linkType)) return LOOPBACK_HEADER;
  if (PPP.includes(linkType)) return pppStart(bytes);
  const [typeAt, headerEnd] = WITH_ETHERTYPE.get(linkType) ?? [0, 0];
  const type = (at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  let at = headerEnd;
  let found = type(typeAt);
  for (; isVlanType(found); at += VLAN_TAG) found = type(at + 2);
  return found === ETHERTYPE_IPV4 || found === ETHERTYPE_IPV6 ? at : undefined;
}

/** With or without address and control (RFC 1662); 0021 is IPv4, 0057 IPv6. */
function pppStart(bytes: Uint8Array): number | undefined {
  const at = bytes[0] === 0xff && bytes[1] === 3 ? 2 : 0;
  return bytes[at] === 0 && (bytes[at + 1] === 0x21 || bytes[at + 1] === 0x57) ? at + 2 : undefined;
}
