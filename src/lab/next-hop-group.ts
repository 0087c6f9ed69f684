/** The router's group of next hops, one for each director, as `ip nexthop` has it. */

import type { NextHop } from "./plan.ts";

/** Numbers of next hops begin at 1. */
const GROUP = 100;
/** Of a resilient group. A director that is back gets buckets that were idle for so long, in seconds. */
const BUCKETS = 128;
const IDLE = 120;

/** Words of `ip` that make the group, or change its members. */
export const groupWords = (verb: "add" | "replace", members: readonly number[], resilient: boolean): string[] => [
  ...["nexthop", verb, "id", `${GROUP}`, "group", members.join("/")],
  ...(resilient ? ["type", "resilient", "buckets", `${BUCKETS}`, "idle_timer", `${IDLE}`] : []),
];

/**
 * Words of `ip`, one command each, that make the next hops, their group and the route by it. The router has the MAC addresses from the
 * beginning: while it asks for one by ARP, Linux gives what belongs to this next hop to another (net/ipv4/nexthop.c:
 * nexthop_is_good_nh), and a connection that begins then has its SYN at one director and its ACK at another.
 */
export const nextHopCommands = (
  to: string,
  via: readonly NextHop[],
  { dev, resilient }: { readonly dev: string; readonly resilient: boolean },
): string[][] => [
  ...via.flatMap(({ address, mac }, index) => [
    ["neigh", "add", address, "lladdr", mac, "dev", dev, "nud", "permanent"],
    ["nexthop", "add", "id", `${index + 1}`, "via", address, "dev", dev],
  ]),
  groupWords(
    "add",
    via.map((_, index) => index + 1),
    resilient,
  ),
  ["route", "add", to, "nhid", `${GROUP}`],
];
