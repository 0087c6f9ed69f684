/** Packets inside UDP, by the registered port: VXLAN (RFC 7348), Geneve (RFC 8926), GUE (draft-ietf-intarea-gue), GTP-U (3GPP TS 29.281). */

import { ethernetStart, ipPacket, typedStart } from "../../capture/network-packet.ts";
import { GUE_PORT } from "../../wire/gue.ts";
import { UDP_HEADER } from "../../wire/udp.ts";

/** Where the packet inside begins, of what follows the UDP header; `undefined` if it is no such tunnel's. */
type Overlay = (bytes: Uint8Array, view: DataView, at: number) => number | undefined;

const VXLAN_HEADER = 8;
/** The flag without which there is no network identifier, and the bits that every extension leaves 0. */
const VXLAN_MARK = 0x08000000;
const VXLAN_CLEAR = 0x77ff0000;
/** Of the generic protocol extension: what is inside stands in the header's fourth byte. */
const VXLAN_NEXT: Readonly<Record<number, "ip" | "ethernet">> = { 1: "ip", 2: "ip", 3: "ethernet" };

const vxlan: Overlay = (bytes, view, at) =>
  ((view.getUint32(at) ^ VXLAN_MARK) & (VXLAN_CLEAR | VXLAN_MARK)) === 0
    ? ethernetStart(bytes, at + VXLAN_HEADER)
    : undefined;

const vxlanGeneric: Overlay = (bytes, view, at) => {
  const next = VXLAN_NEXT[view.getUint8(at + 3)];
  if ((view.getUint8(at) & 0x08) === 0 || next === undefined) return undefined;
  return next === "ip" ? at + VXLAN_HEADER : ethernetStart(bytes, at + VXLAN_HEADER);
};

const GENEVE_HEADER = 8;
const TRANSPARENT_ETHERNET = 0x6558;

const geneve: Overlay = (bytes, view, at) => {
  const first = view.getUint8(at);
  if (first >> 6 !== 0) return undefined;
  const start = at + GENEVE_HEADER + (first & 0x3f) * 4;
  const type = view.getUint16(at + 2);
  return type === TRANSPARENT_ETHERNET ? ethernetStart(bytes, start) : typedStart(bytes, type, start);
};

/** Version 0 has a header with its length in words; version 1 is an IP packet as it is. */
const gue: Overlay = (_, view, at) => {
  const first = view.getUint8(at);
  if (first >> 6 === 1) return at;
  return first >> 5 === 0 ? at + 4 + (first & 0x1f) * 4 : undefined;
};

/** Version 1 of GTP, and a user's packet. */
const GTP_USER = 0x30;
const GTP_PACKET = 255;
const GTP_HEADER = 8;
const GTP_OPTIONAL = 4;

const gtp: Overlay = (bytes, view, at) => {
  const flags = view.getUint8(at);
  if ((flags & 0xf0) !== GTP_USER || view.getUint8(at + 1) !== GTP_PACKET) return undefined;
  // Sequence number, N-PDU number and the type of the next extension stand there if any of them is said to.
  if ((flags & 0x07) === 0) return at + GTP_HEADER;
  let start = at + GTP_HEADER + GTP_OPTIONAL;
  for (let next = bytes[start - 1] ?? 0; (flags & 0x04) !== 0 && next !== 0; next = bytes[start - 1] ?? 0) {
    const words = bytes[start] ?? 0;
    if (words === 0) return undefined;
    start += words * 4;
  }
  return start;
};

/** By the port that such a packet goes to; 8472 is that of Linux before the registered one. */
const OVERLAYS: ReadonlyMap<number, Overlay> = new Map([
  [4789, vxlan],
  [8472, vxlan],
  [4790, vxlanGeneric],
  [6081, geneve],
  [GUE_PORT, gue],
  [2152, gtp],
]);

/** Bytes that the shortest of these headers has. */
const LEAST = 8;

/** The IP packet inside of a UDP packet whose header is at `at`; `undefined` if it is no tunnel's. */
export function insideUdp(bytes: Uint8Array, at: number): Uint8Array | undefined {
  if (at + UDP_HEADER + LEAST > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const start = OVERLAYS.get(view.getUint16(at + 2))?.(bytes, view, at + UDP_HEADER);
  return start === undefined ? undefined : ipPacket(bytes.subarray(start));
}
