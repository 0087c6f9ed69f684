/** All transport protocols that IPVS balances, by number and in the order of ipvsadm(8). */
import { PROTOCOL_ICMP } from "../../wire/ipv4.ts";
import { PROTOCOL_ICMPV6 } from "../../wire/ipv6.ts";
import { ah, esp, type FollowingProtocol } from "./ah-esp.ts";
import type { TransportProtocol } from "./protocol.ts";
import { sctp } from "./sctp.ts";
import { tcp } from "./tcp.ts";
import { udp } from "./udp.ts";

export const PROTOCOLS: readonly TransportProtocol[] = [tcp, udp, sctp];

/** Without holes: an element that is missing would cost the packet path a look at the prototypes. */
const BY_NUMBER: (TransportProtocol | undefined)[] = Array.from({ length: 256 }, () => undefined);
for (const protocol of PROTOCOLS) BY_NUMBER[protocol.number] = protocol;

/** The protocol of this number; `undefined` if IPVS lets its packets alone. */
export const protocolOf = (number: number): TransportProtocol | undefined => BY_NUMBER[number];

/** Those whose packets follow another protocol's connections. */
const FOLLOWING: readonly FollowingProtocol[] = [ah, esp];

/** The following protocol of this number, if it is one. */
export const followingProtocolOf = (number: number): FollowingProtocol | undefined =>
  FOLLOWING.find((protocol) => protocol.number === number);

/** Of protocols that are not balanced, those that have a name all the same. */
const OTHER_NAMES: Readonly<Record<number, string>> = {
  0: "IP",
  [PROTOCOL_ICMP]: "ICMP",
  [PROTOCOL_ICMPV6]: "ICMPv6",
};

/** `TCP`; `IP_89` for what is not balanced and has no name (ip_vs_proto.c: ip_vs_proto_name). */
export const protocolName = (number: number): string =>
  BY_NUMBER[number]?.name ?? OTHER_NAMES[number] ?? `IP_${number}`;

/** The state of a connection, not a template (ip_vs_proto.c: ip_vs_state_name). */
export function stateName(number: number, state: number): string {
  const names = BY_NUMBER[number]?.stateNames;
  if (names === undefined) return number === 0 ? "NONE" : "ERR!";
  return names[state] ?? "ERR!";
}
