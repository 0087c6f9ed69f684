/** Least connection: the smallest overhead, whatever the weights. Mirrors net/netfilter/ipvs/ip_vs_lc.c. */
import type { Destination } from "../destination.ts";
import { connectionOverhead } from "../destination.ts";
import type { Service } from "../service.ts";
import { refusal } from "./describe.ts";
import type { SchedulerFactory } from "./scheduler.ts";
import { usable } from "./scheduler.ts";

/** Compared unsigned, unlike everywhere else. */
const overheadOf = (destination: Destination): number => connectionOverhead(destination) >>> 0;

function leastConnected(service: Service): Destination | undefined {
  let least: Destination | undefined;
  for (const destination of service.destinations) {
    if (!usable(destination)) continue;
    if (least === undefined || overheadOf(destination) < overheadOf(least)) least = destination;
  }
  return least;
}

/** @ipvs #Y schedulers "lc: fewest connections (256 x active + inactive), the newest of equals" */
export const lc: SchedulerFactory = (service) => ({
  name: "lc",
  schedule: () => leastConnected(service),
  describeDestination: (destination) => refusal(destination) ?? `overhead ${overheadOf(destination)}`,
});
