/** Locality-based least connection with replication: some servers per destination address. Mirrors ip_vs_lblcr.c. */
import type { Microseconds } from "../../time/kernel-ticks.ts";
import type { Destination } from "../destination.ts";
import { connectionOverhead } from "../destination.ts";
import type { Service } from "../service.ts";
import { describeOverhead, refusal } from "./describe.ts";
import { DestinationCache } from "./destination-cache.ts";
import { crowded, heavier, leastLoaded } from "./load.ts";
import type { PacketKey, Scheduler, SchedulerContext, SchedulerFactory } from "./scheduler.ts";

/** The servers that share the load of one address. */
interface ReplicaSet {
  /** Newest first. */
  readonly members: Destination[];
  /** When a member last came or went, in microseconds. */
  modified: number;
}

const release = (set: ReplicaSet): void => {
  for (const member of set.members) member.cacheReferences--;
};

function include(set: ReplicaSet, destination: Destination, now: Microseconds): void {
  if (set.members.includes(destination)) return;
  destination.cacheReferences++;
  set.members.unshift(destination);
  set.modified = now;
}

/** Takes the member with the most load per weight out of the set; members of weight 0 are passed over. */
function excludeMostLoaded(set: ReplicaSet, now: Microseconds): void {
  let most: Destination | undefined;
  for (const member of set.members) {
    if (member.weight <= 0) continue;
    const load = connectionOverhead(member);
    if (most === undefined || heavier(load, member.weight, connectionOverhead(most), most.weight)) most = member;
  }
  if (most === undefined) return;
  set.members.splice(set.members.indexOf(most), 1);
  most.cacheReferences--;
  set.modified = now;
}

/**
 * A set grows when its servers are crowded and shrinks, one server at a time, when it has not changed for long.
 * @ipvs #Y schedulers "lblcr: the least loaded of the servers of an address unless crowded; else as wlc, and one more"
 */
class LocalityBasedWithReplication implements Scheduler {
  readonly name = "lblcr";
  readonly #service: Service;
  readonly #context: SchedulerContext;
  readonly #cache = new DestinationCache<ReplicaSet>(release);

  constructor(service: Service, context: SchedulerContext) {
    this.#service = service;
    this.#context = context;
  }

  schedule(key: PacketKey): Destination | undefined {
    const now = this.#context.now();
    const entry = this.#cache.find(key);
    if (entry === undefined) return this.#open(key, now);
    entry.lastUse = now;
    const set = entry.value;
    const least = leastLoaded(set.members, connectionOverhead);
    // The one chosen above still serves, even if it is the one that leaves.
    if (set.members.length > 1 && now > set.modified + this.#expiration()) excludeMostLoaded(set, now);
    if (least !== undefined && !crowded(least, this.#service)) return least;
    const relief = leastLoaded(this.#service.destinations, connectionOverhead);
    if (relief !== undefined) include(set, relief, now);
    return relief;
  }

  /** The first packet to an address. */
  #open(key: PacketKey, now: Microseconds): Destination | undefined {
    const least = leastLoaded(this.#service.destinations, connectionOverhead);
    if (least === undefined) return undefined;
    const set: ReplicaSet = { members: [], modified: now };
    include(set, least, now);
    this.#cache.insert(key, set, now);
    return least;
  }

  #expiration(): number {
    return this.#context.sysctl.lblcr_expiration * 1_000_000;
  }

  age(): void {
    this.#cache.age(this.#context.now(), this.#expiration());
  }

  unbind(): void {
    this.#cache.clear();
  }

  describeState(): string {
    return `cache entries: ${this.#cache.entries}`;
  }

  describeDestination(destination: Destination, key: PacketKey): string {
    const load = refusal(destination) ?? describeOverhead(destination);
    const members = this.#cache.find(key)?.value.members ?? [];
    if (!members.includes(destination)) return load;
    return `in the set of this address, ${crowded(destination, this.#service) ? "crowded, " : ""}${load}`;
  }
}

export const lblcr: SchedulerFactory = (service, context) => new LocalityBasedWithReplication(service, context);
