/** What the host around IPVS does to a packet, in sentences: neighbors, fragments, routes, what fits, what changes. */

import { amount } from "../../amount.ts";
import type { WalkEvent } from "../../trace/events.ts";
import { type Address, AF_INET, formatAddress } from "../../wire/address.ts";
import { ARP_REQUEST } from "../../wire/arp.ts";
import { icmpName } from "../../wire/icmp.ts";
import { icmpv6Name } from "../../wire/icmpv6.ts";

/** What errors and pings of an address's family are called. */
export const icmpOf = ({ family }: Address): string => (family === AF_INET ? "ICMP" : "ICMPv6");

/** What people call the message. */
export const icmpAbout = ({ to, type, code }: WalkEvent<"icmp">): string =>
  to.family === AF_INET ? icmpName(type, code) : icmpv6Name(type, code);

export function arpSentence({ operation, sender, target, mac }: WalkEvent<"arp">): string {
  return operation === ARP_REQUEST
    ? `The director sends an ARP request: who has ${formatAddress(target)}? Tell ${formatAddress(sender)}.`
    : `The director replies to ${formatAddress(target)} by ARP: ${formatAddress(sender)} is at ${mac}.`;
}

export function discoverySentence({ what, target, other, mac }: WalkEvent<"discovery">): string {
  return what === "solicits"
    ? `The director sends a neighbor solicitation: who has ${formatAddress(target)}? Tell ${formatAddress(other)}.`
    : `The director sends ${formatAddress(other)} a neighbor advertisement: ${formatAddress(target)} is at ${mac}.`;
}

export function neighborSentence({ what, address, mac, state }: WalkEvent<"neighbor">): string {
  const who = formatAddress(address);
  const by = address.family === AF_INET ? "ARP" : "neighbor discovery";
  if (what === "awaited") return `The MAC address of ${who} is not known yet; the packet waits for ${by}.`;
  if (what === "learnt") return `The director learns by ${by} that ${who} is at ${mac}; the neighbor is ${state}.`;
  if (what === "refused") return `The director ignores it: its entry for ${who} stays ${mac} (${state}).`;
  return `The next hop ${who} is at ${mac} (${state}).`;
}

export function heldSentence({ identification, offset, have }: WalkEvent<"held">): string {
  const id = identification.toString(16).padStart(4, "0");
  return `A fragment of the datagram with id 0x${id}, from byte ${offset}. It waits for the other fragments; ${amount(have, "byte")} have arrived.`;
}

export function routedSentence({ destination, to, dev, via }: WalkEvent<"routed">): string {
  const who = formatAddress(destination);
  if (to === "local") return `Route: ${who} is one of the director's own addresses.`;
  if (to === "none") return `Route: there is none to ${who}.`;
  return `Route: to ${who} by ${dev}, ${via === undefined ? "directly" : `next hop ${formatAddress(via)}`}.`;
}

export function mtuSentence({ family, length, mtu, dontFragment, fits, segments }: WalkEvent<"mtu">): string {
  if (segments !== undefined)
    return `It stands for ${amount(segments.count, "segment")}, the longest of ${amount(segments.longest, "byte")}; the MTU is ${mtu}.`;
  if (length <= mtu) return `It has ${amount(length, "byte")} and fits the MTU of ${mtu}.`;
  const size = `It has ${amount(length, "byte")}, more than the MTU of ${mtu}`;
  if (!fits)
    return family === AF_INET
      ? `${size}, and DF forbids fragmenting it.`
      : `${size}, and routers do not fragment IPv6.`;
  return dontFragment ? `${size}, but it is sent although DF is set.` : `${size}: it can be fragmented.`;
}

export function rewrittenSentence({ what, before, after }: WalkEvent<"rewritten">): string {
  if (before === "" && after === "") return `There is no room for the ${what}: the packet is forwarded without it.`;
  if (before === "") return `The director adds the ${what} ${after}.`;
  return after === "" ? `The director removes the ${what} ${before}.` : `The ${what} ${before} becomes ${after}.`;
}
