/** Never queue: the first idle destination; when all are busy, as sed. Mirrors net/netfilter/ipvs/ip_vs_nq.c. */
import type { Destination } from "../destination.ts";
import { describeExpectedDelay, refusal } from "./describe.ts";
import { leastLoaded } from "./load.ts";
import type { SchedulerFactory } from "./scheduler.ts";
import { usable } from "./scheduler.ts";
import { activeWithNew } from "./sed.ts";

const idle = (destination: Destination): boolean => usable(destination) && destination.activeConnections === 0;

/** @ipvs #Y schedulers "nq: the newest server without active connections, else the smallest (active + 1) / weight" */
export const nq: SchedulerFactory = ({ destinations }) => ({
  name: "nq",
  schedule: () => destinations.find(idle) ?? leastLoaded(destinations, activeWithNew),
  describeDestination: (destination) =>
    refusal(destination) ?? (idle(destination) ? "idle" : describeExpectedDelay(destination)),
});
