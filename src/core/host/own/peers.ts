/**
 * What the host remembers of those it sent ICMP errors to: the buckets that limit how many more they get.
 * Mirrors net/ipv4/inetpeer.c (inet_getpeer, inet_peer_gc, inet_peer_xrlim_allow), net/ipv4/route.c (ip_error, ip_rt_send_redirect). One bucket
 * serves all three, with their different ideas of it: with icmp_ratelimit 0 an error empties the bucket that "network
 * unreachable" draws from.
 */
import type { KernelTicks, Microseconds, Ticks } from "../../time/kernel-ticks.ts";
import type { AddressHandle, AddressTable } from "../../wire/address-table.ts";
import type { HostSysctl } from "../host-sysctl.ts";

const BURST_FACTOR = 6;
/** Seconds: what the bucket for "network unreachable" holds (ip_rt_error_burst), and what each takes out of it (ip_rt_error_cost). */
const ROUTE_ERROR_BURST = 5;
const ROUTE_ERROR_COST = 1;
/** The first redirects are a 50th of a second apart (ip_rt_redirect_load). */
const REDIRECT_LOAD = 1 / 50;
const REDIRECT_NUMBER = 9;
/** So many seconds ago that a new peer's first refill fills its bucket. */
const LONG_AGO = 60;

interface Peer {
  tokens: number;
  /** Tick of the last refill. */
  last: number;
  redirects: number;
  /** Tick at which it was told something last. */
  used: number;
}

/** How many at most are forgotten for one that comes (PEER_MAX_GC). */
const MOST_FORGOTTEN = 32;

export class Peers {
  readonly #addresses: AddressTable;
  /** By address; who was told something last stands last. */
  readonly #peers = new Map<AddressHandle, Peer>();
  readonly #ticks: KernelTicks;
  readonly #sysctl: HostSysctl;
  /** Ticks. */
  readonly #redirectLoad: number;
  readonly #redirectSilence: number;

  constructor(addresses: AddressTable, ticks: KernelTicks, sysctl: HostSysctl) {
    this.#addresses = addresses;
    this.#ticks = ticks;
    this.#sysctl = sysctl;
    this.#redirectLoad = Math.floor(ticks.hz * REDIRECT_LOAD);
    this.#redirectSilence = this.#redirectLoad << (REDIRECT_NUMBER + 1);
  }

  get size(): number {
    return this.#peers.size;
  }

  #of(address: AddressHandle, tick: Ticks): Peer {
    const last = tick - LONG_AGO * this.#ticks.hz;
    const peer = this.#peers.get(address) ?? { tokens: 0, last, redirects: 0, used: tick };
    if (!this.#peers.delete(address)) {
      this.#forgetSome(tick);
      this.#addresses.keep(address);
    }
    peer.used = tick;
    this.#peers.set(address, peer);
    return peer;
  }

  /**
   * Makes room for one more: those go that were told nothing for long, the sooner the more there are; from
   * inet_peer_threshold on any may (inet_peer_gc). differs: the kernel looks at those it meets on its way through a tree,
   * here those go first that were silent longest.
   */
  #forgetSome(tick: Ticks): void {
    const most = this.#sysctl.value("net.ipv4.inet_peer_threshold");
    const longest = this.#sysctl.value("net.ipv4.inet_peer_maxttl") * this.#ticks.hz;
    const shortest = this.#sysctl.value("net.ipv4.inet_peer_minttl") * this.#ticks.hz;
    const patience = this.#peers.size >= most ? 0 : longest - ((longest - shortest) * this.#peers.size) / most;
    let left = MOST_FORGOTTEN;
    for (const [address, { used }] of this.#peers) {
      if (left === 0 || tick - used < patience) return;
      this.#peers.delete(address);
      this.#addresses.release(address);
      left--;
    }
  }

  /**
   * Whether an ICMP error of a limited type may go to `address` (inet_peer_xrlim_allow). `limit` is icmp_ratelimit in milliseconds,
   * halved `shift` times.
   */
  mayError(address: AddressHandle, now: Microseconds, limit: number, shift = 0): boolean {
    const tick = this.#ticks.at(now);
    const peer = this.#of(address, tick);
    const cost = Math.ceil((limit * this.#ticks.hz) / 1000) >> shift;
    peer.tokens = Math.min(peer.tokens + tick - peer.last, BURST_FACTOR * cost);
    peer.last = tick;
    if (peer.tokens < cost) return false;
    peer.tokens -= cost;
    return true;
  }

  /** Whether a packet without a route earns its sender an ICMP error (ip_error). */
  mayRouteError(address: AddressHandle, now: Microseconds): boolean {
    const tick = this.#ticks.at(now);
    const peer = this.#of(address, tick);
    peer.tokens = Math.min(peer.tokens + tick - peer.last, ROUTE_ERROR_BURST * this.#ticks.hz);
    peer.last = tick;
    const cost = ROUTE_ERROR_COST * this.#ticks.hz;
    if (peer.tokens < cost) return false;
    peer.tokens -= cost;
    return true;
  }

  /** Sends a redirect if one may be sent: ever more seldom, and after nine in vain not before 20 s of silence (ip_rt_send_redirect). */
  redirect(address: AddressHandle, now: Microseconds, send: () => void): void {
    const tick = this.#ticks.at(now);
    const peer = this.#of(address, tick);
    if (tick > peer.last + this.#redirectSilence) {
      peer.tokens = 0;
      peer.redirects = 0;
    }
    if (peer.redirects >= REDIRECT_NUMBER) {
      peer.last = tick;
      return;
    }
    if (peer.redirects === 0 || tick > peer.last + (this.#redirectLoad << peer.redirects)) {
      send();
      peer.last = tick;
      peer.redirects++;
    }
  }
}
