/** Weighted overflow: the heaviest destination until it is full, then the next. Mirrors ip_vs_ovf.c. */
import type { Destination } from "../destination.ts";
import { refusal } from "./describe.ts";
import type { SchedulerFactory } from "./scheduler.ts";
import { heaviest } from "./weights.ts";

/** A destination of weight w takes w + 1 active connections before it is full. */
const full = (destination: Destination): boolean => destination.activeConnections > destination.weight;

const roomLeft = (destination: Destination): boolean => !destination.overloaded && !full(destination);

/** @ipvs #Y schedulers "ovf: the greatest weight among those with no more active connections than weight" */
export const ovf: SchedulerFactory = (service) => ({
  name: "ovf",
  schedule: () => heaviest(service.destinations, roomLeft),
  describeDestination: (destination) => {
    const { activeConnections, weight } = destination;
    return refusal(destination) ?? `active ${activeConnections} ${full(destination) ? ">" : "<="} weight ${weight}`;
  },
});
