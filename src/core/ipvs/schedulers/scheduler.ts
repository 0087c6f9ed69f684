/**
 * The contract of a scheduler: picks a real server for a new connection. Mirrors struct ip_vs_scheduler, include/net/ip_vs.h.
 *
 * An instance belongs to one service from bind to unbind and holds that service's state (a pointer, a table, a cache).
 * The destinations it chooses from are `service.destinations`, newest first.
 */
import type { Microseconds } from "../../time/kernel-ticks.ts";
import type { Address } from "../../wire/address.ts";
import type { Destination } from "../destination.ts";
import type { Service } from "../service.ts";
import type { VsSysctl } from "../sysctl.ts";

/** What a scheduler may know of the packet. Addresses are folded to 32 bits (IPv4: the address itself), host order. Borrowed. */
export interface PacketKey {
  readonly source: number;
  readonly destination: number;
  /** 0 for protocols without ports. */
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** IPv6 only: the whole address. lblc and lblcr keep it, to tell addresses apart that fold to the same number. */
  readonly destinationAddress?: Address | undefined;
}

/** All that a scheduler may touch besides its service. */
export interface SchedulerContext {
  /** Microseconds of the director's clock. */
  now(): Microseconds;
  /** A whole number in 0..limit inclusive, from a seeded source: only `twos` asks. */
  random(limit: number): number;
  readonly sysctl: Readonly<VsSysctl>;
}

export interface Scheduler {
  /** As `ipvsadm -s` spells it. */
  readonly name: string;
  /** The real server for a new connection; `undefined` when none may take it. */
  schedule(key: PacketKey): Destination | undefined;
  /** After a destination was linked at the head of the list. */
  destinationAdded?(destination: Destination): void;
  /** After a destination's weight or thresholds were edited. */
  destinationUpdated?(destination: Destination): void;
  /** After a destination was unlinked; `at` is where it stood. */
  destinationRemoved?(destination: Destination, at: number): void;
  /** Housekeeping, once every 60 s: lblc and lblcr age their caches. */
  age?(): void;
  /** The service lets go of the scheduler. */
  unbind?(): void;
  /** For explanations, never on the packet path: the scheduler's state in words, e.g. `cw 2, di 1, mw 3, pointer at 10.2.0.3:80`. */
  describeState?(): string;
  /** For explanations: to whom the packet's slot belongs, of a scheduler with a hash table. */
  ownerOf?(key: PacketKey): Destination | undefined;
  /** For explanations: what this scheduler compares for one destination, e.g. `overhead 513 / weight 2 = 256.5`. */
  describeDestination?(destination: Destination, key: PacketKey): string;
}

/** Binds a scheduler to a service whose destinations may already exist (ip_vs_sched.c: ip_vs_bind_scheduler). */
export type SchedulerFactory = (service: Service, context: SchedulerContext) => Scheduler;

/** May take a new connection: weight above 0 and not overloaded. */
export const usable = (destination: Destination): boolean => destination.weight > 0 && !destination.overloaded;
