/**
 * The virtual routers of a director: which of their addresses it has at the moment, who hears of that, and what moves with
 * them. The state machine of each is virtual-router.ts.
 */
import type { Agenda } from "../../time/agenda.ts";
import type { Microseconds } from "../../time/kernel-ticks.ts";
import type { VrrpCause, VrrpFault, VrrpState } from "../../trace/events.ts";
import type { Verdict } from "../../trace/verdict.ts";
import type { AddressHandle } from "../../wire/address-table.ts";
import type { Frame, InterfaceIndex } from "../../wire/frame.ts";
import { RESIGNING, virtualMac } from "../../wire/vrrp.ts";
import type { HostConfig } from "../config/config.ts";
import { reconfigure } from "../config/reconfigure.ts";
import type { Director } from "../director.ts";
import { familyOfRouter, groupOf } from "./advertisements.ts";
import type { HaConfig, VirtualRouterConfig } from "./config.ts";
import { hearAdvertisement } from "./hearing.ts";
import { MovingAddresses } from "./moving-addresses.ts";
import { isInGroup, type PlacedRouter } from "./placed-router.ts";
import { announce, announceOften, type RouterPlace, sendAdvertisement } from "./sending.ts";
import { SyncRoles } from "./sync-roles.ts";
import { VirtualRouter, type VirtualRouterHost } from "./virtual-router.ts";

const NOBODY: readonly PlacedRouter[] = [];

/** Hears of every change of state. */
export type Moved = (router: VirtualRouter, before: VrrpState, cause: VrrpCause) => void;

/** A router that goes on in another process. */
export interface RouterStanding {
  readonly name: string;
  readonly state: VrrpState;
  /** Of its last advertisement. */
  readonly number: number;
}

/** A router by its name in listings, `eth0 51`. */
export const routerName = ({ interface: dev, id }: VirtualRouterConfig): string => `${dev} ${id}`;

export class VirtualRouters implements VirtualRouterHost {
  readonly #director: Director;
  readonly #sync: SyncRoles;
  #routers: PlacedRouter[] = [];
  #started = false;
  readonly #downLinks = new Set<InterfaceIndex>();
  readonly #moving = new MovingAddresses();
  onMoved: Moved | undefined;

  constructor(director: Director) {
    this.#director = director;
    this.#sync = new SyncRoles(director.server);
  }

  get now(): Microseconds {
    return this.#director.now;
  }

  get latest(): Microseconds {
    return this.#director.server.latest;
  }

  get agenda(): Agenda {
    return this.#director.server.agenda;
  }

  get routers(): readonly VirtualRouter[] {
    return this.#routers.map(({ router }) => router);
  }

  refusedBy(router: VirtualRouter): ReadonlyMap<VrrpFault, number> {
    return this.#placed(router)?.refused ?? new Map();
  }

