/**
 * The director: a Linux host with IPVS, fed frame by frame. Here is what it consists of; the way of a packet through it
 * is walk.ts, to be read from top to bottom.
 */

import { NONE } from "../ipvs/connection-rows.ts";
import type { DataPath, IpStack, Route } from "../ipvs/data-path.ts";
import { SeededRandom } from "../ipvs/random.ts";
import { Scratch } from "../ipvs/scratch.ts";
import { isVsSysctlName } from "../ipvs/sysctl.ts";
import { VirtualServer } from "../ipvs/virtual-server.ts";
import { DEFAULT_KERNEL, kernelRelease } from "../kernel/releases.ts";
import { KernelTicks, type Microseconds } from "../time/kernel-ticks.ts";
import { ByteCopies } from "../trace/byte-copies.ts";
import type { Trace } from "../trace/events.ts";
import { SharedEvents } from "../trace/shared-events.ts";
import { ShownValues } from "../trace/shown-values.ts";
import { SENT, VERDICTS, type Verdict, verdictEvent } from "../trace/verdict.ts";
import { AF_INET, AF_INET6 } from "../wire/address.ts";
import { type AddressHandle, type AddressTable, familyOf, NO_ADDRESS } from "../wire/address-table.ts";
import { Frame, type InterfaceIndex, TO_HOST } from "../wire/frame.ts";
import { isIcmpv6Error, PACKET_TOO_BIG } from "../wire/icmpv6.ts";
import { isUnicastOrLocal } from "./address-type.ts";
import { Inquiry } from "./causes/inquiry.ts";
import { WalkInQuestion } from "./causes/walk-in-question.ts";
import type { HostConfig } from "./config/config.ts";
import { takeOpening } from "./fast/fast-opening.ts";
import { isQuiet, knownConnection, takeEstablished, UNKNOWN } from "./fast/fast-path.ts";
import { Foresight, LONGEST_BATCH, REQUEST } from "./fast/foresight.ts";
import { NextHops } from "./fast/next-hops.ts";
import { NOT_TAKEN } from "./fast/plain-packet.ts";
import { HostFragments } from "./fragments/host-fragments.ts";
import { History } from "./history.ts";
import type { Sockets } from "./host-stack.ts";
import { HostSysctl } from "./host-sysctl.ts";
import { type Interface, makeInterfaces, ownAddresses } from "./interfaces.ts";
import { Marks } from "./marks.ts";
import { Membership } from "./multicast/membership.ts";
import { HostSyncSockets } from "./multicast/sync-sockets.ts";
import type { Neighbor } from "./neighbors/neighbor.ts";
import { addPermanentNeighbors, makeNeighborTable } from "./neighbors/neighbor-tables.ts";
import type { NeighborTable } from "./neighbors/neighbors.ts";
import { goesInPieces, outputPieces, outputWhole } from "./output.ts";
import { sendEchoReply, sendError } from "./own/icmp-send.ts";
import { sendIcmpv6Error } from "./own/icmpv6-send.ts";
import { Peers } from "./own/peers.ts";
import { LOOPBACK, RoutingTable } from "./routes.ts";
import { observeSync } from "./sync-observer.ts";
import { readSysctl, type SysctlOutcome } from "./sysctls.ts";
import { VirtualRouters } from "./vrrp/virtual-routers.ts";
import { originate, walk } from "./walk.ts";

/** Where frames leave the director. The frame is borrowed until `send` returns. */
export interface Link {
  send(frame: Frame, ifindex: InterfaceIndex): void;
}

export interface DirectorOptions {
  readonly link: Link;
  /** For all that the kernel leaves to chance. */
  readonly seed?: number;
  /** Microseconds from the caller's time to the wall clock's, which counts from 1970, UTC; 0 if they are the same. */
  readonly wallClock?: number;
  /** Rows of the connection table to begin with, a power of two. */
  readonly capacity?: number;
  /**
   * By port: until when its link-local address is tentative, and nothing is sent from it, in microseconds of this director's
   * clock; 0 if it is the port's from the beginning, as it is where there is no duplicate address detection.
   */
  readonly tentativeUntil?: readonly number[];
  /** How many connections at most, where the configuration does not say; any number if neither does. */
  readonly mostConnections?: number;
  /** Left out or true: packets of established connections take the fast path. False is for proofs that it makes no difference. */
  readonly fastPath?: boolean;
  /** Virtual routers wait until they are started, and do not begin with the clock. */
  readonly vrrpWaits?: boolean;
}

