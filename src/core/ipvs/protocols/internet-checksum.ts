/**
 * The checksum of TCP or UDP after an address and a port changed.
 * Mirrors tcp_dnat_handler, udp_dnat_handler and their snat twins (net/netfilter/ipvs/ip_vs_proto_tcp.c, ip_vs_proto_udp.c).
 */

import { difference16, fold, updated } from "../../wire/checksum.ts";
import type { Frame } from "../../wire/frame.ts";
import { transportSum } from "../../wire/network.ts";

/**
 * Patches the checksum at `at` in place: incrementally, so that a wrong one stays wrong by the same amount. `addresses` is
 * the difference in the pseudo header's sum; a result of 0 is sent as `zero`.
 */
export function patchChecksum(
  frame: Frame,
  at: number,
  addresses: number,
  oldPort: number,
  newPort: number,
  zero: number,
): void {
  const { view } = frame;
  const check = view.getUint16(at);
  // Where only the pseudo header is summed up so far, and not complemented, the ports come in when the sum is finished.
  if (frame.checksumStart !== 0) view.setUint16(at, fold(check + addresses));
  else view.setUint16(at, updated(check, addresses + difference16(oldPort, newPort)) || zero);
}

/** Over pseudo header, transport header (its checksum field being 0) and data, to the end of the packet. */
export function fullChecksum(frame: Frame): number {
  return ~transportSum(frame) & 0xffff;
}