  #placed(router: VirtualRouter): PlacedRouter | undefined {
    return this.#routers.find((placed) => placed.router === router);
  }

  // --- life

  /** Makes these the virtual routers: those that were there go on, with what is new of them. */
  configure(config: HaConfig | undefined): void {
    const before = this.#routers;
    this.#sync.config = config?.sync;
    this.#routers = (config?.vrrp ?? []).map((one) => this.#place(one, before));
    for (const gone of before.filter((placed) => !this.#routers.includes(placed))) this.#retire(gone);
    if (this.#started) for (const placed of this.#routers) if (!before.includes(placed)) this.#start(placed);
  }

  #place(config: VirtualRouterConfig, before: readonly PlacedRouter[]): PlacedRouter {
    const ifindex = this.#director.ifindexOf(config.interface);
    const family = familyOfRouter(config);
    const isSame = ({ router: { config: other }, ...placed }: PlacedRouter): boolean =>
      placed.ifindex === ifindex &&
      placed.family === family &&
      other.id === config.id &&
      other.version === config.version &&
      (other.peers === undefined) === (config.peers === undefined);
    const known = before.find(isSame);
    if (known === undefined) {
      const router = new VirtualRouter(config, this);
      return { router, ifindex, family, number: 0, refused: new Map(), announcing: undefined };
    }
    known.router.config = config;
    return known;
  }

  /** Begins; routers listen from now on. */
  start(): void {
    if (this.#started) return;
    this.#started = true;
    for (const placed of this.#routers) this.#start(placed);
    // Without a router nothing has moved that it would have followed.
    if (this.#routers.length === 0) this.#sync.follow(undefined);
  }

  #start(placed: PlacedRouter): void {
    this.#joinGroup(placed);
    if (this.#downLinks.has(placed.ifindex)) placed.router.stop("link-down");
    else placed.router.start();
  }

  #joinGroup(placed: PlacedRouter): void {
    if (isInGroup(placed)) this.#director.membership.join(placed.ifindex, groupOf(placed.family));
  }

  #retire(placed: PlacedRouter): void {
    if (!this.#started) return;
    placed.router.stop();
    this.#leave(placed);
  }

  /** Somebody who listened no longer does: `moved` knew it no more. */
  #leave(placed: PlacedRouter): void {
    this.agenda.cancel(placed.announcing);
    reconfigure(this.#director, this.#director.config);
    this.#leaveGroup(placed);
  }

  #leaveGroup(placed: PlacedRouter): void {
    if (isInGroup(placed)) this.#director.membership.leave(placed.ifindex, groupOf(placed.family));
  }

  /** Masters say that they give up. */
  stop(): void {
    if (!this.#started) return;
    for (const placed of this.#routers) {
      placed.router.stop();
      this.#leaveGroup(placed);
    }
    this.#started = false;
  }

  /** What a successor is to go on with. */
  get standings(): readonly RouterStanding[] {
    return this.#routers.map(({ router: { config, state }, number }) => ({ name: routerName(config), state, number }));
  }

  /** Begins where a predecessor stood. */
  resume(standings: readonly RouterStanding[]): void {
    this.#started = true;
    for (const placed of this.#routers) {
      const { router } = placed;
      const before = standings.find(({ name }) => name === routerName(router.config));
      placed.number = before?.number ?? 0;
      this.#joinGroup(placed);
      router.resume(before?.state ?? "backup");
    }
    this.#sync.follow(this.#routers[0]?.router);
  }

  // --- what a router asks of its host

  advertise(router: VirtualRouter, priority: number): void {
    sendAdvertisement(this.#director, this.#placed(router) ?? this.#formerPlace(router), router.config, priority);
  }

  /** One that the configuration has no more says good-bye. */
  #formerPlace({ config }: VirtualRouter): RouterPlace {
    return { ifindex: this.#director.ifindexOf(config.interface), family: familyOfRouter(config), number: 0 };
  }

  moved(router: VirtualRouter, before: VrrpState, cause: VrrpCause): void {
    const placed = this.#placed(router);
    if (router.state === "master" || before === "master") reconfigure(this.#director, this.#director.config);
    // Before the others of its group move, whose cause it is.
    this.onMoved?.(router, before, cause);
    if (placed !== undefined) {
      this.agenda.cancel(placed.announcing);
      if (router.state === "master" && cause !== "handover") announceOften(this.#director, this.agenda, placed);
      this.#moveGroup(router);
      if (placed === this.#routers[0]) this.#sync.follow(router);
    }
  }

  reannounce(router: VirtualRouter): void {
    const placed = this.#placed(router);
    if (placed !== undefined) announce(this.#director, placed);
  }

  /** The others of its group go where it went. */
  #moveGroup({ config: { group }, state }: VirtualRouter): void {
    if (group === undefined) return;
    const others = this.routers.filter((other) => other.config.group === group && other.state !== state);
    for (const other of others) {
      if (state === "master" || state === "backup") other.follow(state);
      else if (state === "fault" && other.state !== "initialize") other.stop("group");
    }
  }

  /** Who still learns the connections of a master would break them by taking over. */
  get mayPreempt(): boolean {
    return !this.#director.server.sync.isLearning;
  }

  /** The link of an interface went down, or is up again. */
  linkChanged(ifindex: InterfaceIndex, isUp: boolean): void {
    if (isUp) this.#downLinks.delete(ifindex);
    else this.#downLinks.add(ifindex);
    if (!this.#started) return;
    for (const { router, ifindex: own } of this.#routers) {
      if (!isUp && own === ifindex && router.state !== "fault") router.stop("link-down");
      if (isUp && router.state === "fault" && this.#linksOf(router.config).every((one) => !this.#downLinks.has(one)))
        router.start("link-up");
    }
  }

  /** Its own, and those of its group. */
  #linksOf({ interface: dev, group }: VirtualRouterConfig): InterfaceIndex[] {
    const mates = this.#routers.filter(({ router: { config } }) => group !== undefined && config.group === group);
    return [this.#director.ifindexOf(dev), ...mates.map(({ ifindex }) => ifindex)];
  }

  // --- what the host asks

  /** The configuration with the addresses that this director has as a master, and without those that it has not. */
  applied(config: HostConfig): HostConfig {
    const masters = this.routers.filter(({ state }) => state === "master");
    return this.#moving.applied(
      config,
      masters.map((router) => router.config),
    );
  }

  /** The configuration without the addresses that move. */
  own(config: HostConfig): HostConfig {
    return this.#moving.without(config);
  }

  /** Whether an address moves, so that it is the host's own only where its virtual router is master. */
  moves(address: AddressHandle): boolean {
    const { addresses } = this.#director;
    return this.#routers.some(({ router }) =>
      router.config.addresses.some((one) => addresses.of(one.address) === address),
    );
  }

  /** The MAC address that goes with an address; `undefined` for that of its interface. */
  macOf(ifindex: InterfaceIndex, address: AddressHandle): number | undefined {
    for (const { router, ifindex: own, family } of this.#routers) {
      if (own !== ifindex || !router.config.virtualMac || router.state !== "master") continue;
      const has = router.config.addresses.some((one) => this.#director.addresses.of(one.address) === address);
      if (has) return virtualMac(family, router.config.id);
    }
    return undefined;
  }

  /** Whether frames to this MAC address are for the host. */
  isAt(ifindex: InterfaceIndex, mac: number): boolean {
    return this.#routers.some(
      ({ router: { config, state }, ifindex: own, family }) =>
        own === ifindex && config.virtualMac && state === "master" && virtualMac(family, config.id) === mac,
    );
  }

  /** Whether anybody listens to what peers send to the host itself. */
  get hearsPeers(): boolean {
    return this.#routers.some((placed) => !isInGroup(placed));
  }

  /** A packet of the protocol to its group, or to the host itself. */
  deliver(frame: Frame): Verdict {
    return hearAdvertisement(this.#director, this.#started ? this.#routers : NOBODY, frame, (placed, { priority }) => {
      const isOfMaster = placed === this.#routers[0] && placed.router.state === "backup" && priority !== RESIGNING;
      if (isOfMaster) this.#sync.askAgain(this.#director.addresses.value(frame.source));
    });
  }
}
