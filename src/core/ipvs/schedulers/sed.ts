/** Shortest expected delay: active connections, the new one included, per weight. Mirrors ip_vs_sed.c. */
import type { Destination } from "../destination.ts";
import { describeExpectedDelay, refusal } from "./describe.ts";
import { leastLoadScheduler } from "./least-load.ts";
import { ownWeight } from "./load-order.ts";

/** How many connections would be active with the new one. Inactive ones do not count, so UDP never does. */
export const activeWithNew = (destination: Destination): number => destination.activeConnections + 1;

/** @ipvs #Y schedulers "sed: smallest (active + 1) / weight, the newest of equals" */
export const sed = leastLoadScheduler("sed", {
  load: activeWithNew,
  weight: ownWeight,
  describe: (destination) => refusal(destination) ?? describeExpectedDelay(destination),
});
