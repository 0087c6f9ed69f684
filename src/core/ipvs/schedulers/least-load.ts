/** Schedulers that pick whoever has the least load per weight: lc, wlc, sed, nq. What each compares is its own. */
import type { Destination } from "../destination.ts";
import { LoadOrder, type LoadPerWeight } from "./load-order.ts";
import type { SchedulerFactory } from "./scheduler.ts";

interface LeastLoad extends LoadPerWeight {
  /** For explanations. */
  describe(destination: Destination): string;
}

export const leastLoadScheduler =
  (name: string, compared: LeastLoad): SchedulerFactory =>
  (service) => {
    const order = new LoadOrder(service, compared);
    return {
      name,
      schedule: () => order.least(),
      destinationAdded: () => order.destinationAdded(),
      destinationRemoved: (destination) => order.destinationRemoved(destination),
      unbind: () => order.unbind(),
      describeDestination: (destination) => compared.describe(destination),
    };
  };