/** A virtual clock may not run away from the timers: jumps beyond 20 years count as 20 years. */
const MILLISECOND = 1_000;
/** In milliseconds. */
const DAY = 86_400_000;
const LONGEST_JUMP = 20 * 365 * 86_400 * 1_000_000;

export class Director implements IpStack {
  /** What is in force, but for switches and IPVS: those change by commands of their own. */
  readonly config: HostConfig;
  readonly interfaces: readonly Interface[];
  readonly marks: Marks;
  readonly sysctl: HostSysctl;
  readonly server: VirtualServer;
  readonly addresses: AddressTable;
  readonly path: DataPath;
  readonly routes: RoutingTable;
  /** Next hops to real servers that the fast path remembers. */
  readonly nextHops = new NextHops();
  /** Those that ARP tells of, and those of neighbor discovery. */
  readonly neighbors: NeighborTable;
  readonly neighborsIpv6: NeighborTable;
  readonly peers: Peers;
  readonly fragments: HostFragments;
  /** Who listens on this host, if it is more than a director. */
  sockets: Sockets | undefined = undefined;
  readonly membership: Membership;
  readonly syncSockets: HostSyncSockets;
  /** Frames as events keep them. */
  readonly copies = new ByteCopies();
  /** What the packets of a frame that stands for many are made in, one after the other. */
  readonly piece = Frame.allocate(0);
  readonly vrrp: VirtualRouters;
  /** How many packets ended how, by verdict. */
  readonly counts = new Float64Array(VERDICTS);
  /** Those of them that took the fast path. */
  fastPackets = 0;
  readonly #link: Link;
  readonly #foresight = new Foresight();
  readonly #wallClock: number;
  readonly #vrrpWaits: boolean;
  readonly #takesFastPath: boolean;
  #history: History | undefined;
  #question: WalkInQuestion | undefined;
  #inquiry: Inquiry | undefined;
  /** The listener, if it is content to know the connection of a plain packet. */
  #known: Trace | undefined;
  #identification: number;
  /** The caller's time at which this director's clock began; NaN before. */
  #epoch = Number.NaN;
  #now = 0;

  constructor(config: HostConfig, options: DirectorOptions) {
    this.config = config;
    this.#link = options.link;
    this.#identification = options.seed ?? 1;
    this.#wallClock = options.wallClock ?? 0;
    this.#takesFastPath = options.fastPath ?? true;
    const { hz, release, ticks } = config.kernel ?? DEFAULT_KERNEL;
    const clock = new KernelTicks(hz, ticks);
    this.membership = new Membership(this, new SeededRandom(options.seed ?? 1));
    this.syncSockets = new HostSyncSockets(this, options.seed ?? 1);
    this.server = new VirtualServer({
      syncSockets: this.syncSockets,
      ticks: clock,
      release: kernelRelease(release),
      host: {
        isUnicastOrLocal: (address) => isUnicastOrLocal(address, ownAddresses(this.interfaces)),
        claim: (address) => {
          const handle = this.addresses.of(address);
          if (!this.vrrp.moves(handle)) this.routes.claim(handle);
        },
        release: (address) => this.routes.release(this.addresses.of(address)),
        mtuOf: (name) => this.interfaces[this.ifindexOf(name)]?.mtu,
        hasInterface: (name) => name === "lo" || this.interfaces.some((device) => device.name === name),
      },
      ...(options.seed === undefined ? {} : { seed: options.seed }),
      ...(config.modules && { modules: config.modules }),
      ...(options.capacity === undefined ? {} : { capacity: options.capacity }),
    });
    this.addresses = this.server.addresses;
    this.interfaces = makeInterfaces(config, this.addresses);
    this.sysctl = new HostSysctl(this.interfaces.map(({ name }) => name));
    this.marks = new Marks(config.marks, this.addresses);
    this.routes = new RoutingTable(
      this.addresses,
      this.interfaces,
      config,
      this.sysctl,
      (ifindex) => this.#now < (options.tentativeUntil?.[ifindex] ?? 0),
    );
    this.peers = new Peers(this.addresses, clock, this.sysctl);
    this.limitConnections(config.connections?.max ?? options.mostConnections);
    this.path = {
      server: this.server,
      host: this,
      trace: undefined,
      shown: new ShownValues(this.addresses),
      shared: new SharedEvents(),
      scratch: new Scratch(this.server.addresses),
      dropCounter: 0,
    };
    const count = (verdict: Verdict): void => this.#count(verdict);
    this.neighbors = makeNeighborTable(this, AF_INET, count);
    this.neighborsIpv6 = makeNeighborTable(this, AF_INET6, count);
    addPermanentNeighbors(this, config.neighbors);
    this.fragments = new HostFragments(this, count);
    for (const [name, value] of Object.entries(config.sysctl)) this.setSysctl(name, value);
    this.vrrp = new VirtualRouters(this);
    this.vrrp.configure(config.ha);
    this.#vrrpWaits = config.ha === undefined || options.vrrpWaits === true;
  }

