/**
 * Routes of the host: its own addresses, connected networks, and what the configuration adds; longest prefix wins.
 * Mirrors, as far as needed, net/ipv4/fib_frontend.c and net/ipv4/devinet.c (inet_select_addr), net/ipv6/route.c and
 * net/ipv6/addrconf.c (ipv6_dev_get_saddr). The prefixes of the two families never meet: a handle says its family.
 */

import type { Route } from "../ipvs/data-path.ts";
import type { Microseconds } from "../time/kernel-ticks.ts";
import { AF_INET, AF_INET6, netmask } from "../wire/address.ts";
import { isLinkLocal } from "../wire/address-scope.ts";
import { type AddressHandle, type AddressTable, familyOf, NO_ADDRESS } from "../wire/address-table.ts";
import type { InterfaceIndex } from "../wire/frame.ts";
import { LEAST_IPV6_MTU } from "../wire/ipv6.ts";
import { AddressMap } from "./address-map.ts";
import type { HostConfig, RouteConfig } from "./config/config.ts";
import type { HostSysctl } from "./host-sysctl.ts";
import type { Interface } from "./interfaces.ts";
import { Ipv6Sources } from "./ipv6-sources.ts";
import { PathMtus } from "./path-mtus.ts";
import { around, type PrefixNode, PrefixTrie } from "./prefix-trie.ts";

/** The loopback interface; it has no number among the ports. */
export const LOOPBACK = -1;
const LOOPBACK_MTU = 65536;
const LOCALHOST = 0x7f000001;

const localRoute = (source: AddressHandle): Route => ({
  local: true,
  ifindex: LOOPBACK,
  gateway: NO_ADDRESS,
  source,
  mtu: LOOPBACK_MTU,
});

/** The routes to one network. */
interface NetworkRoutes {
  /** Of several the first holds. */
  readonly first: Route;
  /** The first by each interface: link-local networks are on every one. `undefined` as long as there is only one route. */
  byInterface: Map<InterfaceIndex, Route> | undefined;
}

export class RoutingTable {
  readonly #addresses: AddressTable;
  readonly #interfaces: readonly Interface[];
  readonly #local = new AddressMap<Route>();
  readonly #broadcast = new AddressMap<true>();
  /** IPv6 addresses that are the host's own without standing on an interface: it answers for them on all. */
  readonly claimedIpv6 = new Set<AddressHandle>();
  /** The broadcast addresses of connected networks, and the number of the port that each is reached by. */
  readonly broadcasts: { readonly address: AddressHandle; readonly ifindex: InterfaceIndex }[] = [];
  readonly #networks: PrefixTrie<NetworkRoutes>;
  /** The subnet-router anycast addresses, which a router has with every network (RFC 4291, section 2.6.1). */
  readonly #anycast = new AddressMap<Route>();
  readonly #sysctl: HostSysctl;
  readonly ipv6Sources: Ipv6Sources;
  readonly #pathMtus: PathMtus;
  readonly #loopback = localRoute(LOCALHOST);
  /** How often what it says has changed; whoever remembers that looks here. A path MTU that is too old is no change. */
  changes = 0;

  /** `isTentative` says whether an interface's link-local address may not be used yet. */
  constructor(
    addresses: AddressTable,
    interfaces: readonly Interface[],
    config: HostConfig,
    sysctl: HostSysctl,
    isTentative: (ifindex: InterfaceIndex) => boolean = () => false,
  ) {
    this.ipv6Sources = new Ipv6Sources(addresses, interfaces, isTentative);
    this.#addresses = addresses;
    this.#networks = new PrefixTrie(addresses);
    this.#interfaces = interfaces;
    this.#sysctl = sysctl;
    this.#pathMtus = new PathMtus(addresses, sysctl);
    const localhost = addresses.kept({ family: AF_INET6, words: [0, 0, 0, 1] });
    this.#local.set(localhost, localRoute(localhost));
    for (const device of interfaces) this.#addConnected(device);
    for (const route of config.routes) this.#addConfigured(route);
  }

