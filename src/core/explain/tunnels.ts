/** Packets inside packets: what stands between an outer IPv4 header and the one inside. */
import { PROTOCOL_GRE, PROTOCOL_IPIP, PROTOCOL_UDP } from "../wire/ipv4.ts";
import { UDP_HEADER } from "../wire/udp.ts";

/** RFC 2003, RFC 2784, draft-ietf-intarea-gue. */
export type TunnelName = "IPIP" | "GRE" | "GUE";

const GRE_HEADER = 4;
/** The checksum and a reserved half word, where the first bit says that they are there. */
const GRE_CHECKSUM = 4;
const GRE_CHECKSUM_PRESENT = 0x8000;
/** Key or sequence number, routing: nothing that IPVS writes. */
const GRE_OTHER_FLAGS = 0x7fff;
const ETHERTYPE_IPV4 = 0x0800;
/** IANA's number for GUE; a tunnel on another port is shown as UDP. */
const GUE_PORT = 6080;
const GUE_HEADER = 4;

/** The tunnel that a packet is, by its protocol and the bytes behind its IPv4 header at `at`; `undefined` for none. */
export function tunnelIn(view: DataView, protocol: number, at: number, end: number): TunnelName | undefined {
  if (protocol === PROTOCOL_IPIP) return "IPIP";
  if (protocol === PROTOCOL_GRE && end - at >= GRE_HEADER + GRE_CHECKSUM) {
    const plain = (view.getUint16(at) & GRE_OTHER_FLAGS) === 0;
    return plain && view.getUint16(at + 2) === ETHERTYPE_IPV4 ? "GRE" : undefined;
  }
  if (protocol !== PROTOCOL_UDP || end - at < UDP_HEADER + GUE_HEADER) return undefined;
  // Version 0, no control message, no extensions, and IPv4 inside.
  const gue = at + UDP_HEADER;
  return view.getUint16(at + 2) === GUE_PORT && view.getUint32(gue) === PROTOCOL_IPIP << 16 ? "GUE" : undefined;
}

/** Bytes between the outer IPv4 header and the one inside. */
export function tunnelHeader(view: DataView, at: number, tunnel: TunnelName): number {
  if (tunnel === "IPIP") return 0;
  if (tunnel === "GUE") return UDP_HEADER + GUE_HEADER;
  return GRE_HEADER + ((view.getUint16(at) & GRE_CHECKSUM_PRESENT) === 0 ? 0 : GRE_CHECKSUM);
}
