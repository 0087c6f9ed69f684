/**
 * Path MTUs that the host was told by "fragmentation needed" and "packet too big". Mirrors net/ipv4/route.c: update_or_create_fnhe,
 * fnhe_remove_oldest, __ip_rt_update_pmtu; net/ipv6/route.c: __ip6_rt_update_pmtu.
 */
import type { Microseconds } from "../time/kernel-ticks.ts";
import { AF_INET } from "../wire/address.ts";
import { type AddressHandle, type AddressTable, familyOf } from "../wire/address-table.ts";
import { AddressMap } from "./address-map.ts";
import type { HostSysctl } from "./host-sysctl.ts";

/** How many are remembered: FNHE_HASH_SIZE chains of FNHE_RECLAIM_DEPTH. differs: the kernel has so many for each next hop. */
export const MOST_PATH_MTUS = 2048 * 5;

interface PathMtu {
  readonly mtu: number;
  /** Microseconds. */
  readonly until: number;
  /** It was reported smaller than is believed. */
  readonly locked: boolean;
}

export class PathMtus {
  readonly #addresses: AddressTable;
  readonly #sysctl: HostSysctl;
  readonly #learnt = new AddressMap<PathMtu>();
  /** The addresses of the same, the one learnt first first. */
  readonly #order = new Set<AddressHandle>();
  /** Some path MTU was reported smaller than is believed. */
  anyLocked = false;

  constructor(addresses: AddressTable, sysctl: HostSysctl) {
    this.#addresses = addresses;
    this.#sysctl = sysctl;
  }

  get size(): number {
    return this.#learnt.size;
  }

  /** What is known of a destination, if it is not too old (net.ipv4.route.mtu_expires). */
  of(destination: AddressHandle, now: Microseconds): PathMtu | undefined {
    const learnt = this.#learnt.get(destination);
    return learnt !== undefined && now < learnt.until ? learnt : undefined;
  }

  /** Believes an MTU reported for a destination that is reached with `limit`; in IPv4, nothing below min_pmtu is believed. */
  learn(destination: AddressHandle, mtu: number, limit: number, now: Microseconds): void {
    const least = familyOf(destination) === AF_INET ? this.#sysctl.value("net.ipv4.route.min_pmtu") : 0;
    const locked = mtu < least;
    const until = now + this.#sysctl.duration("net.ipv4.route.mtu_expires");
    if (!this.#order.delete(destination)) this.#addresses.keep(destination);
    this.#forgetOld(now);
    this.#learnt.set(destination, { mtu: Math.max(mtu, Math.min(least, limit)), until, locked });
    this.#order.add(destination);
    this.anyLocked ||= locked;
  }

  #forgetOld(now: Microseconds): void {
    for (const destination of this.#order) {
      if (this.#order.size < MOST_PATH_MTUS && this.of(destination, now) !== undefined) return;
      this.#order.delete(destination);
      this.#learnt.delete(destination);
      this.#addresses.release(destination);
    }
  }
}
