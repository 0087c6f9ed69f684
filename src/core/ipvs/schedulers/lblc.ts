/** Locality-based least connection: one server per destination address until it is crowded. Mirrors ip_vs_lblc.c. */
import type { Destination } from "../destination.ts";
import { connectionOverhead } from "../destination.ts";
import type { Service } from "../service.ts";
import { describeOverhead, refusal } from "./describe.ts";
import { DestinationCache } from "./destination-cache.ts";
import { crowded, leastLoaded } from "./load.ts";
import type { PacketKey, Scheduler, SchedulerContext, SchedulerFactory } from "./scheduler.ts";

const release = (destination: Destination): void => {
  destination.cacheReferences--;
};

/**
 * For transparent caches behind a firewall mark, where many destination addresses arrive.
 * @ipvs #Y schedulers "lblc: the server cached for the address unless crowded, even an overloaded one; else as wlc"
 */
class LocalityBased implements Scheduler {
  readonly name = "lblc";
  readonly #service: Service;
  readonly #context: SchedulerContext;
  readonly #cache = new DestinationCache<Destination>(release);

  constructor(service: Service, context: SchedulerContext) {
    this.#service = service;
    this.#context = context;
  }

  schedule(key: PacketKey): Destination | undefined {
    const now = this.#context.now();
    const entry = this.#cache.find(key);
    if (entry !== undefined) {
      entry.lastUse = now;
      if (this.#serves(entry.value)) return entry.value;
    }
    const least = leastLoaded(this.#service.destinations, connectionOverhead);
    if (least === undefined || least === entry?.value) return least;
    least.cacheReferences++;
    if (entry === undefined) this.#cache.insert(key, least, now);
    else this.#cache.replace(entry, least, now);
    return least;
  }

  #serves(cached: Destination): boolean {
    return cached.available && cached.weight > 0 && !crowded(cached, this.#service);
  }

  age(): void {
    this.#cache.age(this.#context.now(), this.#context.sysctl.lblc_expiration * 1_000_000);
  }

  unbind(): void {
    this.#cache.clear();
  }

  describeState(): string {
    return `cache entries: ${this.#cache.entries}`;
  }

  describeDestination(destination: Destination, key: PacketKey): string {
    if (this.#cache.find(key)?.value !== destination) return refusal(destination) ?? describeOverhead(destination);
    if (this.#serves(destination)) return "cached for this address";
    const crowd = crowded(destination, this.#service) ? "crowded, " : "";
    return `cached for this address, but ${refusal(destination) ?? `${crowd}${describeOverhead(destination)}`}`;
  }
}

export const lblc: SchedulerFactory = (service, context) => new LocalityBased(service, context);
