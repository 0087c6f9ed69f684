/** Packets inside others: of IP in IP (RFC 2003, RFC 2473), GRE (RFC 2784, RFC 2890), with IP, Ethernet or PPP in it, and UDP (overlays.ts). */

import { ethernetStart, ipPacket, pppStart, typedStart } from "../../capture/network-packet.ts";
import { GRE_HEADER } from "../../wire/gre.ts";
import {
  headerLength,
  IPV4_PROTOCOL,
  isFragment,
  PROTOCOL_GRE,
  PROTOCOL_IPIP,
  PROTOCOL_IPV6,
  PROTOCOL_UDP,
} from "../../wire/ipv4.ts";
import { IPV6_HEADER, IPV6_NEXT_HEADER } from "../../wire/ipv6.ts";
import { insideUdp } from "./overlays.ts";

/** Tunnels in tunnels that are followed. */
const DEEPEST = 4;

/** Flags of GRE by whose presence four more bytes are there: checksum, key, sequence number. */
const GRE_OPTIONS: readonly number[] = [0x8000, 0x2000, 0x1000];
/** Version 1, of PPTP (RFC 2637): length and call behind the first four bytes, then sequence and acknowledgement number, if they are there. */
const PPP_IN_GRE = 0x880b;
const ENHANCED_HEADER = 8;
const SEQUENCE_PRESENT = 0x1000;
const ACKNOWLEDGEMENT_PRESENT = 0x0080;
const TRANSPARENT_ETHERNET = 0x6558;
const ERSPAN = 0x88be;
/** Behind a GRE header with a sequence number, ERSPAN has a header of its own. */
const ERSPAN_HEADER = 8;
/** Version 3 has a longer one, and more of it if its last bit is set (draft-foschiano-erspan). */
const ERSPAN3 = 0x22eb;
const ERSPAN3_HEADER = 12;
const ERSPAN3_MORE = 8;

/** The packet that no tunnel is around any more; the same bytes if there was none. */
export function innermost(bytes: Uint8Array): Uint8Array {
  let packet = bytes;
  for (let depth = 0; depth < DEEPEST; depth++) {
    const inside = inner(packet);
    if (inside === undefined) return packet;
    packet = inside;
  }
  return packet;
}

function inner(bytes: Uint8Array): Uint8Array | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const four = view.getUint8(0) >> 4 === 4;
  if (four && isFragment(view, 0)) return undefined;
  const protocol = view.getUint8(four ? IPV4_PROTOCOL : IPV6_NEXT_HEADER);
  const payload = four ? headerLength(view, 0) : IPV6_HEADER;
  if (protocol === PROTOCOL_IPIP || protocol === PROTOCOL_IPV6) return ipPacket(bytes.subarray(payload));
  if (protocol === PROTOCOL_UDP) return insideUdp(bytes, payload);
  if (protocol !== PROTOCOL_GRE || payload + GRE_HEADER > bytes.length) return undefined;
  const start = behindGre(bytes, view, payload);
  return start === undefined ? undefined : ipPacket(bytes.subarray(start));
}

function behindGre(bytes: Uint8Array, view: DataView, at: number): number | undefined {
  const flags = view.getUint16(at);
  const type = view.getUint16(at + 2);
  if (type === PPP_IN_GRE) return behindEnhancedGre(bytes, flags, at);
  const options = GRE_OPTIONS.filter((flag) => (flags & flag) !== 0).length;
  let start = at + GRE_HEADER + 4 * options;
  if (type === ERSPAN && options > 0) start += ERSPAN_HEADER;
  if (type === ERSPAN3) start += ERSPAN3_HEADER + ((bytes[start + ERSPAN3_HEADER - 1] ?? 0) & 1) * ERSPAN3_MORE;
  const isEthernet = type === ERSPAN || type === ERSPAN3 || type === TRANSPARENT_ETHERNET;
  return isEthernet ? ethernetStart(bytes, start) : typedStart(bytes, type, start);
}

function behindEnhancedGre(bytes: Uint8Array, flags: number, at: number): number | undefined {
  const numbers = [SEQUENCE_PRESENT, ACKNOWLEDGEMENT_PRESENT].filter((flag) => (flags & flag) !== 0).length;
  return pppStart(bytes, at + ENHANCED_HEADER + 4 * numbers);
}
