/** An IPv4 packet from the wire: is it whole? Mirrors net/ipv4/ip_input.c: ip_rcv_core. */
import { ACCEPT, DROP, type Verdict } from "../trace/verdict.ts";
import type { AddressTable } from "../wire/address-table.ts";
import { sum } from "../wire/checksum.ts";
import { type Frame, TO_OTHER } from "../wire/frame.ts";
import { headerLength, IPV4_HEADER, IPV4_LENGTH, readIpv4 } from "../wire/ipv4.ts";

/**
 * ACCEPT if the header is sound, and then the frame knows it and ends where the packet does; else why it is dropped
 * (ip_rcv_core).
 * @ipvs #Y director "Length, version and header checksum are verified, padding is removed and never sent on"
 */
export function checkIpv4(frame: Frame, addresses: AddressTable): Verdict {
  if (frame.packetType === TO_OTHER) return DROP.notForUs;
  const { view, network } = frame;
  const present = frame.end - network;
  if (present < IPV4_HEADER) return DROP.ipv4Truncated;
  const versionAndLength = view.getUint8(network);
  if (versionAndLength >> 4 !== 4 || (versionAndLength & 0x0f) < 5) return DROP.ipv4Malformed;
  const header = headerLength(view, network);
  if (present < header) return DROP.ipv4Truncated;
  if (sum(view, network, header) !== 0xffff) return DROP.ipv4BadChecksum;
  const length = view.getUint16(network + IPV4_LENGTH);
  if (length > present) return DROP.ipv4Truncated;
  if (length < header) return DROP.ipv4Malformed;
  frame.end = network + length;
  readIpv4(frame, addresses);
  return ACCEPT;
}
