/**
 * The authentication header in front of an advertisement of version 2 (RFC 2402 with HMAC-MD5-96, RFC 2403), as keepalived
 * has it: over the IP header with TOS, fragment and checksum at 0, the header itself without its value, and the
 * advertisement.
 *
 *   0            1       2      4       8            12
 *   | next (112) | 4     | 0    | SPI   | sequence   | value (12) |
 *
 * The SPI is the sender's address. To peers the TTL counts as 0, too. Sequence numbers only rise, whoever of the directors sends: a
 * new master goes on behind what it heard last.
 */
import type { VrrpFault } from "../../trace/events.ts";
import {
  IPV4_CHECKSUM,
  IPV4_DESTINATION,
  IPV4_FRAGMENT,
  IPV4_HEADER,
  IPV4_SOURCE,
  IPV4_TOS,
  IPV4_TTL,
} from "../../wire/ipv4.ts";
import { hmacMd5 } from "../../wire/md5.ts";
import { PROTOCOL_VRRP } from "../../wire/vrrp.ts";

export const PROTOCOL_AH = 51;
export const AH_LENGTH = 24;
/** Words of 32 bits, minus 2. */
const AH_WORDS = 4;
const SPI = 4;
const SEQUENCE = 8;
const VALUE = 12;
const VALUE_LENGTH = 12;
/** 224.0.0.0/4. */
const MULTICAST = 14;
/** Longer secrets count by their first bytes. */
const LONGEST_SECRET = 8;

export const secretBytes = (secret: string): Uint8Array =>
  Uint8Array.from(secret.slice(0, LONGEST_SECRET), (letter) => letter.charCodeAt(0) & 0xff);

/** Writes the header behind the IPv4 header at `network`; what follows is there already. */
export function writeAh(view: DataView, network: number, end: number, sequence: number, secret: string): void {
  const at = network + IPV4_HEADER;
  view.setUint8(at, PROTOCOL_VRRP);
  view.setUint8(at + 1, AH_WORDS);
  view.setUint16(at + 2, 0);
  view.setUint32(at + SPI, view.getUint32(network + IPV4_SOURCE));
  view.setUint32(at + SEQUENCE, sequence);
  integrityValue(view, network, end, secret).forEach((byte, index) => {
    view.setUint8(at + VALUE + index, byte);
  });
}

/** The sequence number of the header behind the IPv4 header at `network`. */
export const ahSequence = (view: DataView, network: number): number => view.getUint32(network + IPV4_HEADER + SEQUENCE);

/** Why the header behind the IPv4 header is not believed; `undefined` if it is. */
export function faultOfAh(view: DataView, network: number, end: number, secret: string): VrrpFault | undefined {
  const at = network + IPV4_HEADER;
  if (view.getUint8(at) !== PROTOCOL_VRRP || view.getUint8(at + 1) !== AH_WORDS) return "header";
  if (view.getUint32(at + SPI) !== view.getUint32(network + IPV4_SOURCE)) return "header";
  const value = integrityValue(view, network, end, secret);
  return value.every((byte, index) => byte === view.getUint8(at + VALUE + index)) ? undefined : "password";
}

function integrityValue(view: DataView, network: number, end: number, secret: string): Uint8Array {
  const isUnicast = view.getUint8(network + IPV4_DESTINATION) >> 4 !== MULTICAST;
  const packet = new Uint8Array(view.buffer, view.byteOffset + network, end - network).slice();
  packet[IPV4_TOS] = 0;
  if (isUnicast) packet[IPV4_TTL] = 0;
  packet.fill(0, IPV4_FRAGMENT, IPV4_FRAGMENT + 2);
  packet.fill(0, IPV4_CHECKSUM, IPV4_CHECKSUM + 2);
  packet.fill(0, IPV4_HEADER + VALUE, IPV4_HEADER + VALUE + VALUE_LENGTH);
  return hmacMd5(secretBytes(secret), packet).subarray(0, VALUE_LENGTH);
}
