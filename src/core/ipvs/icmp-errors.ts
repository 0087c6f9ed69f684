/**
 * What IPVS tells the sender of a packet that goes no further, by ICMP or ICMPv6: whichever is of the packet's family.
 * The packet is quoted as it now stands.
 */
import { AF_INET } from "../wire/address.ts";
import type { Frame } from "../wire/frame.ts";
import {
  DESTINATION_UNREACHABLE,
  FRAGMENTATION_NEEDED,
  HOST_UNREACHABLE,
  PORT_UNREACHABLE,
  TIME_EXCEEDED,
  TTL_EXCEEDED,
} from "../wire/icmp.ts";
import {
  ADDRESS_UNREACHABLE,
  HOP_LIMIT_EXCEEDED,
  ICMPV6_PORT_UNREACHABLE,
  ICMPV6_TIME_EXCEEDED,
  ICMPV6_UNREACHABLE,
  PACKET_TOO_BIG,
} from "../wire/icmpv6.ts";
import type { DataPath } from "./data-path.ts";

/** Nobody takes the packet (ip_vs_core.c: ip_vs_leave). */
export function tellPortUnreachable({ host }: DataPath, frame: Frame): void {
  if (frame.family === AF_INET) host.sendError(frame, DESTINATION_UNREACHABLE, PORT_UNREACHABLE, 0);
  else host.sendError(frame, ICMPV6_UNREACHABLE, ICMPV6_PORT_UNREACHABLE, 0);
}

/** There is no way to the real server (dst_link_failure). */
export function tellHostUnreachable({ host }: DataPath, frame: Frame): void {
  if (frame.family === AF_INET) host.sendError(frame, DESTINATION_UNREACHABLE, HOST_UNREACHABLE, 0);
  else host.sendError(frame, ICMPV6_UNREACHABLE, ADDRESS_UNREACHABLE, 0);
}

/**
 * TTL or hop limit do not reach (ip_vs_xmit.c: decrement_ttl). In IPv6 the error is sent as if the packet had come by the
 * interface of its own route, which is lo: such errors are not limited (net/ipv6/icmp.c: icmp6_send).
 * @ipvs #Y icmp "IPv6: hop limit exceeded is told by IPVS whatever net.ipv6.icmp.ratelimit says, and counts for no limit"
 */
export function tellHopLimitExceeded({ host }: DataPath, frame: Frame): void {
  if (frame.family === AF_INET) host.sendError(frame, TIME_EXCEEDED, TTL_EXCEEDED, 0);
  else host.sendUnlimitedError(frame, ICMPV6_TIME_EXCEEDED, HOP_LIMIT_EXCEEDED, 0);
}

/** So much would go (ip_vs_xmit.c: ensure_mtu_is_adequate). */
export function tellTooBig({ host }: DataPath, frame: Frame, mtu: number): void {
  if (frame.family === AF_INET) host.sendError(frame, DESTINATION_UNREACHABLE, FRAGMENTATION_NEEDED, mtu);
  else host.sendError(frame, PACKET_TOO_BIG, 0, mtu);
}
