/** Source hashing: one server per client. Mirrors net/netfilter/ipvs/ip_vs_sh.c. */
import type { Destination } from "../destination.ts";
import type { Service } from "../service.ts";
import { SERVICE_SCHED1, SERVICE_SCHED2 } from "../service.ts";
import { describeShare, refusal } from "./describe.ts";
import { hash32 } from "./hashing.ts";
import type { PacketKey, Scheduler, SchedulerFactory } from "./scheduler.ts";
import { usable } from "./scheduler.ts";

/** 256 buckets (IP_VS_SH_TAB_BITS). */
const BITS = 8;
const BUCKETS = 1 << BITS;

/** What sh and mh hash: the client's address, and its port added if flag sh-port or mh-port asks for it; 32 bits. */
export const clientOf = (service: Service, key: PacketKey): number =>
  (key.source + ((service.flags & SERVICE_SCHED2) === 0 ? 0 : key.sourcePort)) | 0;

/** Whether flag sh-fallback or mh-fallback lets a client search on when its server is unusable. */
export const fallsBack = (service: Service): boolean => (service.flags & SERVICE_SCHED1) !== 0;

/** @ipvs #Y schedulers "sh: 256 buckets dealt by weight, weight 0 gets one too; flags sh-fallback, sh-port" */
class SourceHashing implements Scheduler {
  readonly name = "sh";
  readonly #service: Service;
  readonly #buckets = new Array<Destination | undefined>(BUCKETS);

  constructor(service: Service) {
    this.#service = service;
    this.#deal();
  }

  schedule(key: PacketKey): Destination | undefined {
    const bucket = hash32(clientOf(this.#service, key), BITS);
    const destination = this.#buckets[bucket];
    if (destination === undefined || usable(destination)) return destination;
    return fallsBack(this.#service) ? this.#searchFrom(bucket) : undefined;
  }

  /** The kernel adds the client's bucket twice, so the search begins at its double (ip_vs_sh_get_fallback). */
  #searchFrom(bucket: number): Destination | undefined {
    for (let step = 0; step < BUCKETS; step++) {
      const destination = this.#buckets[(bucket + bucket + step) % BUCKETS];
      if (destination !== undefined && usable(destination)) return destination;
    }
    return undefined;
  }

  destinationAdded(): void {
    this.#deal();
  }

  destinationUpdated(): void {
    this.#deal();
  }

  destinationRemoved(): void {
    this.#deal();
  }

  /** Each server in turn takes as many buckets in a row as its weight, but at least one. */
  #deal(): void {
    const { destinations } = this.#service;
    let turn = 0;
    let taken = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const destination = destinations[turn];
      this.#buckets[bucket] = destination;
      taken++;
      if (destination === undefined || taken < destination.weight) continue;
      turn = (turn + 1) % destinations.length;
      taken = 0;
    }
  }

  ownerOf(key: PacketKey): Destination | undefined {
    return this.#buckets[hash32(clientOf(this.#service, key), BITS)];
  }

  describeDestination(destination: Destination, key: PacketKey): string {
    const bucket = hash32(clientOf(this.#service, key), BITS);
    return refusal(destination) ?? describeShare(this.#buckets, destination, bucket, "bucket");
  }
}

export const sh: SchedulerFactory = (service) => new SourceHashing(service);
