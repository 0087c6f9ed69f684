/** Whether a frame is what the fast path is for: a whole TCP or UDP packet for this port, with nothing unusual about it. */
import type { AddressTable } from "../wire/address-table.ts";
import { ETHERNET_TYPE, ETHERTYPE_IPV4 } from "../wire/ethernet.ts";
import type { Frame } from "../wire/frame.ts";
import {
  FRAGMENT_OFFSET,
  IPV4_FRAGMENT,
  IPV4_HEADER,
  IPV4_LENGTH,
  IPV4_PROTOCOL,
  IPV4_TTL,
  MORE_FRAGMENTS,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  plainHeaderSum,
  readIpv4,
} from "../wire/ipv4.ts";
import { TCP_HEADER } from "../wire/tcp.ts";
import { UDP_HEADER } from "../wire/udp.ts";
import type { Interface } from "./interfaces.ts";

/** Version 4, five words. */
const WITHOUT_OPTIONS = 0x45;

/**
 * If it is, the frame knows its header and ends where the packet does, as after `walk`'s first look and `checkIpv4`; its bytes
 * are as they were.
 */
export function isPlain(frame: Frame, device: Interface, addresses: AddressTable): boolean {
  const { view, start, end, network } = frame;
  if (end - network < IPV4_HEADER + UDP_HEADER || frame.segmentSize !== 0 || frame.largestFragment !== 0) return false;
  if (view.getInt32(start + 2) !== device.macLow || view.getUint16(start) !== device.macHigh) return false;
  if (view.getUint16(start + ETHERNET_TYPE) !== ETHERTYPE_IPV4) return false;
  const length = view.getUint16(network + IPV4_LENGTH);
  const fragment = view.getUint16(network + IPV4_FRAGMENT) & (MORE_FRAGMENTS | FRAGMENT_OFFSET);
  if (view.getUint8(network) !== WITHOUT_OPTIONS || length > end - network || fragment !== 0) return false;
  const leastHeader = headerOf(view.getUint8(network + IPV4_PROTOCOL));
  if (leastHeader === 0 || length < IPV4_HEADER + leastHeader) return false;
  if (view.getUint8(network + IPV4_TTL) <= 1 || plainHeaderSum(view, network) !== 0xffff) return false;
  frame.end = network + length;
  readIpv4(frame, addresses);
  return true;
}

/** Bytes of the transport header; 0 of one that the fast path does not know. */
function headerOf(protocol: number): number {
  if (protocol === PROTOCOL_TCP) return TCP_HEADER;
  return protocol === PROTOCOL_UDP ? UDP_HEADER : 0;
}
