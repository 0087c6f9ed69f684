/** Destination hashing: one server per destination address. Mirrors net/netfilter/ipvs/ip_vs_dh.c. */
import type { Destination } from "../destination.ts";
import type { Service } from "../service.ts";
import { describeShare, refusal } from "./describe.ts";
import { hash32 } from "./hashing.ts";
import type { PacketKey, Scheduler, SchedulerFactory } from "./scheduler.ts";
import { usable } from "./scheduler.ts";

/** 256 buckets (IP_VS_DH_TAB_BITS). */
const BITS = 8;

/**
 * Meant for firewall-mark services, which cover many destination addresses: behind one address all share one bucket.
 * @ipvs #Y schedulers "dh: 256 buckets dealt in turn, whatever the weights; an unusable server's bucket refuses"
 */
class DestinationHashing implements Scheduler {
  readonly name = "dh";
  readonly #destinations: readonly Destination[];
  readonly #buckets = new Array<Destination | undefined>(1 << BITS);

  constructor(service: Service) {
    this.#destinations = service.destinations;
    this.#deal();
  }

  schedule(key: PacketKey): Destination | undefined {
    const destination = this.#buckets[hash32(key.destination, BITS)];
    return destination !== undefined && usable(destination) ? destination : undefined;
  }

  destinationAdded(): void {
    this.#deal();
  }

  destinationRemoved(): void {
    this.#deal();
  }

  #deal(): void {
    const count = this.#destinations.length;
    for (let bucket = 0; bucket < this.#buckets.length; bucket++) {
      this.#buckets[bucket] = count === 0 ? undefined : this.#destinations[bucket % count];
    }
  }

  ownerOf(key: PacketKey): Destination | undefined {
    return this.#buckets[hash32(key.destination, BITS)];
  }

  describeDestination(destination: Destination, key: PacketKey): string {
    return refusal(destination) ?? describeShare(this.#buckets, destination, hash32(key.destination, BITS), "bucket");
  }
}

export const dh: SchedulerFactory = (service) => new DestinationHashing(service);
