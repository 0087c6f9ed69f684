/**
 * What stands before the client's packet, by the real server's family and by type of tunnel: the outer header's length and
 * protocol, and what comes between. The packet inside may be of either family.
 * Mirrors ip_vs_gue_encap and ip_vs_gre_encap of net/netfilter/ipvs/ip_vs_xmit.c.
 *
 *   ipip  nothing (RFC 2003, RFC 2473)
 *   gre   | flags 0x0000 or 0x8000 | 0x0800 or 0x86dd | [checksum | 0] (RFC 2784)
 *   gue   | UDP header | version and length 0 | protocol 4 or 41 | flags 0 | (draft-ietf-intarea-gue)
 */

import { AF_INET, type Family } from "../../wire/address.ts";
import { type AddressHandle, type AddressTable, familyOf } from "../../wire/address-table.ts";
import { fold, halves, sum } from "../../wire/checksum.ts";
import { ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from "../../wire/ethernet.ts";
import type { Frame } from "../../wire/frame.ts";
import { GRE_CHECKSUM_LENGTH, GRE_CHECKSUM_PRESENT, GRE_HEADER } from "../../wire/gre.ts";
import { GUE_HEADER } from "../../wire/gue.ts";
import { IPV4_HEADER, PROTOCOL_GRE, PROTOCOL_IPIP, PROTOCOL_IPV6, PROTOCOL_UDP } from "../../wire/ipv4.ts";
import { IPV6_HEADER } from "../../wire/ipv6.ts";
import { finishChecksum } from "../../wire/offload.ts";
import { UDP_CHECKSUM, UDP_HEADER, UDP_LENGTH } from "../../wire/udp.ts";
import { type Destination, TUNNEL_CHECKSUM, TUNNEL_GRE, TUNNEL_GUE, TUNNEL_NO_CHECKSUM } from "../destination.ts";

/** Ports that the kernel picks a flow's source port from (net.ipv4.ip_local_port_range). */
const FIRST_FLOW_PORT = 32_768;
const FLOW_PORTS = 28_232;

/** Bytes of the outer header towards a real server. */
export const outerHeaderLength = (server: AddressHandle): number =>
  familyOf(server) === AF_INET ? IPV4_HEADER : IPV6_HEADER;

/** Bytes between the outer header and the client's packet. */
export function tunnelOverhead(destination: Destination | undefined): number {
  if (destination?.tunnelType === TUNNEL_GUE) return UDP_HEADER + GUE_HEADER;
  if (destination?.tunnelType === TUNNEL_GRE)
    return GRE_HEADER + (hasGreChecksum(destination) ? GRE_CHECKSUM_LENGTH : 0);
  return 0;
}

/** The number that says of which family a packet inside another one is. */
const protocolInside = (inside: Family | 0): number => (inside === AF_INET ? PROTOCOL_IPIP : PROTOCOL_IPV6);

/** The protocol number of the outer header; `inside` is the family of the client's packet. */
export function tunnelProtocol(destination: Destination | undefined, inside: Family | 0): number {
  if (destination?.tunnelType === TUNNEL_GUE) return PROTOCOL_UDP;
  return destination?.tunnelType === TUNNEL_GRE ? PROTOCOL_GRE : protocolInside(inside);
}

/**
 * Writes the header at `at`; the client's packet, which the frame still knows, follows it to the frame's end. `source` is the
 * outer source address.
 * @ipvs #P[the remote checksum option is used by no frame without offloads; a GUE source port comes from a keyed hash] forwarding "TUN types ipip, gre with and without checksum, gue"
 */
export function writeTunnelHeader(
  frame: Frame,
  at: number,
  destination: Destination | undefined,
  addresses: AddressTable,
  source: AddressHandle,
): void {
  if (destination?.tunnelType === TUNNEL_GUE) writeGue(frame, at, destination, addresses, source);
  else if (destination?.tunnelType === TUNNEL_GRE) writeGre(frame, at, destination);
}

const hasGreChecksum = ({ tunnelFlags }: Destination): boolean => tunnelFlags === TUNNEL_CHECKSUM;

function writeGre(frame: Frame, at: number, destination: Destination): void {
  const { view } = frame;
  const checked = hasGreChecksum(destination);
  view.setUint16(at, checked ? GRE_CHECKSUM_PRESENT : 0);
  view.setUint16(at + 2, frame.family === AF_INET ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6);
  if (!checked) return;
  // The kernel leaves this sum to the network card: on a veth pair it stays 0 (include/net/gre.h: gre_build_header).
  view.setUint32(at + GRE_HEADER, 0);
  // Of a frame that stands for many, each packet gets its own when it is cut.
  if (frame.segmentSize !== 0) return;
  finishChecksum(frame);
  frame.checksumStart = at - frame.start;
  frame.checksumOffset = GRE_HEADER;
}

function writeGue(
  frame: Frame,
  at: number,
  destination: Destination,
  addresses: AddressTable,
  source: AddressHandle,
): void {
  const { view } = frame;
  const length = frame.end - at;
  view.setUint16(at, flowPort(frame, addresses));
  view.setUint16(at + 2, destination.tunnelPort);
  view.setUint16(at + UDP_LENGTH, length);
  view.setUint16(at + UDP_CHECKSUM, 0);
  view.setUint8(at + UDP_HEADER, 0);
  view.setUint8(at + UDP_HEADER + 1, protocolInside(frame.family));
  view.setUint16(at + UDP_HEADER + 2, 0);
  if (destination.tunnelFlags === TUNNEL_NO_CHECKSUM) return;
  if (frame.segmentSize !== 0) {
    // That there is to be one; each packet gets its own when it is cut.
    view.setUint16(at + UDP_CHECKSUM, 0xffff);
    return;
  }
  // The outer sum covers the inner one.
  finishChecksum(frame);
  const pseudo = addresses.sum(source) + addresses.sum(destination.handle) + PROTOCOL_UDP + halves(length);
  view.setUint16(at + UDP_CHECKSUM, ~fold(sum(view, at, length) + pseudo) & 0xffff || 0xffff);
}

/** One source port a flow, so that routers on the way keep it together. differs: the kernel's hash has a secret key. */
function flowPort({ source, destination, protocol }: Frame, addresses: AddressTable): number {
  let hash = Math.imul(addresses.fold(source) ^ addresses.fold(destination), 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 15) ^ protocol, 0x85ebca6b);
  return FIRST_FLOW_PORT + (((hash ^ (hash >>> 13)) >>> 0) % FLOW_PORTS);
}
