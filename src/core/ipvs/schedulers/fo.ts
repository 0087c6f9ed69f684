/** Weighted failover: all to the heaviest usable destination. Mirrors net/netfilter/ipvs/ip_vs_fo.c. */
import type { Destination } from "../destination.ts";
import { refusal } from "./describe.ts";
import type { SchedulerFactory } from "./scheduler.ts";
import { heaviest } from "./weights.ts";

const belowThreshold = (destination: Destination): boolean => !destination.overloaded;

/** @ipvs #Y schedulers "fo: the greatest weight, the newest of equals" */
export const fo: SchedulerFactory = (service) => ({
  name: "fo",
  schedule: () => heaviest(service.destinations, belowThreshold),
  describeDestination: (destination) => refusal(destination) ?? `weight ${destination.weight}`,
});
