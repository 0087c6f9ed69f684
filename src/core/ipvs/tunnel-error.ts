/**
 * Whether an ICMP error is about a packet of one of our own tunnels, and where the client's packet begins in it.
 * Mirrors the head of ip_vs_in_icmp, ipvs_udp_decap and ipvs_gre_decap of net/netfilter/ipvs/ip_vs_core.c.
 */

import type { AddressHandle } from "../wire/address-table.ts";
import { ETHERTYPE_IPV4 } from "../wire/ethernet.ts";
import type { Frame } from "../wire/frame.ts";
import { GRE_CHECKSUM_PRESENT } from "../wire/gre.ts";
import { GUE_HEADER } from "../wire/gue.ts";
import {
  FRAGMENT_OFFSET,
  headerLength,
  IPV4_DESTINATION,
  IPV4_FRAGMENT,
  IPV4_PROTOCOL,
  PROTOCOL_GRE,
  PROTOCOL_IPIP,
  PROTOCOL_UDP,
} from "../wire/ipv4.ts";
import { UDP_HEADER } from "../wire/udp.ts";
import type { DataPath } from "./data-path.ts";
import { TUNNEL_GRE, TUNNEL_GUE, TUNNEL_IPIP } from "./destination.ts";

/** Bytes of the outer headers from the quoted packet at `outer` on; 0 if it is no packet of a tunnel we have. */
export function tunnelHeaders(path: DataPath, frame: Frame, outer: number): number {
  const { view } = frame;
  if ((view.getUint16(outer + IPV4_FRAGMENT) & FRAGMENT_OFFSET) !== 0) return 0;
  const header = headerLength(view, outer);
  const server = path.server.addresses.ofIpv4(view.getInt32(outer + IPV4_DESTINATION));
  switch (view.getUint8(outer + IPV4_PROTOCOL)) {
    case PROTOCOL_IPIP:
      return isTunnel(path, server, TUNNEL_IPIP) ? header : 0;
    case PROTOCOL_GRE:
      return isTunnel(path, server, TUNNEL_GRE) ? ifAny(header, greLength(frame, outer + header)) : 0;
    case PROTOCOL_UDP:
      return ifAny(header, gueLength(path, frame, outer + header, server));
    default:
      return 0;
  }
}

const isTunnel = ({ server }: DataPath, address: AddressHandle, type: number, port = 0): boolean =>
  server.destinations.index.tunnel(address, port)?.tunnelType === type;

const ifAny = (header: number, inner: number): number => (inner === 0 ? 0 : header + inner);

/** Version 0, no flag but the checksum's, carrying IPv4; else 0. */
function greLength(frame: Frame, at: number): number {
  if (frame.end - at < 4 || frame.view.getUint16(at + 2) !== ETHERTYPE_IPV4) return 0;
  const flags = frame.view.getUint16(at);
  if ((flags & ~GRE_CHECKSUM_PRESENT) !== 0) return 0;
  return flags === 0 ? 4 : 8;
}

/** A plain GUE header, no control message, carrying IPv4, to the port of a tunnel we have; else 0. */
function gueLength(path: DataPath, frame: Frame, at: number, server: number): number {
  const { view } = frame;
  if (frame.end - at < UDP_HEADER + GUE_HEADER) return 0;
  if (!isTunnel(path, server, TUNNEL_GUE, view.getUint16(at + 2))) return 0;
  const versionAndLength = view.getUint8(at + UDP_HEADER);
  if (versionAndLength >> 5 !== 0 || view.getUint8(at + UDP_HEADER + 1) !== PROTOCOL_IPIP) return 0;
  return UDP_HEADER + GUE_HEADER + (versionAndLength & 0x1f) * 4;
}
