/** Weighted least connection, the default: the smallest overhead per weight. Mirrors net/netfilter/ipvs/ip_vs_wlc.c. */
import { connectionOverhead } from "../destination.ts";
import { describeOverhead, refusal } from "./describe.ts";
import { leastLoadScheduler } from "./least-load.ts";
import { ownWeight } from "./load-order.ts";

/** @ipvs #Y schedulers "wlc: smallest (256 x active + inactive) / weight, the newest of equals" */
export const wlc = leastLoadScheduler("wlc", {
  load: connectionOverhead,
  weight: ownWeight,
  describe: (destination) => refusal(destination) ?? describeOverhead(destination),
});
