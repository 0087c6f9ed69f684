/**
 * The virtual routers of a director: which of their addresses it has at the moment, who hears of that, and what moves with
 * them. The state machine of each is virtual-router.ts.
 */
import type { Agenda, Appointment } from "../../time/agenda.ts";
import type { Microseconds } from "../../time/kernel-ticks.ts";
import type { VrrpCause, VrrpFault, VrrpState } from "../../trace/events.ts";
import { DELIVERED, DROP, type Verdict } from "../../trace/verdict.ts";
import { type Address, AF_INET, type Family, isMulticast, sameAddress } from "../../wire/address.ts";
import type { AddressHandle } from "../../wire/address-table.ts";
import { ETHERNET_SOURCE, ETHERNET_TYPE, ETHERTYPE_IPV4, ETHERTYPE_IPV6, writeMac } from "../../wire/ethernet.ts";
import type { Frame, InterfaceIndex } from "../../wire/frame.ts";
import { RESIGNING, virtualMac } from "../../wire/vrrp.ts";
import type { HostConfig } from "../config/config.ts";
import { reconfigure } from "../config/reconfigure.ts";
import type { Director } from "../director.ts";
import { groupMac } from "../multicast/membership.ts";
import { announceAddress } from "../neighbors/announce.ts";
import { advertisementFrame, familyOfRouter, faultFor, groupOf, primaryAddress, readPacket } from "./advertisements.ts";
import { ahSequence, PROTOCOL_AH } from "./authentication.ts";
import type { HaConfig, VirtualRouterConfig } from "./config.ts";
import { MovingAddresses } from "./moving-addresses.ts";
import { followFirst } from "./sync-roles.ts";
import { VirtualRouter, type VirtualRouterHost } from "./virtual-router.ts";

const SECOND = 1_000_000;

/** A router on its interface. */
interface Entry {
  readonly router: VirtualRouter;
  readonly ifindex: InterfaceIndex;
  readonly family: Family;
  /** Of the packet that it has sent last; with authentication headers, or that it has heard. */
  number: number;
  readonly refused: Map<VrrpFault, number>;
  announcing: Appointment | undefined;
}

type GoneEntry = Pick<Entry, "ifindex" | "family" | "number">;

/** Hears of every change of state. */
export type Moved = (router: VirtualRouter, before: VrrpState, cause: VrrpCause) => void;

/** A router that goes on in another process. */
export interface RouterStanding {
  readonly name: string;
  readonly state: VrrpState;
  /** Of its last advertisement. */
  readonly number: number;
}

const isInGroup = ({ router }: Entry): boolean => router.config.peers === undefined;

/** A router by its name in listings, `eth0 51`. */
export const routerName = ({ interface: dev, id }: VirtualRouterConfig): string => `${dev} ${id}`;

export class VirtualRouters implements VirtualRouterHost {
  readonly #director: Director;
  #entries: Entry[] = [];
  #config: HaConfig | undefined;
  #started = false;
  readonly #downLinks = new Set<InterfaceIndex>();
  readonly #moving = new MovingAddresses();
  /** The master that was asked once more. */
  #asked: Address | undefined;
  onMoved: Moved | undefined;

  constructor(director: Director) {
    this.#director = director;
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
    return this.#entries.map(({ router }) => router);
  }

  refusedBy(router: VirtualRouter): ReadonlyMap<VrrpFault, number> {
    return this.#entryOf(router)?.refused ?? new Map();
  }

