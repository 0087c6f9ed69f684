/** Weighted least connection, the default: the smallest overhead per weight. Mirrors net/netfilter/ipvs/ip_vs_wlc.c. */
import { connectionOverhead } from "../destination.ts";
import { describeOverhead, refusal } from "./describe.ts";
import { leastLoaded } from "./load.ts";
import type { SchedulerFactory } from "./scheduler.ts";

/** @ipvs #Y schedulers "wlc: smallest (256 x active + inactive) / weight, the newest of equals" */
export const wlc: SchedulerFactory = (service) => ({
  name: "wlc",
  schedule: () => leastLoaded(service.destinations, connectionOverhead),
  describeDestination: (destination) => refusal(destination) ?? describeOverhead(destination),
});