  /** The table of an address's family. */
  neighborsOf(address: AddressHandle): NeighborTable {
    return familyOf(address) === AF_INET ? this.neighbors : this.neighborsIpv6;
  }

  /** The next hop of a route towards an address, if it was met already. */
  neighborTowards({ ifindex, gateway }: Route, address: AddressHandle): Neighbor | undefined {
    const nextHop = gateway === NO_ADDRESS ? address : gateway;
    return this.neighborsOf(nextHop).find(ifindex, nextHop);
  }

  /** The MAC address that an own address is at. */
  macFor(ifindex: InterfaceIndex, address: AddressHandle): number {
    return this.vrrp.macOf(ifindex, address) ?? this.interfaces[ifindex]?.mac ?? 0;
  }

  /** The number of the interface of this name; -1 if there is none. */
  ifindexOf(name: string): InterfaceIndex {
    return this.interfaces.findIndex((device) => device.name === name);
  }

  /** From now on not more connections than that are made; those that there are go on. */
  limitConnections(most: number | undefined): void {
    if (most !== undefined) this.server.connections.table.rows.most = most;
  }

  // --- time

  /** Microseconds since the clock began. */
  get now(): Microseconds {
    return this.#now;
  }

  /** Milliseconds since midnight UTC (net/ipv4/af_inet.c: inet_current_timestamp). */
  timeOfDay(): number {
    const wall = (Number.isNaN(this.#epoch) ? 0 : this.#epoch) + this.#now + this.#wallClock;
    return Math.floor(wall / MILLISECOND) % DAY;
  }

  /** Lets time pass up to the caller's `time` (microseconds of any epoch): timers fire, rates are estimated. */
  advance(time: number): void {
    if (Number.isNaN(this.#epoch)) {
      this.#epoch = time;
      if (!this.#vrrpWaits) this.vrrp.start();
    }
    const now = Math.min(time - this.#epoch, this.#now + LONGEST_JUMP);
    if (!(now > this.#now)) return;
    this.server.advance(now, this.#onDue);
    this.#now = now;
  }

  readonly #onDue = (due: number): void => {
    this.#now = due;
  };

  // --- frames

  /**
   * A frame arrives on a port at the caller's `time`. It is changed in place, and answered for by a verdict; what the
   * director sends because of it has gone to the link when this returns.
   */
  receive(frame: Frame, ifindex: InterfaceIndex, time: number): Verdict {
    this.advance(time);
    this.addresses.beginWalk();
    frame.ifindex = ifindex;
    if (this.#known !== undefined && this.#takesFastPath && this.#takeKnown(frame, this.#known)) return SENT;
    return this.#takesFastPath && isQuiet(this) ? this.#receiveAlone(frame) : this.#walk(frame);
  }

  #receiveAlone(frame: Frame): Verdict {
    this.#foresight.seeAlone(this, frame);
    return takeEstablished(this, this.#foresight.alone, 0, 0, 1, this.#foresight) === 1 ? SENT : this.#takeOther(frame);
  }

  /**
   * Several frames that arrived on one port together, in order. The same as `receive` for each; but all are looked at before the first is
   * taken: where the connection table outgrows the processor's cache, their rows are fetched side by side instead of one after the other.
   */
  receiveAll(frames: readonly Frame[], count: number, ifindex: InterfaceIndex, time: number): void {
    this.advance(time);
    for (let next = 0; next < count; )
      next = this.#receiveSome(frames, next, Math.min(count, next + LONGEST_BATCH), ifindex);
  }

  /** Up to the frame that changes what was seen of the others; the place of the next one. */
  #receiveSome(frames: readonly Frame[], from: number, end: number, ifindex: InterfaceIndex): number {
    const foresight = this.#foresight;
    const { routes } = this;
    const { changes } = routes;
    const foresees = this.#takesFastPath && isQuiet(this);
    this.addresses.beginWalk();
    if (foresees) foresight.see(this, frames, from, end, ifindex);
    const count = end - from;
    for (let place = 0; place < count; place++) {
      if (foresees) place = takeEstablished(this, frames, from, place, count, foresight);
      const frame = frames[from + place];
      if (place === count || frame === undefined) continue;
      frame.ifindex = ifindex;
      if (foresees) this.#takeOther(frame);
      else this.#walk(frame);
      const isAsSeen = this.routes === routes && routes.changes === changes && isQuiet(this) === foresees;
      if (!isAsSeen) return from + place + 1;
    }
    return end;
  }

  /** What `takeEstablished` has left. */
  #takeOther(frame: Frame): Verdict {
    const verdict = this.#foresight.verdict === UNKNOWN ? takeOpening(this, frame) : NOT_TAKEN;
    if (verdict === NOT_TAKEN) return this.#walk(frame);
    this.fastPackets++;
    this.#count(verdict);
    return verdict;
  }

  /** So many packets took the fast path, and were sent. */
  countTaken(packets: number): void {
    this.fastPackets += packets;
    this.counts[SENT] = (this.counts[SENT] ?? 0) + packets;
  }

  /** For a listener that is content to know the connection. Where FULLNAT is, an answer is not told from a request by its route. */
  #takeKnown(frame: Frame, listener: Trace): boolean {
    if (this.server.connections.localAddresses.areUsed) return false;
    this.path.trace = undefined;
    const foresight = this.#foresight;
    const sees = isQuiet(this);
    if (sees) foresight.seeAlone(this, frame);
    const row = sees && foresight.routes[0] !== undefined ? knownConnection(this, frame, foresight, 0) : NONE;
    const taken = row !== NONE && takeEstablished(this, foresight.alone, 0, 0, 1, foresight) === 1;
    this.path.trace = listener;
    if (taken) listener.known?.(row, foresight.kinds[0] !== REQUEST);
    return taken;
  }

  #walk(frame: Frame): Verdict {
    const verdict = walk(this, frame);
    this.#conclude(verdict, frame.family);
    return verdict;
  }

  #conclude(verdict: Verdict, family: Frame["family"]): void {
    this.#count(verdict);
    if (this.path.trace === undefined) return;
    const { trace } = this.path;
    if (this.#question !== undefined)
      for (const cause of this.#question.causes(verdict)) trace.add({ kind: "cause", cause });
    trace.add(verdictEvent(verdict, family));
  }

  /** Also of a packet that was held or parked, and has come to nothing after all. */
  #count(verdict: Verdict): void {
    this.counts[verdict] = (this.counts[verdict] ?? 0) + 1;
  }

  /** Puts a finished frame on the wire. */
  emit(frame: Frame, ifindex: InterfaceIndex): void {
    if (this.path.trace !== undefined) {
      this.path.trace.add({ kind: "sent", dev: this.interfaces[ifindex]?.name ?? "", bytes: this.copies.of(frame) });
    }
    this.#link.send(frame, ifindex);
  }

  // --- what IPVS asks of its host

  routeTo(destination: AddressHandle, scope: InterfaceIndex = LOOPBACK): Route | undefined {
    const route = this.routes.lookup(destination, scope);
    if (this.path.trace !== undefined) this.#noteRoute(this.path.trace, destination, route);
    return route;
  }

  #noteRoute(trace: Trace, destination: AddressHandle, route: Route | undefined): void {
    const gateway = route?.gateway ?? NO_ADDRESS;
    const ifindex = route?.ifindex ?? LOOPBACK;
    const { shown, shared } = this.path;
    const to = route === undefined ? "none" : route.local ? "local" : "forward";
    // An index below 0 would be looked up as a name.
    const dev = ifindex < 0 ? "lo" : (this.interfaces[ifindex]?.name ?? "lo");
    const via = gateway === NO_ADDRESS ? undefined : shown.address(gateway);
    trace.add(shared.routed(shown.address(destination), to, dev, via));
  }

  sourceTo(route: Route, destination: AddressHandle): AddressHandle {
    return familyOf(destination) === AF_INET
      ? route.source
      : this.routes.ipv6Sources.remembered(route.ifindex, destination);
  }

  pathMtu(route: Route, destination: AddressHandle): number {
    return this.routes.pathMtu(route, destination, this.#now);
  }

  learnPathMtu(destination: AddressHandle, mtu: number): void {
    if (this.routes.learnPathMtu(destination, mtu, this.#now))
      this.server.destinations.forgetRoutes(familyOf(destination));
  }

  sendError(frame: Frame, type: number, code: number, rest: number): void {
    if (frame.family === AF_INET6) sendIcmpv6Error(this, frame, type, code, rest);
    else sendError(this, frame, type, code, rest);
  }

  sendUnlimitedError(frame: Frame, type: number, code: number, rest: number): void {
    sendIcmpv6Error(this, frame, type, code, rest, false);
  }

  sendEchoReply(frame: Frame): void {
    sendEchoReply(this, frame);
  }

  output(frame: Frame, route: Route, destination: AddressHandle, mtu: number): Verdict {
    frame.routedLocally = false;
    return goesInPieces(frame, mtu)
      ? outputPieces(this, frame, route, destination, mtu)
      : outputWhole(this, frame, route, destination);
  }

  /** `scope`: the port that is meant where the destination is link-local. */
  originate(frame: Frame, scope: InterfaceIndex = LOOPBACK): Verdict {
    frame.packetType = TO_HOST;
    return originate(this, frame, scope);
  }

  /** Whether an ICMPv6 message may go to somebody now: net.ipv6.icmp.ratelimit, but for those that are never held back (icmpv6_xrlim_allow). */
  mayTell(address: AddressHandle, type: number, scope: InterfaceIndex): boolean {
    if (type === PACKET_TOO_BIG || !isIcmpv6Error(type)) return true;
    const limit = this.sysctl.value("net.ipv6.icmp.ratelimit");
    // Wider networks may hear more.
    const width = (128 - this.routes.prefixTo(address, scope)) >> 5;
    return this.peers.mayError(address, this.#now, limit, width);
  }

  /** differs: the kernel's comes from a keyed hash and cannot be foretold. */
  identification(): number {
    this.#identification = (this.#identification + 1) & 0xffff;
    return this.#identification;
  }

  // --- switches and listeners

  /** Sets a kernel switch by its name in sysctl(8), if there is such a switch and it takes the value. */
  setSysctl(name: string, value: number | string): SysctlOutcome {
    const { sync_threshold: threshold, sync_period: period } = this.server.sysctl;
    const devices = this.interfaces.map((device) => device.name);
    const { hz } = this.config.kernel ?? DEFAULT_KERNEL;
    const { outcome, numbers } = readSysctl(name, value, devices, { hz, current: [threshold, period] });
    const [number] = numbers;
    if (number === undefined) return outcome;
    const own = name.startsWith("net.ipv4.vs.") ? name.slice("net.ipv4.vs.".length) : "";
    if (isVsSysctlName(own)) this.server.setSysctl(own, numbers);
    else if (outcome === "set") this.sysctl.set(name, number);
    return outcome;
  }

  /** Who hears the walk of each packet from now on; nobody if `undefined`, and then explaining costs nothing. */
  set trace(trace: Trace | undefined) {
    const asks = trace?.wantsCauses !== false;
    this.#question =
      trace instanceof WalkInQuestion ? trace : trace && asks ? new WalkInQuestion(trace, this.#asking()) : undefined;
    this.path.trace = this.#question ?? trace;
    this.#known = this.path.trace === trace && trace?.known !== undefined ? trace : undefined;
    if (trace !== undefined && asks && this.#history === undefined) this.remember();
    this.server.sync.observer = trace && observeSync(this.path, trace);
  }

  #asking(): Inquiry {
    this.#inquiry ??= new Inquiry(this);
    return this.#inquiry;
  }

  get trace(): Trace | undefined {
    return this.path.trace;
  }

  /** Connections that are gone, from when somebody first listened or asked to `remember`. */
  get history(): History | undefined {
    return this.#history;
  }

  /** Keeps in mind what connections there were, for explanations to come; until `forget`. */
  remember(): void {
    const { connections } = this.server;
    const history = new History(this.path);
    this.#history = history;
    connections.hastened = (row) => history.hasten(row);
    connections.expired = (row) => history.end(row);
  }

  /** Nobody asks any more: what is gone is gone. */
  forget(): void {
    this.#history = undefined;
    this.server.connections.hastened = undefined;
    this.server.connections.expired = undefined;
  }
}