  #entryOf(router: VirtualRouter): Entry | undefined {
    return this.#entries.find((entry) => entry.router === router);
  }

  // --- life

  /** Makes these the virtual routers: those that were there go on, with what is new of them. */
  configure(config: HaConfig | undefined): void {
    const before = this.#entries;
    this.#config = config;
    this.#entries = (config?.vrrp ?? []).map((one) => this.#entryFor(one, before));
    for (const gone of before.filter((entry) => !this.#entries.includes(entry))) this.#retire(gone);
    if (this.#started) for (const entry of this.#entries) if (!before.includes(entry)) this.#start(entry);
  }

  #entryFor(config: VirtualRouterConfig, before: readonly Entry[]): Entry {
    const ifindex = this.#director.ifindexOf(config.interface);
    const family = familyOfRouter(config);
    const isSame = ({ router: { config: other }, ...entry }: Entry): boolean =>
      entry.ifindex === ifindex &&
      entry.family === family &&
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
    for (const entry of this.#entries) this.#start(entry);
    // Without a router nothing has moved that it would have followed.
    if (this.#entries.length === 0) this.#followSync();
  }

  #start(entry: Entry): void {
    this.#joinGroup(entry);
    if (this.#downLinks.has(entry.ifindex)) entry.router.stop("link-down");
    else entry.router.start();
  }

  #joinGroup(entry: Entry): void {
    if (isInGroup(entry)) this.#director.membership.join(entry.ifindex, groupOf(entry.family));
  }

  #retire(entry: Entry): void {
    if (!this.#started) return;
    entry.router.stop();
    this.#leave(entry);
  }

  /** Somebody who listened no longer does: `moved` knew it no more. */
  #leave(entry: Entry): void {
    this.agenda.cancel(entry.announcing);
    reconfigure(this.#director, this.#director.config);
    this.#leaveGroup(entry);
  }

  #leaveGroup(entry: Entry): void {
    if (isInGroup(entry)) this.#director.membership.leave(entry.ifindex, groupOf(entry.family));
  }

  /** Masters say that they give up. */
  stop(): void {
    if (!this.#started) return;
    for (const entry of this.#entries) {
      entry.router.stop();
      this.#leaveGroup(entry);
    }
    this.#started = false;
  }

  /** What a successor is to go on with. */
  get standings(): readonly RouterStanding[] {
    return this.#entries.map(({ router: { config, state }, number }) => ({ name: routerName(config), state, number }));
  }

  /** Begins where a predecessor stood. */
  resume(standings: readonly RouterStanding[]): void {
    this.#started = true;
    for (const entry of this.#entries) {
      const { router } = entry;
      const before = standings.find(({ name }) => name === routerName(router.config));
      entry.number = before?.number ?? 0;
      this.#joinGroup(entry);
      router.resume(before?.state ?? "backup");
    }
    this.#followSync();
  }

  // --- what a router asks of its host

  advertise(router: VirtualRouter, priority: number): void {
    const { config } = router;
    const entry = this.#entryOf(router) ?? this.#goneEntry(router);
    const { ifindex, family } = entry;
    const number = ++entry.number;
    for (const destination of config.peers ?? [groupOf(family)]) {
      const frame = advertisementFrame(this.#director, { config, priority, ifindex, number, destination });
      if (config.peers === undefined) this.#toGroup(frame, entry, config);
      else this.#director.ip.originate(frame, ifindex);
    }
  }

  #toGroup(frame: Frame, { ifindex, family }: GoneEntry, config: VirtualRouterConfig): void {
    const director = this.#director;
    const { view, start } = frame;
    const own = director.interfaces[ifindex]?.mac ?? 0;
    writeMac(view, start, groupMac(frame.destination, director.addresses));
    writeMac(view, start + ETHERNET_SOURCE, config.virtualMac ? virtualMac(family, config.id) : own);
    view.setUint16(start + ETHERNET_TYPE, family === AF_INET ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6);
    director.emit(frame, ifindex);
  }

  /** One that the configuration has no more says good-bye. */
  #goneEntry({ config }: VirtualRouter): GoneEntry {
    return { ifindex: this.#director.ifindexOf(config.interface), family: familyOfRouter(config), number: 0 };
  }

  moved(router: VirtualRouter, before: VrrpState, cause: VrrpCause): void {
    const entry = this.#entryOf(router);
    if (router.state === "master" || before === "master") reconfigure(this.#director, this.#director.config);
    // Before the others of its group move, whose cause it is.
    this.onMoved?.(router, before, cause);
    if (entry !== undefined) {
      this.agenda.cancel(entry.announcing);
      if (router.state === "master" && cause !== "handover") this.#announceOften(entry);
      this.#moveGroup(router);
      if (entry === this.#entries[0]) this.#followSync();
    }
  }

  reannounce(router: VirtualRouter): void {
    const entry = this.#entryOf(router);
    if (entry !== undefined) this.#announce(entry);
  }

  /** Now, after a while once more, and then for ever if that is wanted. */
  #announceOften(entry: Entry): void {
    const { delay, refresh } = entry.router.config.announce;
    this.#announce(entry);
    const again = (): void => {
      this.#announce(entry);
      if (refresh > 0) entry.announcing = this.agenda.schedule(this.now + refresh * SECOND, again);
    };
    if (delay > 0) entry.announcing = this.agenda.schedule(this.now + delay * SECOND, again);
  }

  #announce({ router: { config }, ifindex }: Entry): void {
    const { addresses } = this.#director;
    for (let turn = 0; turn < config.announce.repeat; turn++) {
      for (const { address } of config.addresses) announceAddress(this.#director, ifindex, addresses.of(address));
    }
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

  #followSync(): void {
    const { sync } = this.#config ?? {};
    if (sync !== undefined) followFirst(this.#director.server, sync, this.#entries[0]?.router);
  }

  /**
   * Directors that begin together ask for connections before any of them is master, and nobody replies: as soon as one is, the others
   * ask again. Once each master, for one that is no director of ours never replies.
   */
  #askAgain(master: Address): void {
    const { sync } = this.#director.server;
    const wasAsked = this.#asked !== undefined && sameAddress(this.#asked, master);
    if (wasAsked || this.#config?.sync?.prompt !== true || !sync.hasAskedInVain) return;
    this.#asked = master;
    sync.learn();
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
    for (const { router, ifindex: own } of this.#entries) {
      if (!isUp && own === ifindex && router.state !== "fault") router.stop("link-down");
      if (isUp && router.state === "fault" && this.#linksOf(router.config).every((one) => !this.#downLinks.has(one)))
        router.start("link-up");
    }
  }

  /** Its own, and those of its group. */
  #linksOf({ interface: dev, group }: VirtualRouterConfig): InterfaceIndex[] {
    const mates = this.#entries.filter(({ router: { config } }) => group !== undefined && config.group === group);
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
    return this.#entries.some(({ router }) =>
      router.config.addresses.some((one) => addresses.of(one.address) === address),
    );
  }

  /** The MAC address that goes with an address; `undefined` for that of its interface. */
  macOf(ifindex: InterfaceIndex, address: AddressHandle): number | undefined {
    for (const { router, ifindex: own, family } of this.#entries) {
      if (own !== ifindex || !router.config.virtualMac || router.state !== "master") continue;
      const has = router.config.addresses.some((one) => this.#director.addresses.of(one.address) === address);
      if (has) return virtualMac(family, router.config.id);
    }
    return undefined;
  }

  /** Whether frames to this MAC address are for the host. */
  isAt(ifindex: InterfaceIndex, mac: number): boolean {
    return this.#entries.some(
      ({ router: { config, state }, ifindex: own, family }) =>
        own === ifindex && config.virtualMac && state === "master" && virtualMac(family, config.id) === mac,
    );
  }

  /** Whether anybody listens to what peers send to the host itself. */
  get hearsPeers(): boolean {
    return this.#entries.some((entry) => !isInGroup(entry));
  }

  /** A packet of the protocol to its group, or to the host itself. */
  deliver(frame: Frame): Verdict {
    const advertisement = readPacket(frame);
    if (typeof advertisement === "string") return this.#refuse(undefined, 0, advertisement);
    const { id, version, priority, interval } = advertisement;
    const isToGroup = isMulticast(this.#director.addresses.value(frame.destination));
    const entry = this.#entries.find(
      (one) =>
        one.ifindex === frame.ifindex &&
        one.family === frame.family &&
        one.router.config.id === id &&
        one.router.config.version === version &&
        isInGroup(one) === isToGroup,
    );
    if (entry === undefined || !this.#started) return DROP.hostSilent;
    const { router } = entry;
    const fault = faultFor(this.#director, router.config, frame, advertisement) ?? this.#takeNumber(entry, frame);
    if (fault !== undefined) return this.#refuse(entry, id, fault);
    const own = primaryAddress(this.#director, entry.ifindex, this.#director.addresses.value(frame.source));
    router.hear({ priority, interval, fromHigherAddress: this.#isHigher(frame.source, own) });
    if (entry === this.#entries[0] && router.state === "backup" && priority !== RESIGNING)
      this.#askAgain(this.#director.addresses.value(frame.source));
    const { state } = router;
    this.#director.trace?.add({ kind: "vrrp", id, priority, state, own: router.config.priority });
    return DELIVERED;
  }

  /** An authentication header that was heard before is not believed (RFC 2402, section 3.4.3). */
  #takeNumber(entry: Entry, { view, network, protocol }: Frame): VrrpFault | undefined {
    if (protocol !== PROTOCOL_AH) return undefined;
    const number = ahSequence(view, network);
    if (number <= entry.number) return "replay";
    entry.number = number;
    return undefined;
  }

  #refuse(entry: Entry | undefined, id: number, why: VrrpFault): Verdict {
    entry?.refused.set(why, (entry.refused.get(why) ?? 0) + 1);
    this.#director.trace?.add({ kind: "vrrp-refused", id, why });
    return DROP.hostSilent;
  }

  #isHigher(one: AddressHandle, other: AddressHandle): boolean {
    const { addresses } = this.#director;
    for (let word = 0; word < 4; word++) {
      const [a, b] = [addresses.word(one, word) >>> 0, addresses.word(other, word) >>> 0];
      if (a !== b) return a > b;
    }
    return false;
  }
}
