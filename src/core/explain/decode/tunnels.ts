/** Packets inside packets: what stands between an outer IP header and the one inside. */

import { AF_INET, AF_INET6, type Family } from "../../wire/address.ts";
import { ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from "../../wire/ethernet.ts";
import { GRE_CHECKSUM_LENGTH, GRE_HEADER, greHeaderLength } from "../../wire/gre.ts";
import { GUE_HEADER, GUE_PORT } from "../../wire/gue.ts";
import { PROTOCOL_GRE, PROTOCOL_IPIP, PROTOCOL_IPV6, PROTOCOL_UDP } from "../../wire/ipv4.ts";
import { UDP_HEADER } from "../../wire/udp.ts";

/** RFC 2003, RFC 2473, RFC 4213, RFC 2784, draft-ietf-intarea-gue. */
export type TunnelName = "IPIP" | "IPv6 in IPv6" | "IPv4 in IPv6" | "IPv6 in IPv4" | "GRE" | "GUE";

/** What a packet carries that is a packet again. */
export interface Tunnel {
  readonly name: TunnelName;
  /** Bytes between the outer IP header and the one inside. */
  readonly header: number;
  /** Of the packet inside. */
  readonly family: Family;
}

/** Key or sequence number, routing: nothing that IPVS writes. */
const GRE_OTHER_FLAGS = 0x7fff;

/** The tunnel that a packet of `outer` is, by its protocol and the bytes behind its IP header at `at`; `undefined` for none. */
export function tunnelIn(view: DataView, outer: Family, protocol: number, at: number, end: number): Tunnel | undefined {
  if (protocol === PROTOCOL_IPIP)
    return { name: outer === AF_INET ? "IPIP" : "IPv4 in IPv6", header: 0, family: AF_INET };
  if (protocol === PROTOCOL_IPV6)
    return { name: outer === AF_INET ? "IPv6 in IPv4" : "IPv6 in IPv6", header: 0, family: AF_INET6 };
  if (protocol === PROTOCOL_GRE) return greIn(view, at, end);
  return protocol === PROTOCOL_UDP ? gueIn(view, at, end) : undefined;
}

function greIn(view: DataView, at: number, end: number): Tunnel | undefined {
  if (end - at < GRE_HEADER + GRE_CHECKSUM_LENGTH || (view.getUint16(at) & GRE_OTHER_FLAGS) !== 0) return undefined;
  const type = view.getUint16(at + 2);
  if (type !== ETHERTYPE_IPV4 && type !== ETHERTYPE_IPV6) return undefined;
  return { name: "GRE", header: greHeaderLength(view, at), family: type === ETHERTYPE_IPV4 ? AF_INET : AF_INET6 };
}

/** Version 0, no control message, and an IP packet inside; a tunnel on another port is shown as UDP. */
function gueIn(view: DataView, at: number, end: number): Tunnel | undefined {
  if (end - at < UDP_HEADER + GUE_HEADER || view.getUint16(at + 2) !== GUE_PORT) return undefined;
  const first = view.getUint8(at + UDP_HEADER);
  const protocol = view.getUint8(at + UDP_HEADER + 1);
  if (first >> 5 !== 0 || (protocol !== PROTOCOL_IPIP && protocol !== PROTOCOL_IPV6)) return undefined;
  const header = UDP_HEADER + GUE_HEADER + (first & 0x1f) * 4;
  return { name: "GUE", header, family: protocol === PROTOCOL_IPIP ? AF_INET : AF_INET6 };
}
