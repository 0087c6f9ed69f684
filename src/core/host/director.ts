/**
 * The director: a Linux host with IPVS, fed frame by frame. Here is what it consists of; the way of a packet begins in receive.ts,
 * and most of it is walk.ts, to be read from top to bottom.
 */

import type { DataPath, Route } from "../ipvs/data-path.ts";
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
import { SENT, VERDICTS, type Verdict } from "../trace/verdict.ts";
import { AF_INET, AF_INET6 } from "../wire/address.ts";
import { type AddressHandle, type AddressTable, familyOf, NO_ADDRESS } from "../wire/address-table.ts";
import { Frame, type InterfaceIndex } from "../wire/frame.ts";
import { HostClock } from "./clock.ts";
import type { HostConfig } from "./config/config.ts";
import { Foresight } from "./fast/foresight.ts";
import { NextHops } from "./fast/next-hops.ts";
import { HostFragments } from "./fragments/host-fragments.ts";
import { hostAddressesOf } from "./host-addresses.ts";
import type { Sockets } from "./host-stack.ts";
import { HostSysctl } from "./host-sysctl.ts";
import { type Interface, makeInterfaces } from "./interfaces.ts";
import { HostIpStack } from "./ip-stack.ts";
import { Marks } from "./marks.ts";
import { Membership } from "./multicast/membership.ts";
import { HostSyncSockets } from "./multicast/sync-sockets.ts";
import type { Neighbor } from "./neighbors/neighbor.ts";
import { addPermanentNeighbors, makeNeighborTable } from "./neighbors/neighbor-tables.ts";
import type { NeighborTable } from "./neighbors/neighbors.ts";
import { Peers } from "./own/peers.ts";
import { receiveOne, receiveTogether } from "./receive.ts";
import { RoutingTable } from "./routes.ts";
import { readSysctl, type SysctlOutcome } from "./sysctls.ts";
import { Tracing } from "./tracing.ts";
import { VirtualRouters } from "./vrrp/virtual-routers.ts";

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

export class Director {
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
  /** The groups that it has joined. */
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
  /** Whether packets of established connections do. */
  readonly takesFastPath: boolean;
  /** What was seen of frames before they are taken. */
  readonly foresight = new Foresight();
  /** Who hears the walk of each packet. */
  readonly tracing: Tracing;
  /** What IPVS, and the host itself, ask of its IP. */
  readonly ip: HostIpStack;
  readonly #clock: HostClock;
  readonly #link: Link;
  readonly #vrrpWaits: boolean;

  constructor(config: HostConfig, options: DirectorOptions) {
    const { seed = 1 } = options;
    const { hz, ticks } = config.kernel ?? DEFAULT_KERNEL;
    const clock = new KernelTicks(hz, ticks);
    this.config = config;
    this.#link = options.link;
    this.takesFastPath = options.fastPath ?? true;
    this.membership = new Membership(this, new SeededRandom(seed));
    this.syncSockets = new HostSyncSockets(this, seed);
    this.server = makeServer(this, clock, options);
    this.#clock = new HostClock(this.server, options.wallClock ?? 0);
    this.ip = new HostIpStack(this, seed);
    this.tracing = new Tracing(this);
    this.addresses = this.server.addresses;
    this.interfaces = makeInterfaces(config, this.addresses);
    this.sysctl = new HostSysctl(this.interfaces.map(({ name }) => name));
    this.marks = new Marks(config.marks, this.addresses);
    this.routes = new RoutingTable(
      this.addresses,
      this.interfaces,
      config,
      this.sysctl,
      (ifindex) => this.now < (options.tentativeUntil?.[ifindex] ?? 0),
    );
    this.peers = new Peers(this.addresses, clock, this.sysctl);
    this.limitConnections(config.connections?.max ?? options.mostConnections);
    this.path = {
      server: this.server,
      host: this.ip,
      trace: undefined,
      shown: new ShownValues(this.addresses),
      shared: new SharedEvents(),
      scratch: new Scratch(this.server.addresses),
      dropCounter: 0,
    };
    const count = (verdict: Verdict): void => this.count(verdict);
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
    return this.#clock.now;
  }

  /** Milliseconds since midnight UTC. */
  timeOfDay(): number {
    return this.#clock.timeOfDay();
  }

  /** Lets time pass up to the caller's `time` (microseconds of any epoch): timers fire, rates are estimated. */
  advance(time: number): void {
    if (!this.#clock.hasBegun) {
      this.#clock.begin(time);
      if (!this.#vrrpWaits) this.vrrp.start();
    }
    this.#clock.advance(time);
  }

  // --- frames

  /**
   * A frame arrives on a port at the caller's `time`. It is changed in place, and answered for by a verdict; what the
   * director sends because of it has gone to the link when this returns.
   */
  receive(frame: Frame, ifindex: InterfaceIndex, time: number): Verdict {
    this.advance(time);
    frame.ifindex = ifindex;
    return receiveOne(this, frame);
  }

  /**
   * Several frames that arrived on one port together, in order. The same as `receive` for each; but all are looked at before the first is
   * taken: where the connection table outgrows the processor's cache, their rows are fetched side by side instead of one after the other.
   */
  receiveAll(frames: readonly Frame[], count: number, ifindex: InterfaceIndex, time: number): void {
    this.advance(time);
    receiveTogether(this, frames, count, ifindex);
  }

  /** So many packets took the fast path, and were sent. */
  countTaken(packets: number): void {
    this.fastPackets += packets;
    this.counts[SENT] = (this.counts[SENT] ?? 0) + packets;
  }

  /** Also of a packet that was held or parked, and has come to nothing after all. */
  count(verdict: Verdict): void {
    this.counts[verdict] = (this.counts[verdict] ?? 0) + 1;
  }

  /** Puts a finished frame on the wire. */
  emit(frame: Frame, ifindex: InterfaceIndex): void {
    if (this.path.trace !== undefined) {
      this.path.trace.add({ kind: "sent", dev: this.interfaces[ifindex]?.name ?? "", bytes: this.copies.of(frame) });
    }
    this.#link.send(frame, ifindex);
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
    else this.sysctl.set(name, number);
    this.server.services.firstUnprivilegedPort = this.sysctl.value("net.ipv4.ip_unprivileged_port_start");
    return outcome;
  }

  /** Who hears the walk of each packet. */
  get trace(): Trace | undefined {
    return this.path.trace;
  }

  set trace(trace: Trace | undefined) {
    this.tracing.listen(trace);
  }
}

/** IPVS as this host runs it. */
function makeServer(director: Director, ticks: KernelTicks, { seed, capacity }: DirectorOptions): VirtualServer {
  const { kernel = DEFAULT_KERNEL, modules } = director.config;
  return new VirtualServer({
    syncSockets: director.syncSockets,
    ticks,
    release: kernelRelease(kernel.release),
    host: hostAddressesOf(director),
    ...(seed === undefined ? {} : { seed }),
    ...(capacity === undefined ? {} : { capacity }),
    ...(modules && { modules }),
  });
}
