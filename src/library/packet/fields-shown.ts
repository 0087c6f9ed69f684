/** The fields of a frame that say something about it, for `console.log`. */
import { PROTOCOL_ICMP, PROTOCOL_TCP, PROTOCOL_UDP } from "../../core/wire/ipv4.ts";
import { PROTOCOL_ICMPV6 } from "../../core/wire/ipv6.ts";
import type { Fields } from "./fields.ts";

type Name = keyof Fields;

const ICMP: readonly Name[] = ["icmpType", "icmpCode", "icmpRest", "checksum"];
const OF_PROTOCOL: Readonly<Record<number, readonly Name[]>> = {
  [PROTOCOL_TCP]: ["sourcePort", "destinationPort", "flags", "sequence", "acknowledgement", "window", "checksum"],
  [PROTOCOL_UDP]: ["sourcePort", "destinationPort", "checksum"],
  [PROTOCOL_ICMP]: ICMP,
  [PROTOCOL_ICMPV6]: ICMP,
};
/** Left out where they are 0, empty or false. */
const RARE: readonly Name[] = ["tos", "flowLabel", "id", "dontFragment", "moreFragments", "offset"];

/** By their names: those that the protocol has, the rare ones where they are set, and what is wrong. */
export function fieldsShown(fields: Fields): Partial<Record<Name, unknown>> {
  const shown: Partial<Record<Name, unknown>> = {};
  const show = (names: readonly Name[]): void => {
    for (const name of names) shown[name] = fields[name];
  };
  show(["toMac", "fromMac", "etherType"]);
  if (fields.source === "") return shown;
  show(["source", "destination", "protocol", "ttl", ...RARE.filter((name) => Boolean(fields[name]))]);
  if (fields.offset === 0) show(OF_PROTOCOL[fields.protocol] ?? []);
  if (fields.mss > 0) show(["mss"]);
  if (fields.problem !== "") show(["problem"]);
  return shown;
}
