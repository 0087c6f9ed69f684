/**
 * The checksum of TCP or UDP after an address and a port changed.
 * Mirrors tcp_dnat_handler, udp_dnat_handler and their snat twins (net/netfilter/ipvs/ip_vs_proto_tcp.c, ip_vs_proto_udp.c).
 */
import { difference16, difference32, fold, pseudoHeaderSum, sum, updated } from "../../wire/checksum.ts";
import type { Frame } from "../../wire/frame.ts";
import { IPV4_DESTINATION, IPV4_SOURCE } from "../../wire/ipv4.ts";
import { finishSctp } from "../../wire/sctp.ts";
import { TCP_CHECKSUM } from "../../wire/tcp.ts";
import { UDP_CHECKSUM } from "../../wire/udp.ts";
import { SCTP, TCP } from "../service.ts";

/**
 * Patches the checksum in place: incrementally, so that a wrong one stays wrong by the same amount. The new address and
 * port must stand in the headers already.
 * @ipvs #Y sctp "NAT makes the CRC32c anew only if the port changes; else it stays, right or wrong"
 * @ipvs #Y udp "A UDP checksum of 0 is not kept by NAT: a full one is made; a computed 0 is sent as ffff"
 */
export function repairChecksum(
  frame: Frame,
  protocol: number,
  transport: number,
  oldAddress: number,
  newAddress: number,
  oldPort: number,
  newPort: number,
): void {
  const { view } = frame;
  if (protocol === SCTP) {
    if (oldPort !== newPort) finishSctp(view, transport, frame.end);
    return;
  }
  const at = transport + (protocol === TCP ? TCP_CHECKSUM : UDP_CHECKSUM);
  const check = view.getUint16(at);
  const addresses = difference32(oldAddress, newAddress);
  if (frame.checksumStart !== 0) {
    // Only the pseudo header is summed up so far, and not complemented; the ports come in when the sum is finished.
    view.setUint16(at, fold(check + addresses));
  } else if (protocol !== TCP && check === 0) {
    view.setUint16(at, fullChecksum(frame, protocol, transport) || 0xffff);
    frame.checksumTrusted = true;
  } else {
    const patched = updated(check, addresses + difference16(oldPort, newPort));
    view.setUint16(at, protocol !== TCP && patched === 0 ? 0xffff : patched);
  }
}

/** Over pseudo header, transport header (its checksum field being 0) and data, to the end of the packet. */
export function fullChecksum(frame: Frame, protocol: number, transport: number): number {
  const { view, network } = frame;
  const length = frame.end - transport;
  const source = view.getUint32(network + IPV4_SOURCE);
  const destination = view.getUint32(network + IPV4_DESTINATION);
  return ~fold(sum(view, transport, length) + pseudoHeaderSum(source, destination, protocol, length)) & 0xffff;
}
