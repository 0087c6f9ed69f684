/**
 * Deleted destinations that connections still refer to, or may be added again. Mirrors the trash of
 * net/netfilter/ipvs/ip_vs_ctl.c (ip_vs_trash_get_dest, ip_vs_dest_trash_expire).
 */

import type { Appointment } from "../time/agenda.ts";
import type { Microseconds } from "../time/kernel-ticks.ts";
import type { KernelTimers } from "../time/kernel-timers.ts";
import { type Address, AF_INET, sameAddress } from "../wire/address.ts";
import type { Destination } from "./destination.ts";
import type { Service } from "./service.ts";

/** A destination nobody refers to is freed this long after a sweep first found it so, in microseconds. */
const PERIOD = 120_000_000;

export class Trash {
  readonly #destinations: Destination[] = [];
  readonly #timers: KernelTimers;
  readonly #free: (destination: Destination) => void;
  #nextSweep: Appointment | undefined = undefined;

  /** `free` is told of each destination that is gone for good. */
  constructor(timers: KernelTimers, free: (destination: Destination) => void) {
    this.#timers = timers;
    this.#free = free;
  }

  add(destination: Destination, now: Microseconds): void {
    if (this.#destinations.length === 0) this.#sweepLater(now);
    destination.idleSince = -1;
    this.#destinations.unshift(destination);
  }

  /**
   * Takes back the destination that a service of this name had before, with its counters and connections. The kernel does not ask of
   * which family that service was.
   * @ipvs #Y service "A destination added again comes back from the trash, and its connections with it"
   */
  takeBack(service: Service, address: Address, port: number): Destination | undefined {
    const index = this.#destinations.findIndex(
      (destination) =>
        sameAddress(destination.address, address) &&
        destination.port === port &&
        sameName(destination.service, service),
    );
    return index < 0 ? undefined : this.#destinations.splice(index, 1)[0];
  }

  #sweepLater(now: Microseconds): void {
    this.#timers.cancel(this.#nextSweep);
    this.#nextSweep = this.#timers.set(now, PERIOD / 2, (then) => this.#sweep(then));
  }

  #sweep(now: Microseconds): void {
    for (const destination of [...this.#destinations]) {
      if (isReferenced(destination)) continue;
      if (destination.idleSince < 0) destination.idleSince = now;
      else if (now >= destination.idleSince + PERIOD) {
        this.#destinations.splice(this.#destinations.indexOf(destination), 1);
        this.#free(destination);
      }
    }
    if (this.#destinations.length > 0) this.#sweepLater(now);
  }
}

const sameName = (former: Service, service: Service): boolean =>
  former.fwmark === service.fwmark &&
  former.protocol === service.protocol &&
  (service.fwmark !== 0 || (former.port === service.port && isSameTo(service, former.address)));

/** As to a service of this family: an IPv4 one looks at the first 32 bits (include/net/ip_vs.h: ip_vs_addr_equal). */
function isSameTo({ address, family }: Service, other: Address): boolean {
  return family === AF_INET
    ? address.words[0] === other.words[0]
    : address.words.every((word, at) => word === other.words[at]);
}

const isReferenced = (destination: Destination): boolean =>
  destination.activeConnections + destination.inactiveConnections + destination.persistentConnections > 0 ||
  destination.cacheReferences > 0;
