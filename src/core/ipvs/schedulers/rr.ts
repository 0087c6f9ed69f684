/** Round robin: the usable destinations in turn, newest first. Mirrors net/netfilter/ipvs/ip_vs_rr.c. */
import type { Destination } from "../destination.ts";
import type { Service } from "../service.ts";
import { describePointer, refusal } from "./describe.ts";
import type { Scheduler, SchedulerFactory } from "./scheduler.ts";
import { usable } from "./scheduler.ts";

/** The pointer before the first destination. */
const HEAD = -1;

/** @ipvs #Y schedulers "rr: start after the last pick, go round once, skip what is unusable" */
class RoundRobin implements Scheduler {
  readonly name = "rr";
  readonly #destinations: readonly Destination[];
  /** Where the last pick stands in the list. */
  #pointer = HEAD;

  constructor(service: Service) {
    this.#destinations = service.destinations;
  }

  schedule(): Destination | undefined {
    const count = this.#destinations.length;
    for (let step = 1; step <= count; step++) {
      const index = (this.#pointer + step) % count;
      const candidate = this.#destinations[index];
      if (candidate === undefined || !usable(candidate)) continue;
      this.#pointer = index;
      return candidate;
    }
    return undefined;
  }

  /** A newcomer stands before all others; the pointer stays on its destination. */
  destinationAdded(): void {
    if (this.#pointer !== HEAD) this.#pointer++;
  }

  /** The pointer stays on its destination, or steps back to the one before it. */
  destinationRemoved(_: Destination, at: number): void {
    if (at <= this.#pointer) this.#pointer--;
  }

  describeState(): string {
    return describePointer(this.#destinations[this.#pointer]);
  }

  describeDestination(destination: Destination): string {
    const count = this.#destinations.length;
    const turn = (this.#destinations.indexOf(destination) - this.#pointer + count) % count || count;
    return refusal(destination) ?? `place ${turn} of ${count} after the last pick`;
  }
}

export const rr: SchedulerFactory = (service) => new RoundRobin(service);
