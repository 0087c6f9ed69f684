/**
 * Routes of the host: its own addresses, connected networks, and what the configuration adds; longest prefix wins.
 * Mirrors, as far as needed, net/ipv4/fib_frontend.c and net/ipv4/devinet.c (inet_select_addr).
 */
import type { Route } from "../ipvs/data-path.ts";
import { netmask } from "../wire/address.ts";
import { AddressMap } from "./address-map.ts";
import type { HostConfig } from "./config.ts";
import { type Interface, sameNetwork } from "./interfaces.ts";

/** The loopback interface; it has no number among the ports. */
export const LOOPBACK = -1;
const LOOPBACK_MTU = 65536;
/** Path MTUs are forgotten after 10 minutes, in microseconds (net.ipv4.route.mtu_expires). */
const PATH_MTU_LIFETIME = 600_000_000;
/** No smaller path MTU is believed (net.ipv4.route.min_pmtu). */
const LEAST_PATH_MTU = 552;

const localRoute = (ip: number): Route => ({ local: true, port: LOOPBACK, gateway: 0, source: ip, mtu: LOOPBACK_MTU });

/** `network` and `mask` are signed, as their conjunction is. */
interface Entry {
  readonly network: number;
  readonly mask: number;
  readonly prefix: number;
  readonly route: Route;
}

export class RoutingTable {
  readonly #interfaces: readonly Interface[];
  readonly #local = new AddressMap<Route>();
  readonly #broadcast = new AddressMap<true>();
  /** The broadcast addresses of connected networks, and the number of the port that each is reached by. */
  readonly broadcasts: { readonly ip: number; readonly port: number }[] = [];
  /** Longest prefix first; of equal ones, the first added. */
  readonly #entries: Entry[] = [];
  readonly #pathMtus = new AddressMap<{ readonly mtu: number; readonly until: number; readonly locked: boolean }>();
  /** Some path MTU was reported smaller than is believed. */
  #anyLocked = false;
  readonly #loopback: Route = { local: true, port: LOOPBACK, gateway: 0, source: 0x7f000001, mtu: LOOPBACK_MTU };

  constructor(interfaces: readonly Interface[], config: HostConfig) {
    this.#interfaces = interfaces;
    for (const port of interfaces) this.#addConnected(port);
    for (const { to, via, dev } of config.routes) {
      const number = dev === undefined ? this.#portTowards(via ?? 0) : interfaces.findIndex(({ name }) => name === dev);
      const port = interfaces[number];
      if (port === undefined) continue;
      const gateway = (via ?? 0) | 0;
      const source = this.sourceFor(port.number, gateway);
      this.#add(to.ip, to.prefix, { local: false, port: port.number, gateway, source, mtu: port.mtu });
    }
  }

  #addConnected(port: Interface): void {
    for (const { ip, prefix, secondary } of port.addresses) {
      this.#local.set(ip, localRoute(ip));
      if (prefix === 32 || secondary) continue;
      this.#add(ip, prefix, { local: false, port: port.number, gateway: 0, source: ip, mtu: port.mtu });
      // The lowest address of a network is a host's like any other (fib_add_ifaddr, since Linux 5.14).
      if (prefix < 31) {
        const broadcast = (ip | ~netmask(prefix)) >>> 0;
        this.#broadcast.set(broadcast, true);
        this.broadcasts.push({ ip: broadcast, port: port.number });
      }
    }
  }

  #add(to: number, prefix: number, route: Route): void {
    const mask = netmask(prefix) | 0;
    const entry = { network: to & mask, mask, prefix, route };
    const at = this.#entries.findIndex((other) => other.prefix < prefix);
    this.#entries.splice(at < 0 ? this.#entries.length : at, 0, entry);
  }

  #portTowards(gateway: number): number {
    return this.lookup(gateway)?.port ?? LOOPBACK;
  }

  /** Makes an address the host's own besides those of its interfaces: ARP answers for it, packets to it are delivered. */
  claim(ip: number): void {
    if (!this.isOwn(ip)) this.#local.set(ip, localRoute(ip));
  }

  /** Gives up an address that was claimed; one of an interface stays. */
  release(ip: number): void {
    const configured = this.#interfaces.some(({ addresses }) => addresses.some((address) => address.ip === ip));
    if (!configured) this.#local.delete(ip);
  }

  isLocal(address: number): boolean {
    return this.#local.get(address) !== undefined || address >>> 24 === 127;
  }

  /** One of the addresses the configuration gives the host; 127.0.0.0/8 does not count. */
  isOwn(address: number): boolean {
    return this.#local.get(address) !== undefined;
  }

  /** 255.255.255.255, 0.0.0.0 (from nobody to nobody), or the broadcast address of a connected network. */
  isBroadcast(address: number): boolean {
    return (address | 0) === -1 || address === 0 || this.#broadcast.get(address) !== undefined;
  }

  /** The route to an address; `undefined` if there is none. */
  lookup(address: number): Route | undefined {
    const local = this.#local.get(address);
    if (local !== undefined) return local;
    if (address >>> 24 === 127) return this.#loopback;
    const entries = this.#entries;
    for (let index = 0; index < entries.length; index++) {
      const entry = entries[index];
      if (entry !== undefined && (address & entry.mask) === entry.network) return entry.route;
    }
    return undefined;
  }

  /** The address a port would send from towards `target` (inet_select_addr): of its network if there is one, else the first. */
  sourceFor(port: number, target: number): number {
    const primaries = this.#interfaces[port]?.addresses.filter(({ secondary }) => !secondary) ?? [];
    const sameNet = primaries.find(({ ip, prefix }) => sameNetwork(ip, target, prefix));
    return (sameNet ?? primaries[0])?.ip ?? 0;
  }

  pathMtu(route: Route, destination: number, now: number): number {
    const learnt = this.#pathMtus.get(destination);
    return learnt !== undefined && now < learnt.until && learnt.mtu < route.mtu ? learnt.mtu : route.mtu;
  }

  /** Whether anything new was learnt (net/ipv4/route.c: __ip_rt_update_pmtu). */
  learnPathMtu(destination: number, mtu: number, now: number): boolean {
    const route = this.lookup(destination);
    if (route === undefined || this.pathMtu(route, destination, now) < mtu) return false;
    if (this.#lockedMtu(destination, now) !== undefined) return false;
    const believed = Math.max(mtu, Math.min(LEAST_PATH_MTU, route.mtu));
    const locked = mtu < LEAST_PATH_MTU;
    this.#pathMtus.set(destination, { mtu: believed, until: now + PATH_MTU_LIFETIME, locked });
    this.#anyLocked ||= locked;
    return true;
  }

  /**
   * The MTU for packets that are only passed on: the interface's, whatever was learnt; but a path MTU that was reported
   * smaller than is believed holds for them, too (include/net/ip.h: ip_dst_mtu_maybe_forward, ip_mtu_locked).
   */
  forwardMtu(route: Route, destination: number, now: number): number {
    if (!this.#anyLocked) return route.mtu;
    return Math.min(this.#lockedMtu(destination, now) ?? route.mtu, route.mtu);
  }

  #lockedMtu(destination: number, now: number): number | undefined {
    const learnt = this.#pathMtus.get(destination);
    return learnt?.locked === true && now < learnt.until ? learnt.mtu : undefined;
  }
}
