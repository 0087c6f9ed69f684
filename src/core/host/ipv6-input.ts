/** An IPv6 packet from the wire: is it whole, and may it say so? Mirrors net/ipv6/ip6_input.c: ip6_rcv_core. */
import { ACCEPT, DROP, type Verdict } from "../trace/verdict.ts";
import { isLoopback, isMulticast, multicastScope } from "../wire/address-scope.ts";
import type { AddressTable } from "../wire/address-table.ts";
import { type Frame, TO_OTHER } from "../wire/frame.ts";
import { HOP_BY_HOP, IPV6_HEADER, IPV6_NEXT_HEADER, IPV6_PAYLOAD_LENGTH, readIpv6 } from "../wire/ipv6.ts";

/** No multicast packet of this scope, or of the reserved 0, comes from another node (RFC 4291, section 2.7). */
const INTERFACE_LOCAL = 1;

/**
 * ACCEPT if the header is sound, and then the frame knows it and ends where the packet does; else why it is dropped.
 * @ipvs #Y director "IPv6: version, length and impossible addresses are verified, padding is removed and never sent on"
 */
export function checkIpv6(frame: Frame, addresses: AddressTable): Verdict {
  if (frame.packetType === TO_OTHER) return DROP.notForUs;
  const { view, network } = frame;
  const present = frame.end - network;
  if (present < IPV6_HEADER) return DROP.ipv6Truncated;
  if (view.getUint8(network) >> 4 !== 6) return DROP.ipv6Malformed;
  const length = view.getUint16(network + IPV6_PAYLOAD_LENGTH);
  // A length of 0 with a hop-by-hop header may announce a jumbogram (RFC 2675).
  if (length !== 0 || view.getUint8(network + IPV6_NEXT_HEADER) !== HOP_BY_HOP) {
    if (length > present - IPV6_HEADER) return DROP.ipv6Truncated;
    frame.end = network + IPV6_HEADER + length;
  }
  readIpv6(frame, addresses);
  return hasPossibleAddresses(frame, addresses) ? ACCEPT : DROP.ipv6Malformed;
}

const hasPossibleAddresses = ({ source, destination }: Frame, addresses: AddressTable): boolean =>
  !isLoopback(source, addresses) &&
  !isLoopback(destination, addresses) &&
  !isMulticast(source, addresses) &&
  !(isMulticast(destination, addresses) && multicastScope(destination, addresses) <= INTERFACE_LOCAL);