  #addConfigured({ to, via, dev }: RouteConfig): void {
    const gateway = via === undefined ? NO_ADDRESS : this.#addresses.kept(via);
    const number =
      dev === undefined ? this.#interfaceTowards(gateway) : this.#interfaces.findIndex(({ name }) => name === dev);
    const device = this.#interfaces[number];
    if (device === undefined) return;
    const network = this.#addresses.kept(to.address);
    const source = this.sourceFor(device.ifindex, gateway === NO_ADDRESS ? network : gateway);
    this.#add(network, to.prefix, { local: false, ifindex: device.ifindex, gateway, source, mtu: device.mtu });
  }

  #addConnected(device: Interface): void {
    for (const { handle, prefix, secondary } of device.ipv4) {
      this.#local.set(handle, localRoute(handle));
      if (prefix === 32 || secondary) continue;
      this.#add(handle, prefix, {
        local: false,
        ifindex: device.ifindex,
        gateway: NO_ADDRESS,
        source: handle,
        mtu: device.mtu,
      });
      // The lowest address of a network is a host's like any other (fib_add_ifaddr, since Linux 5.14).
      if (prefix < 31) this.#addBroadcast(handle | ~netmask(prefix), device.ifindex);
    }
    for (const { handle, prefix } of device.ipv6) {
      this.#local.set(handle, localRoute(handle));
      if (prefix === 128) continue;
      if (prefix < 127) this.#addAnycast(this.#addresses.masked(handle, prefix));
      this.#add(handle, prefix, {
        local: false,
        ifindex: device.ifindex,
        gateway: NO_ADDRESS,
        source: handle,
        mtu: device.mtu,
      });
    }
  }

  #addAnycast(address: AddressHandle): void {
    if (!this.isAnycast(address)) this.#anycast.set(this.#addresses.keep(address), localRoute(address));
  }

  #addBroadcast(address: number, ifindex: InterfaceIndex): void {
    this.#broadcast.set(address, true);
    this.broadcasts.push({ address, ifindex: ifindex });
  }

  #add(to: AddressHandle, prefix: number, route: Route): void {
    const routes = this.#networks.at(to, prefix, () => ({ first: route, byInterface: undefined }));
    if (routes.first === route) return;
    routes.byInterface ??= new Map([[routes.first.ifindex, routes.first]]);
    if (!routes.byInterface.has(route.ifindex)) routes.byInterface.set(route.ifindex, route);
  }

  #interfaceTowards(gateway: AddressHandle): InterfaceIndex {
    return this.lookup(gateway)?.ifindex ?? LOOPBACK;
  }

  /** Makes an address the host's own besides those of its interfaces: ARP and neighbor discovery answer for it, packets to it are delivered. */
  claim(address: AddressHandle): void {
    if (this.isOwn(address)) return;
    this.changes++;
    this.#local.set(this.#addresses.keep(address), localRoute(address));
    if (familyOf(address) === AF_INET6) this.claimedIpv6.add(address);
  }

  /** Gives up an address that was claimed; one of an interface stays. */
  release(address: AddressHandle): void {
    const configured = this.#interfaces.some(({ ipv4, ipv6 }) =>
      [...ipv4, ...ipv6].some(({ handle }) => handle === address),
    );
    if (configured || !this.isOwn(address)) return;
    this.changes++;
    this.#local.delete(address);
    this.claimedIpv6.delete(address);
    this.#addresses.release(address);
  }

  isLocal(address: AddressHandle): boolean {
    return this.#local.get(address) !== undefined || address >>> 24 === 127;
  }

  /** One of the addresses the configuration gives the host; 127.0.0.0/8 does not count. */
  isOwn(address: AddressHandle): boolean {
    return this.#local.get(address) !== undefined;
  }

  /** Whether an IPv6 address is the interface's own (ipv6_get_ifaddr). */
  isOnPort(ifindex: InterfaceIndex, address: AddressHandle): boolean {
    return this.#interfaces[ifindex]?.ipv6.some(({ handle }) => handle === address) === true;
  }

  /** Whether the routers of a network have the address together. */
  isAnycast(address: AddressHandle): boolean {
    return this.#anycast.get(address) !== undefined;
  }

  /** 255.255.255.255, 0.0.0.0 (from nobody to nobody), or the broadcast address of a connected network. */
  isBroadcast(address: AddressHandle): boolean {
    return (address | 0) === -1 || address === 0 || this.#broadcast.get(address) !== undefined;
  }

  /**
   * The route to an address; `undefined` if there is none. Link-local networks are on every port: `scope` is the number
   * of the one that is meant.
   */
  lookup(address: AddressHandle, scope: InterfaceIndex = LOOPBACK): Route | undefined {
    const local = this.#local.get(address);
    if (familyOf(address) !== AF_INET) return this.#lookupIpv6(address, scope, local);
    if (local !== undefined) return local;
    if (address >>> 24 === 127) return this.#loopback;
    return this.#networks.find(address)?.value?.first;
  }

  #lookupIpv6(address: AddressHandle, scope: number, local: Route | undefined): Route | undefined {
    const scoped = scope !== LOOPBACK && isLinkLocal(address, this.#addresses);
    if (local !== undefined && (!scoped || this.isOnPort(scope, address))) return local;
    const anycast = this.#sysctl.forwardsIpv6 === 0 ? undefined : this.#anycast.get(address);
    if (anycast !== undefined) return anycast;
    const node = this.#networkOf(address, scope, scoped);
    return node?.value && (scoped ? routeBy(node.value, scope) : node.value.first);
  }

  /** The longest network that an IPv6 address is in, of those with a route by `scope` if it matters. */
  #networkOf(address: AddressHandle, scope: InterfaceIndex, scoped: boolean): PrefixNode<NetworkRoutes> | undefined {
    let node = this.#networks.find(address);
    if (scoped) while (node?.value !== undefined && routeBy(node.value, scope) === undefined) node = around(node);
    return node;
  }

  /** How many bits the route to an IPv6 address asks for; 128 for one of the host's own. */
  prefixTo(address: AddressHandle, scope: InterfaceIndex): number {
    if (this.lookup(address, scope)?.local !== false) return 128;
    const scoped = scope !== LOOPBACK && isLinkLocal(address, this.#addresses);
    return this.#networkOf(address, scope, scoped)?.prefix ?? 128;
  }

  /** The address a port would send from towards `target`. */
  sourceFor(ifindex: InterfaceIndex, target: AddressHandle): AddressHandle {
    return familyOf(target) === AF_INET
      ? this.#ipv4SourceFor(ifindex, target)
      : this.ipv6Sources.towards(ifindex, target);
  }

  /** Of its network if there is one, else the first (inet_select_addr). */
  #ipv4SourceFor(ifindex: InterfaceIndex, target: AddressHandle): AddressHandle {
    const primaries = this.#interfaces[ifindex]?.ipv4.filter(({ secondary }) => !secondary) ?? [];
    const sameNet = primaries.find(({ handle, prefix }) => this.#addresses.samePrefix(handle, target, prefix));
    return (sameNet ?? primaries[0])?.handle ?? NO_ADDRESS;
  }

  pathMtu(route: Route, destination: AddressHandle, now: Microseconds): number {
    return Math.min(this.#pathMtus.of(destination, now)?.mtu ?? route.mtu, route.mtu);
  }

  /** Whether anything new was learnt (net/ipv4/route.c: __ip_rt_update_pmtu; net/ipv6/route.c: __ip6_rt_update_pmtu). */
  learnPathMtu(destination: AddressHandle, mtu: number, now: Microseconds): boolean {
    const route = this.lookup(destination);
    if (route === undefined) return false;
    const known = this.pathMtu(route, destination, now);
    if (familyOf(destination) === AF_INET ? mtu > known : mtu >= known || mtu < LEAST_IPV6_MTU) return false;
    if (this.#lockedMtu(destination, now) !== undefined) return false;
    this.changes++;
    this.#pathMtus.learn(destination, mtu, route.mtu, now);
    return true;
  }

  /**
   * The MTU for packets that are only passed on: the interface's, whatever was learnt; but a path MTU that was reported
   * smaller than is believed holds for them, too (include/net/ip.h: ip_dst_mtu_maybe_forward, ip_mtu_locked). IPv6 looks at the
   * interface's before (ip6_dst_mtu_maybe_forward), and at what was learnt when it sends.
   */
  forwardMtu(route: Route, destination: AddressHandle, now: Microseconds): number {
    if (this.#pathMtus.size > 0 && familyOf(destination) === AF_INET6) return this.pathMtu(route, destination, now);
    if (!this.#pathMtus.anyLocked) return route.mtu;
    return Math.min(this.#lockedMtu(destination, now) ?? route.mtu, route.mtu);
  }

  #lockedMtu(destination: AddressHandle, now: Microseconds): number | undefined {
    const learnt = this.#pathMtus.of(destination, now);
    return learnt?.locked === true ? learnt.mtu : undefined;
  }
}

/** The route to a network by an interface. */
function routeBy({ first, byInterface }: NetworkRoutes, ifindex: InterfaceIndex): Route | undefined {
  if (first.ifindex === ifindex) return first;
  return byInterface?.get(ifindex);
}
