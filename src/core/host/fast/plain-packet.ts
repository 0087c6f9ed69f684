/** Whether a frame is what the fast path is for: a whole TCP or UDP packet for this port, with nothing unusual about it, that ends nothing. */
import type { AddressHandle, AddressTable } from "../../wire/address-table.ts";
import { ETHERNET_HEADER, ETHERNET_TYPE, ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from "../../wire/ethernet.ts";
import { type Frame, SEGMENT_NONE } from "../../wire/frame.ts";
import { IPV4_HEADER, PROTOCOL_TCP, PROTOCOL_UDP, readPlainIpv4 } from "../../wire/ipv4.ts";
import { IPV6_HEADER, readPlainIpv6 } from "../../wire/ipv6.ts";
import { ACK, FIN, RST, SYN, TCP_HEADER, tcpFlags } from "../../wire/tcp.ts";
import { UDP_HEADER } from "../../wire/udp.ts";
import type { Interface } from "../interfaces.ts";

const LEAST = ETHERNET_HEADER + IPV4_HEADER + UDP_HEADER;

/** No verdict: the packet is the walk's, and nothing of it was written. */
export const NOT_TAKEN = -3;

/** The flags that a connection's state may depend on: an established one stays so with ACK alone, a new one begins with SYN alone. */
const FLAGS_THAT_COUNT = ACK | FIN | RST | SYN;

/**
 * If it is, the frame knows its header and ends where the packet does, as after `walk`'s first look and `checkIpv4` or `checkIpv6`; its bytes
 * are as they were. `likely`: where it most likely goes.
 */
export function isPlain(frame: Frame, device: Interface, addresses: AddressTable, likely: AddressHandle): boolean {
  const { view, start, end } = frame;
  if (end - start < LEAST || (frame.segmentType | frame.segmentSize) !== SEGMENT_NONE || frame.largestFragment !== 0)
    return false;
  if (view.getInt32(start + 2) !== device.macLow || view.getUint16(start) !== device.macHigh) return false;
  const type = view.getUint16(start + ETHERNET_TYPE);
  const read =
    type === ETHERTYPE_IPV4 ? readPlainIpv4(frame) : type === ETHERTYPE_IPV6 && readIpv6(frame, addresses, likely);
  if (!read) return false;
  const { protocol } = frame;
  const header = frame.end - frame.transport;
  if (protocol === PROTOCOL_TCP) return header >= TCP_HEADER && hasOneOf(tcpFlags(frame) & FLAGS_THAT_COUNT);
  return protocol === PROTOCOL_UDP && header >= UDP_HEADER;
}

const hasOneOf = (flags: number): boolean => flags === ACK || flags === SYN;

/** Of a plain TCP packet: whether it is a SYN. */
export const opens = (frame: Frame): boolean => (tcpFlags(frame) & SYN) !== 0;

const readIpv6 = (frame: Frame, addresses: AddressTable, likely: AddressHandle): boolean =>
  frame.length >= ETHERNET_HEADER + IPV6_HEADER && readPlainIpv6(frame, addresses, likely);
