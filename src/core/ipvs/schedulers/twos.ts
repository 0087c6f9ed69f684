/** The power of two random choices: draw two by weight, take the less loaded. Mirrors ip_vs_twos.c. */
import type { Destination } from "../destination.ts";
import { connectionOverhead } from "../destination.ts";
import type { Service } from "../service.ts";
import { describeOverhead, refusal } from "./describe.ts";
import type { SchedulerContext, SchedulerFactory } from "./scheduler.ts";
import { usable } from "./scheduler.ts";

/** The sum of the weights of all usable destinations. differs: does not wrap at 2^31. */
const totalWeight = (service: Service): number =>
  service.destinations.reduce((total, destination) => total + (usable(destination) ? destination.weight : 0), 0);

/** The usable destination at which the running sum of weights reaches `mark` (0 belongs to the first). */
function destinationAt(service: Service, mark: number): Destination | undefined {
  let left = mark;
  for (const destination of service.destinations) {
    if (!usable(destination)) continue;
    left -= destination.weight;
    if (left <= 0) return destination;
  }
  return undefined;
}

function betterOfTwo(service: Service, context: SchedulerContext): Destination | undefined {
  const total = totalWeight(service);
  if (total === 0) return undefined;
  const first = destinationAt(service, context.random(total));
  const second = destinationAt(service, context.random(total));
  if (first === undefined || second === undefined) return undefined;
  // The products wrap at 32 bits.
  const firstLoad = Math.imul(connectionOverhead(first), second.weight);
  const secondLoad = Math.imul(connectionOverhead(second), first.weight);
  return firstLoad > secondLoad ? second : first;
}

/** @ipvs #P[same rule, other random numbers] schedulers "twos: two random servers by weight, the less loaded wins" */
export const twos: SchedulerFactory = (service, context) => ({
  name: "twos",
  schedule: () => betterOfTwo(service, context),
  describeState: () => `draws from 0..${totalWeight(service)}`,
  describeDestination: (destination) => refusal(destination) ?? describeOverhead(destination),
});
