/** The router's group of next hops, one for each director, as `ip nexthop` has it. */

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

/** Words of `ip`, one command each, that make the next hops, their group and the route by it. */
export const nextHopCommands = (
  to: string,
  via: readonly string[],
  { dev, resilient }: { readonly dev: string; readonly resilient: boolean },
): string[][] => [
  ...via.map((address, index) => ["nexthop", "add", "id", `${index + 1}`, "via", address, "dev", dev]),
  groupWords(
    "add",
    via.map((_, index) => index + 1),
    resilient,
  ),
  ["route", "add", to, "nhid", `${GROUP}`],
];
