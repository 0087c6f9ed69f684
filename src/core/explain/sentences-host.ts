/** What the host around IPVS does to a packet, in sentences: neighbors, fragments, routes, what fits, what changes. */
import type { WalkEvent } from "../trace/events.ts";
import { type Address, AF_INET, formatAddress } from "../wire/address.ts";
import { ARP_REQUEST } from "../wire/arp.ts";
import { icmpName } from "../wire/icmp.ts";
import { icmpv6Name } from "../wire/icmpv6.ts";
import { amount } from "./words.ts";

/** What errors and pings of an address's family are called. */
export const icmpOf = ({ family }: Address): string => (family === AF_INET ? "ICMP" : "ICMPv6");

/** What people call the message. */
export const icmpAbout = ({ to, type, code }: WalkEvent<"icmp">): string =>
  to.family === AF_INET ? icmpName(type, code) : icmpv6Name(type, code);

export function arpSentence({ operation, sender, target, mac }: WalkEvent<"arp">): string {
  return operation === ARP_REQUEST
    ? `The director asks by ARP who has ${formatAddress(target)}, the answer to go to ${formatAddress(sender)}.`
    : `The director answers ${formatAddress(target)} by ARP: ${formatAddress(sender)} is at ${mac}.`;
}

export function discoverySentence({ what, target, other, mac }: WalkEvent<"discovery">): string {
  return what === "solicits"
    ? `The director asks by neighbor discovery who has ${formatAddress(target)}, the answer to go to ${formatAddress(other)}.`
    : `The director tells ${formatAddress(other)} by neighbor discovery: ${formatAddress(target)} is at ${mac}.`;
}

export function neighborSentence({ what, address, mac, state }: WalkEvent<"neighbor">): string {
  const who = formatAddress(address);
  const by = address.family === AF_INET ? "ARP" : "neighbor discovery";
  if (what === "awaited") return `At which MAC address ${who} is, nobody has said yet: the packet waits for ${by}.`;
  if (what === "learnt")
    return `${by === "ARP" ? by : "Neighbor discovery"} says that the neighbor ${who} is at ${mac} (${state} from now on).`;
  if (what === "refused") return `The director does not take this: for it, ${who} stays at ${mac} (${state}).`;
  return `The next hop ${who} is at ${mac} (${state}).`;
}

export function heldSentence({ identification, offset, have }: WalkEvent<"held">): string {
  const id = identification.toString(16).padStart(4, "0");
  return `A fragment, from byte ${offset} of the datagram with id 0x${id}: kept until the rest is here; ${amount(have, "byte")} are here now.`;
}

export function routedSentence({ destination, to, dev, via }: WalkEvent<"routed">): string {
  const who = formatAddress(destination);
  if (to === "local") return `The route: ${who} is an address of the director itself.`;
  if (to === "none") return `The route: there is none to ${who}.`;
  return `The route: ${who} is reached by ${dev}${via === undefined ? ", directly" : `, through the gateway ${formatAddress(via)}`}.`;
}

export function mtuSentence({ family, length, mtu, dontFragment, fits }: WalkEvent<"mtu">): string {
  if (length <= mtu) return `Its ${amount(length, "byte")} fit into the ${mtu} that may be sent.`;
  const size = `Its ${amount(length, "byte")} are more than the ${mtu} that may be sent`;
  if (!fits) return family === AF_INET ? `${size}, and DF forbids to cut it.` : `${size}, and routers do not cut IPv6.`;
  return dontFragment ? `${size}, but it is let through in spite of DF.` : `${size}: it may be cut.`;
}

export function rewrittenSentence({ what, before, after }: WalkEvent<"rewritten">): string {
  if (before === "" && after === "") return `A new ${what}: no room, forwarded without.`;
  if (before === "") return `A new ${what}: ${after}.`;
  return after === "" ? `The ${what} ${before} is taken off.` : `The ${what} ${before} becomes ${after}.`;
}
