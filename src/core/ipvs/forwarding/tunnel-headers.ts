/**
 * What stands between the outer IPv4 header and the client's packet, by type of tunnel.
 * Mirrors ip_vs_gue_encap and ip_vs_gre_encap of net/netfilter/ipvs/ip_vs_xmit.c.
 *
 *   ipip  nothing (RFC 2003)
 *   gre   | flags 0x0000 or 0x8000 | 0x0800 | [checksum | 0] (RFC 2784)
 *   gue   | UDP header | version and length 0 | protocol 4 | flags 0 | (draft-ietf-intarea-gue)
 */
import { fold, pseudoHeaderSum, sum } from "../../wire/checksum.ts";
import type { Frame } from "../../wire/frame.ts";
import { PROTOCOL_GRE, PROTOCOL_IPIP, PROTOCOL_UDP } from "../../wire/ipv4.ts";
import { finishChecksum } from "../../wire/offload.ts";
import { UDP_CHECKSUM, UDP_HEADER, UDP_LENGTH } from "../../wire/udp.ts";
import { type Destination, TUNNEL_CHECKSUM, TUNNEL_GRE, TUNNEL_GUE, TUNNEL_NO_CHECKSUM } from "../destination.ts";

export const GUE_HEADER = 4;
const GRE_HEADER = 4;
const GRE_CHECKSUM = 4;
const GRE_CHECKSUM_PRESENT = 0x8000;
const ETHERTYPE_IPV4 = 0x0800;
/** Ports that the kernel picks a flow's source port from (net.ipv4.ip_local_port_range). */
const FIRST_FLOW_PORT = 32_768;
const FLOW_PORTS = 28_232;

/** Bytes between the outer IPv4 header and the client's packet. */
export function tunnelOverhead(destination: Destination | undefined): number {
  if (destination?.tunnelType === TUNNEL_GUE) return UDP_HEADER + GUE_HEADER;
  if (destination?.tunnelType === TUNNEL_GRE) return GRE_HEADER + (hasGreChecksum(destination) ? GRE_CHECKSUM : 0);
  return 0;
}

/** The protocol number of the outer header. */
export function tunnelProtocol(destination: Destination | undefined): number {
  if (destination?.tunnelType === TUNNEL_GUE) return PROTOCOL_UDP;
  return destination?.tunnelType === TUNNEL_GRE ? PROTOCOL_GRE : PROTOCOL_IPIP;
}

/**
 * Writes the header at `at`; the client's packet follows it to the frame's end. `source` is the outer source address.
 * @ipvs #P[the remote checksum option is used by no frame without offloads; a GUE source port comes from a keyed hash] forwarding "TUN types ipip, gre with and without checksum, gue"
 */
export function writeTunnelHeader(
  frame: Frame,
  at: number,
  destination: Destination | undefined,
  source: number,
): void {
  if (destination?.tunnelType === TUNNEL_GUE) writeGue(frame, at, destination, source);
  else if (destination?.tunnelType === TUNNEL_GRE) writeGre(frame, at, destination);
}

const hasGreChecksum = ({ tunnelFlags }: Destination): boolean => tunnelFlags === TUNNEL_CHECKSUM;

function writeGre(frame: Frame, at: number, destination: Destination): void {
  const { view } = frame;
  const checked = hasGreChecksum(destination);
  view.setUint16(at, checked ? GRE_CHECKSUM_PRESENT : 0);
  view.setUint16(at + 2, ETHERTYPE_IPV4);
  if (!checked) return;
  // The kernel leaves this sum to the network card: on a veth pair it stays 0 (include/net/gre.h: gre_build_header).
  view.setUint32(at + GRE_HEADER, 0);
  finishChecksum(frame);
  frame.checksumStart = at - frame.start;
  frame.checksumOffset = GRE_HEADER;
}

function writeGue(frame: Frame, at: number, destination: Destination, source: number): void {
  const { view } = frame;
  const length = frame.end - at;
  const inner = at + UDP_HEADER + GUE_HEADER;
  view.setUint16(at, flowPort(view, inner));
  view.setUint16(at + 2, destination.tunnelPort);
  view.setUint16(at + UDP_LENGTH, length);
  view.setUint16(at + UDP_CHECKSUM, 0);
  view.setUint8(at + UDP_HEADER, 0);
  view.setUint8(at + UDP_HEADER + 1, PROTOCOL_IPIP);
  view.setUint16(at + UDP_HEADER + 2, 0);
  if (destination.tunnelFlags === TUNNEL_NO_CHECKSUM) return;
  // The outer sum covers the inner one; of a frame that stands for many, each packet gets its own when it is cut.
  if (frame.segmentSize === 0) finishChecksum(frame);
  const pseudo = pseudoHeaderSum(source >>> 0, destination.handle, PROTOCOL_UDP, length);
  view.setUint16(at + UDP_CHECKSUM, ~fold(sum(view, at, length) + pseudo) & 0xffff || 0xffff);
}

/** One source port a flow, so that routers on the way keep it together. differs: the kernel's hash has a secret key. */
function flowPort(view: DataView, inner: number): number {
  let hash = Math.imul(view.getInt32(inner + 12) ^ view.getInt32(inner + 16), 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 15) ^ view.getUint8(inner + 9), 0x85ebca6b);
  return FIRST_FLOW_PORT + (((hash ^ (hash >>> 13)) >>> 0) % FLOW_PORTS);
}
