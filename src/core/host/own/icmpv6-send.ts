/** ICMPv6 messages that the director itself originates. Mirrors net/ipv6/icmp.c: icmp6_send, icmpv6_echo_reply. */
import { isLinkLocal, isMulticast, isUnspecified } from "../../wire/address-scope.ts";
import type { AddressHandle } from "../../wire/address-table.ts";
import { type Frame, type InterfaceIndex, TO_HOST } from "../../wire/frame.ts";
import {
  ICMPV6_ECHO_REPLY,
  ICMPV6_HEADER,
  ICMPV6_PARAMETER_PROBLEM,
  isIcmpv6Error,
  PACKET_TOO_BIG,
  UNKNOWN_OPTION,
} from "../../wire/icmpv6.ts";
import { IPV6_HEADER, LEAST_IPV6_MTU, PROTOCOL_ICMPV6, QuotedIpv6, trafficClass } from "../../wire/ipv6.ts";
import { finishIcmpv6 } from "../../wire/network.ts";
import type { Director } from "../director.ts";
import { type Ipv6Packet, packetOf } from "../ipv6-packet.ts";

const REST = 4;

/**
 * Sends an error about the packet as it now stands in the frame, unless it may not: about errors, to nobody and to groups,
 * about what was sent to many, and above the rate limit. `rest` is the second word of the message.
 * @ipvs #Y icmp "ICMPv6 errors come from the address the packet was sent to if that is the director's, else from one of the interface it came in by; they quote as much as fits 1280 bytes"
 */
export function sendIcmpv6Error(
  director: Director,
  frame: Frame,
  type: number,
  code: number,
  rest: number,
  isLimited = true,
): void {
  const { network, ifindex, source: offender } = frame;
  const { addresses, routes, trace } = director;
  if (!isFitToTell(director, frame, type, code, rest) || isAboutError(director, frame)) return;
  const scope = isLinkLocal(offender, addresses) ? ifindex : NO_SCOPE;
  const route = routes.lookup(offender, scope);
  if (route === undefined || routes.isAnycast(offender)) return;
  if (isLimited && !route.local && !mayTell(director, offender, type, scope)) return;
  const quoted = Math.min(frame.end - network, LEAST_IPV6_MTU - IPV6_HEADER - ICMPV6_HEADER);
  const message = new Uint8Array(ICMPV6_HEADER + quoted);
  const view = new DataView(message.buffer);
  message[0] = type;
  message[1] = code;
  view.setUint32(REST, rest);
  message.set(frame.bytes.subarray(network, network + quoted), ICMPV6_HEADER);
  trace?.add({ kind: "icmp", type, code, to: director.path.shown.address(offender) });
  const source = errorSource(director, frame, route.ifindex);
  send(director, { source, destination: offender, trafficClass: 0, payload: message, ifindex: route.ifindex }, scope);
}

const NO_SCOPE = -1;

/**
 * Not about what was sent to many, but that it is too big, or has an option that is to be told of in any case; and not to
 * somebody who is nobody or many.
 */
function isFitToTell(director: Director, frame: Frame, type: number, code: number, rest: number): boolean {
  const { addresses } = director;
  const { source, destination } = frame;
  if (isUnspecified(source, addresses) || isMulticast(source, addresses)) return false;
  if (!isMulticast(destination, addresses) && frame.packetType === TO_HOST) return true;
  if (type === PACKET_TOO_BIG) return true;
  return (
    type === ICMPV6_PARAMETER_PROBLEM && code === UNKNOWN_OPTION && frame.view.getUint8(frame.network + rest) >> 6 === 2
  );
}

/** Whether somebody may hear of an error now: net.ipv6.icmp.ratelimit, but for those that are never held back (icmpv6_xrlim_allow). */
function mayTell(
  { now, peers, routes, sysctl }: Director,
  address: AddressHandle,
  type: number,
  scope: InterfaceIndex,
): boolean {
  if (type === PACKET_TOO_BIG || !isIcmpv6Error(type)) return true;
  const limit = sysctl.value("net.ipv6.icmp.ratelimit");
  // Wider networks may hear more.
  const width = (128 - routes.prefixTo(address, scope)) >> 5;
  return peers.mayError(address, now, limit, width);
}

/** The address it was sent to, if that is the host's; a link-local one must be of the interface (ipv6_chk_addr). */
function errorSource(director: Director, frame: Frame, ifindex: InterfaceIndex): AddressHandle {
  const { addresses, routes } = director;
  const { destination: aimedAt } = frame;
  const here = isLinkLocal(aimedAt, addresses) ? routes.isOnPort(frame.ifindex, aimedAt) : routes.isOwn(aimedAt);
  return here || routes.isAnycast(aimedAt)
    ? aimedAt
    : routes.sourceFor(frame.ifindex < 0 ? ifindex : frame.ifindex, frame.source);
}

/**
 * No errors about errors, whatever headers stand before them, authentication too (is_ineligible); a later fragment may hold one, and
 * nobody can tell.
 */
function isAboutError({ addresses }: Director, frame: Frame): boolean {
  const chain = new QuotedIpv6();
  if (!chain.read(frame, frame.network, addresses)) return false;
  if (chain.protocol !== PROTOCOL_ICMPV6 || chain.fragmentOffset !== 0) return false;
  return chain.transport >= frame.end ? !chain.moreFragments : isIcmpv6Error(frame.view.getUint8(chain.transport));
}

/**
 * Answers an echo request: same data and traffic class, from the address that was pinged; for a group, from the
 * interface's own.
 * @ipvs #Y director "IPv6 pings of any of the director's addresses, and of groups it belongs to, are answered by the director"
 */
export function sendIcmpv6EchoReply(director: Director, frame: Frame): void {
  const { addresses, routes } = director;
  const { view, network, ifindex, source: client, destination } = frame;
  const toMany = isMulticast(destination, addresses) || routes.isAnycast(destination);
  const route = routes.lookup(client, ifindex);
  if (route === undefined || (toMany && !route.local && route.ifindex !== ifindex)) return;
  const source = toMany ? routes.sourceFor(ifindex, client) : destination;
  const message = frame.bytes.slice(frame.transport, frame.end);
  message[0] = ICMPV6_ECHO_REPLY;
  director.trace?.add({ kind: "icmp", type: ICMPV6_ECHO_REPLY, code: 0, to: director.path.shown.address(client) });
  const fields = { source, destination: client, trafficClass: trafficClass(view, network), payload: message };
  send(director, { ...fields, ifindex: route.ifindex }, ifindex);
}

function send(director: Director, fields: Omit<Ipv6Packet, "nextHeader">, scope: number): void {
  const frame = packetOf(director, { ...fields, nextHeader: PROTOCOL_ICMPV6 });
  finishIcmpv6(frame);
  // What is longer than the way allows leaves in fragments (ip6_sk_ignore_df).
  frame.ignoreDontFragment = true;
  director.ip.originate(frame, scope);
}
