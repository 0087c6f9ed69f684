/**
 * Weighted round robin: rounds at falling levels; a round passes by all whose weight is below its level.
 * Mirrors net/netfilter/ipvs/ip_vs_wrr.c, whose names for level, step and top level are cw, di and mw.
 */
import type { Destination } from "../destination.ts";
import type { Service } from "../service.ts";
import { describePointer, refusal } from "./describe.ts";
import type { Scheduler, SchedulerFactory } from "./scheduler.ts";
import { usable } from "./scheduler.ts";
import { greatestCommonDivisor } from "./weights.ts";

/** The pointer before the first destination. */
const HEAD = -1;

/** @ipvs #Y schedulers "wrr: rounds at falling levels; after additions the first round visits everyone once" */
class WeightedRoundRobin implements Scheduler {
  readonly name = "wrr";
  readonly #destinations: readonly Destination[];
  #pointer = HEAD;
  /** Weight that the present round asks for: cw. */
  #level = 0;
  /** How far the level falls from round to round, the common divisor of all weights: di. */
  #step = 1;
  /** The highest level, 0 when all weights are: mw. */
  #top = 0;

  constructor(service: Service) {
    this.#destinations = service.destinations;
    this.#weigh();
    this.#level = this.#top;
  }

  schedule(): Destination | undefined {
    if (this.#top === 0) return undefined;
    const start = this.#pointer;
    let stop = HEAD;
    let lastRound = false;
    let restarted = false;
    for (;;) {
      while (this.#pointer + 1 < this.#destinations.length) {
        const candidate = this.#destinations[++this.#pointer];
        if (candidate !== undefined && !candidate.overloaded && candidate.weight >= this.#level) return candidate;
        if (this.#pointer === stop) return undefined;
      }
      this.#pointer = HEAD;
      this.#level -= this.#step;
      if (this.#level <= 0) {
        this.#level = this.#top;
        if (lastRound || start === HEAD) return undefined;
        restarted = true;
      }
      this.#skipEmptyRounds();
      lastRound = this.#level <= this.#step;
      // Everybody else has been asked for the least weight: the last to ask is the one we started after.
      if (lastRound && restarted) stop = start;
    }
  }

  /** Falls at once to a level that somebody reaches, or to the last: the kernel walks the empty rounds between. */
  #skipEmptyRounds(): void {
    let within = this.#step;
    for (const destination of this.#destinations) {
      if (usable(destination) && destination.weight > within) within = destination.weight;
    }
    if (this.#level > within) this.#level -= Math.ceil((this.#level - within) / this.#step) * this.#step;
  }

  destinationAdded(): void {
    this.#restart();
  }

  destinationUpdated(): void {
    this.#restart();
  }

  destinationRemoved(): void {
    this.#restart();
  }

  /** Any change: back to the head, and the level goes to one that the new cycle has (ip_vs_wrr_dest_changed). */
  #restart(): void {
    this.#pointer = HEAD;
    this.#weigh();
    if (this.#level > this.#top || this.#level === 0) this.#level = this.#top;
    else if (this.#step > 1) this.#level = Math.floor(this.#level / this.#step) * this.#step + 1;
  }

  #weigh(): void {
    let divisor = 0;
    let heaviest = 0;
    for (const { weight } of this.#destinations) {
      if (weight <= 0) continue;
      divisor = greatestCommonDivisor(weight, divisor);
      heaviest = Math.max(heaviest, weight);
    }
    this.#step = divisor || 1;
    this.#top = heaviest - (this.#step - 1);
  }

  describeState(): string {
    const pointer = describePointer(this.#destinations[this.#pointer]);
    return `cw ${this.#level}, di ${this.#step}, mw ${this.#top}, ${pointer}`;
  }

  describeDestination(destination: Destination): string {
    const relation = destination.weight >= this.#level ? ">=" : "<";
    return refusal(destination) ?? `weight ${destination.weight} ${relation} cw ${this.#level}`;
  }
}

export const wrr: SchedulerFactory = (service) => new WeightedRoundRobin(service);
