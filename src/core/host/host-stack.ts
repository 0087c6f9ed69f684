/**
 * What is left to the director itself: it answers pings, and turns away what nobody listens to.
 * Mirrors net/ipv4/ip_input.c (ip_protocol_deliver_rcu), tcp_ipv4.c (tcp_v4_send_reset), udp.c and icmp.c.
 */

import { ACCEPT, DELIVERED, DROP, type Verdict } from "../trace/verdict.ts";
import type { AddressHandle } from "../wire/address-table.ts";
import { fold, pseudoHeaderSum, sum } from "../wire/checksum.ts";
import { ETHERNET_HEADER } from "../wire/ethernet.ts";
import { Frame } from "../wire/frame.ts";
import {
  DESTINATION_UNREACHABLE,
  ECHO_REQUEST,
  ICMP_HEADER,
  ICMP_TYPE,
  PORT_UNREACHABLE,
  PROTOCOL_UNREACHABLE,
  TIMESTAMP_REQUEST,
} from "../wire/icmp.ts";
import {
  DONT_FRAGMENT,
  IPV4_HEADER,
  IPV4_TOS,
  PROTOCOL_ICMP,
  PROTOCOL_IGMP,
  PROTOCOL_IPIP,
  PROTOCOL_IPV6,
  PROTOCOL_PIM,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from "../wire/ipv4.ts";
import { IPV6_HEADER } from "../wire/ipv6.ts";
import { transportSum } from "../wire/network.ts";
import { TCP_CHECKSUM, TCP_HEADER } from "../wire/tcp.ts";
import { UDP_CHECKSUM, UDP_HEADER, UDP_LENGTH } from "../wire/udp.ts";
import { PROTOCOL_VRRP } from "../wire/vrrp.ts";
import type { Director } from "./director.ts";
import { ORIGINATED, sendEchoReply, sendTimestampReply } from "./own/icmp-send.ts";
import { echoOptions, writeAnswerHeader } from "./own/ip-options-echo.ts";
import { earnsReset, NO_ECN, writeReset } from "./own/tcp-reset.ts";
import { hearFragmentationNeeded } from "./own/too-big.ts";
import { earnsUnreachable, PROTOCOL_UDPLITE } from "./own/udp-lite.ts";
import { PROTOCOL_AH } from "./vrrp/authentication.ts";

/** Programs on the host, and what listens for them. A director has none; simulated hosts do. */
export interface Sockets {
  /** Whether one of them takes the packet, which is borrowed. */
  deliver(frame: Frame): boolean;
}

/** 224.0.0.0/4. */
export const isIpv4Group = (address: AddressHandle): boolean => address >>> 28 === 14;

/** DELIVERED if the host said something, else why it kept silent. */
export function deliverToHost(director: Director, frame: Frame): Verdict {
  if (director.sockets?.deliver(frame) === true) return DELIVERED;
  const { protocol, transport } = frame;
  if (director.routes.isBroadcast(frame.destination)) return DROP.hostSilent;
  if (isIpv4Group(frame.destination)) {
    if (protocol === PROTOCOL_IGMP) return director.membership.reports.hearIgmp(frame);
    if (protocol === PROTOCOL_VRRP || protocol === PROTOCOL_AH) return director.vrrp.deliver(frame);
    return protocol === PROTOCOL_UDP ? director.syncSockets.deliver(frame) : DROP.hostSilent;
  }
  if ((protocol === PROTOCOL_VRRP || protocol === PROTOCOL_AH) && director.vrrp.hearsPeers)
    return director.vrrp.deliver(frame);
  switch (protocol) {
    case PROTOCOL_ICMP:
      return answerIcmp(director, frame, transport);
    case PROTOCOL_TCP:
      return refuseTcp(director, frame);
    case PROTOCOL_UDP:
      return refuseUdp(director, frame, transport);
    case PROTOCOL_UDPLITE:
      return refuseUdpLite(director, frame);
    case PROTOCOL_IGMP:
      return director.membership.reports.hearIgmp(frame);
    case PROTOCOL_PIM:
      return DROP.hostSilent;
    // A module for tunnels listens to both, and knows no tunnel for them (net/ipv4/tunnel4.c).
    case PROTOCOL_IPIP:
    case PROTOCOL_IPV6:
      if (frame.end - transport < (protocol === PROTOCOL_IPIP ? IPV4_HEADER : IPV6_HEADER)) return DROP.hostTruncated;
      director.ip.sendError(frame, DESTINATION_UNREACHABLE, PORT_UNREACHABLE, 0);
      return DELIVERED;
    default:
      director.ip.sendError(frame, DESTINATION_UNREACHABLE, PROTOCOL_UNREACHABLE, 0);
      return DELIVERED;
  }
}

/** @ipvs #Y director "Pings of any of the director's addresses are answered by the director, never balanced" */
function answerIcmp(director: Director, frame: Frame, message: number): Verdict {
  const { view } = frame;
  if (frame.end - message < ICMP_HEADER) return DROP.hostTruncated;
  if (sum(view, message, frame.end - message) !== 0xffff) return DROP.hostChecksum;
  const type = view.getUint8(message + ICMP_TYPE);
  if (type === ECHO_REQUEST && director.sysctl.value("net.ipv4.icmp_echo_ignore_all") === 0) {
    sendEchoReply(director, frame);
    return DELIVERED;
  }
  if (type === TIMESTAMP_REQUEST && frame.end - message >= ICMP_HEADER + ORIGINATED) {
    sendTimestampReply(director, frame);
    return DELIVERED;
  }
  hearFragmentationNeeded(director, frame);
  return DROP.hostSilent;
}

/**
 * A segment for a closed port is reset, if its checksum is right and it is no reset itself (tcp_v4_send_reset).
 * @ipvs #Y director "Closed TCP ports answer with a reset: id 0, DF, TTL 64, ECN bits cleared"
 */
function refuseTcp(director: Director, frame: Frame): Verdict {
  const { view, network } = frame;
  const unearned = earnsReset(frame);
  if (unearned !== ACCEPT) return unearned;
  const echoed = echoOptions(director, frame);
  if (echoed === undefined) return DROP.hostSilent;
  const header = IPV4_HEADER + echoed.bytes.length;
  const reset = Frame.allocate(ETHERNET_HEADER + header + TCP_HEADER);
  const at = reset.network + header;
  writeReset(reset.view, at, frame);
  const { source: destination, destination: source } = frame;
  const pseudo = pseudoHeaderSum(source, destination, PROTOCOL_TCP, TCP_HEADER);
  reset.view.setUint16(at + TCP_CHECKSUM, ~fold(sum(reset.view, at, TCP_HEADER) + pseudo) & 0xffff);
  writeAnswerHeader(director, reset, echoed, {
    tos: view.getUint8(network + IPV4_TOS) & NO_ECN,
    length: header + TCP_HEADER,
    identification: 0,
    fragment: DONT_FRAGMENT,
    ttl: director.sysctl.defaultTtl,
    protocol: PROTOCOL_TCP,
    source,
    destination,
  });
  director.trace?.add({ kind: "host", what: "reset" });
  director.ip.originate(reset);
  return DELIVERED;
}

/** A datagram for a closed port earns "port unreachable", if its checksum is right (udp.c: __udp4_lib_rcv). */
function refuseUdp(director: Director, frame: Frame, datagram: number): Verdict {
  const { view } = frame;
  const present = frame.end - datagram;
  const length = present < UDP_HEADER ? 0 : view.getUint16(datagram + UDP_LENGTH);
  if (length < UDP_HEADER || length > present) return DROP.hostTruncated;
  frame.end = datagram + length;
  const made = frame.checksumStart !== 0 || frame.checksumTrusted;
  const unchecked = made || view.getUint16(datagram + UDP_CHECKSUM) === 0;
  if (!unchecked && transportSum(frame) !== 0xffff) return DROP.hostChecksum;
  director.ip.sendError(frame, DESTINATION_UNREACHABLE, PORT_UNREACHABLE, 0);
  return DELIVERED;
}

function refuseUdpLite(director: Director, frame: Frame): Verdict {
  const unearned = earnsUnreachable(frame);
  if (unearned !== ACCEPT) return unearned;
  director.ip.sendError(frame, DESTINATION_UNREACHABLE, PORT_UNREACHABLE, 0);
  return DELIVERED;
}
