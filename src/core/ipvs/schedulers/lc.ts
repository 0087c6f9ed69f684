/** Least connection: the smallest overhead, whatever the weights. Mirrors net/netfilter/ipvs/ip_vs_lc.c. */
import type { Destination } from "../destination.ts";
import { connectionOverhead } from "../destination.ts";
import { refusal } from "./describe.ts";
import { leastLoadScheduler } from "./least-load.ts";

/** Compared unsigned, unlike everywhere else. */
const overheadOf = (destination: Destination): number => connectionOverhead(destination) >>> 0;

/** @ipvs #Y schedulers "lc: fewest connections (256 x active + inactive), the newest of equals" */
export const lc = leastLoadScheduler("lc", {
  load: overheadOf,
  weight: () => 1,
  describe: (destination) => refusal(destination) ?? `overhead ${overheadOf(destination)}`,
});
