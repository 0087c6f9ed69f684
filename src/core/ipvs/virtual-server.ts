/**
 * The virtual server: services, destinations, connections, and what `ipvsadm` may change of them.
 * Mirrors the control side of net/netfilter/ipvs/ip_vs_ctl.c. What happens to packets is in in.ts and out.ts.
 */
import { DEFAULT_KERNEL, type KernelRelease, kernelRelease } from "../kernel/releases.ts";
import { KernelTicks, type Microseconds } from "../time/kernel-ticks.ts";
import { KernelTimers } from "../time/kernel-timers.ts";
import { type Address, AF_INET6, sameAddress } from "../wire/address.ts";
import { AddressTable } from "../wire/address-table.ts";
import { APPS } from "./apps/apps.ts";
import { ChangeLog } from "./change-log.ts";
import { Connections } from "./connections.ts";
import { ControlError } from "./control-error.ts";
import { Destinations } from "./destinations.ts";
import { Engines } from "./engines/engines.ts";
import { Housekeeping } from "./housekeeping.ts";
import { LocalAddress } from "./local-address.ts";
import type { ModuleLine } from "./modules.ts";
import { SeededRandom } from "./random.ts";
import type { SchedulerContext, SchedulerFactory } from "./schedulers/scheduler.ts";
import { schedulerFactory } from "./schedulers/schedulers.ts";
import { Service, type ServiceKey, type ServiceOptions } from "./service.ts";
import { ServiceTable } from "./service-table.ts";
import { Statistics } from "./statistics.ts";
import { daemonOf, NO_SOCKETS, type SyncDaemon, type SyncSockets, type WantedDaemon } from "./sync/daemon.ts";
import { Synchronization } from "./sync/synchronization.ts";
import { type VsSysctl, type VsSysctlName, vsSysctlDefaults } from "./sysctl.ts";

/** What the virtual server asks of the host it runs on. */
export interface HostAddresses {
  /** Local or unicast: fit to be a real server (ip_vs_ctl.c: ip_vs_new_dest). */
  isUnicastOrLocal(address: Address): boolean;
  hasInterface(name: string): boolean;
  /** The MTU of an interface. */
  mtuOf?(name: string): number | undefined;
  /** A local address of a FULLNAT service is the host's own from now on (iqiyi/dpvs: dp_vs_laddr_add). */
  claim?(address: Address): void;
  /** No service and no connection uses the local address any more. */
  release?(address: Address): void;
}

export interface VirtualServerOptions {
  readonly host: HostAddresses;
  /** Left out: daemons are kept and listed, and hear nobody. */
  readonly syncSockets?: SyncSockets;
  /** For `twos` and `drop_entry`, and for the hash of the connection table. */
  readonly seed?: number;
  /** Rows of the connection table to begin with, a power of two. */
  readonly capacity?: number;
  /** Helpers and persistence engines that are there; left out: no helper, and every engine as soon as a service names it. */
  readonly modules?: readonly ModuleLine[];
  /** The kernel's clock and its release; DEFAULT_KERNEL's if absent. */
  readonly ticks?: KernelTicks;
  readonly release?: KernelRelease;
}

export class VirtualServer {
  readonly sysctl: VsSysctl = vsSysctlDefaults();
  readonly addresses: AddressTable;
  readonly services: ServiceTable;
  readonly connections: Connections;
  readonly totals = new Statistics();
  /** What commands did, for explanations. */
  readonly changes = new ChangeLog();
  readonly ticks: KernelTicks;
  readonly agenda: KernelTimers;
  /** Of the kernel: what it does differently from others. */
  readonly release: KernelRelease;
  readonly random: SeededRandom;
  readonly sync: Synchronization;
  /** The persistence engines. */
  readonly engines: Engines;
  /** What commands do to real servers. */
  readonly destinations: Destinations;
  /** What happens by itself. */
  readonly housekeeping: Housekeeping;
  readonly #host: HostAddresses;
  readonly #schedulerContext: SchedulerContext;
  #latest = 0;

  constructor(options: VirtualServerOptions) {
    this.#host = options.host;
    this.ticks = options.ticks ?? new KernelTicks(DEFAULT_KERNEL.hz);
    this.release = options.release ?? kernelRelease(DEFAULT_KERNEL.release);
    this.agenda = new KernelTimers(this.ticks);
    this.random = new SeededRandom(options.seed ?? 1);
    this.addresses = new AddressTable(options.seed);
    this.services = new ServiceTable(this.addresses);
    this.connections = new Connections(this.addresses, this.sysctl, this.ticks, options.capacity, options.seed);
    this.sync = new Synchronization(this, options.syncSockets ?? NO_SOCKETS);
    this.engines = new Engines(options.modules);
    for (const { name, ports } of options.modules ?? []) {
      const app = APPS[name];
      if (app !== undefined) this.connections.apps.load(app, ports);
    }
    this.#schedulerContext = {
      now: () => this.connections.timers.now,
      random: (limit) => this.random.upTo(limit),
      sysctl: this.sysctl,
    };
    this.housekeeping = new Housekeeping(this);
    this.destinations = new Destinations(this, (address) => options.host.isUnicastOrLocal(address));
  }

  /** Microseconds of the director's clock, as of the last `advance`. */
  get now(): Microseconds {
    return this.connections.timers.now;
  }

  /** Where `advance` is going; periodic work looks at it to skip what a long silence makes pointless. */
  get latest(): Microseconds {
    return this.#latest;
  }

  /**
   * Lets time pass up to `now`, in microseconds: timers fire and appointments are kept in the order they are due.
   * `onDue` is told of each moment before what is due then runs.
   */
  advance(now: Microseconds, onDue: (due: number) => void = () => {}): void {
    this.#latest = now;
    this.addresses.beginWalk();
    for (let due = this.agenda.takeDue(now); due !== undefined; due = this.agenda.takeDue(now)) {
      this.connections.timers.advance(due.at);
      onDue(due.at);
      due.run(due.at);
    }
    this.connections.timers.advance(now);
  }

  /** Sets a switch under net.ipv4.vs to what its type reads; only sync_threshold has a second number. */
  setSysctl(name: VsSysctlName, [value = 0, period]: readonly number[]): void {
    this.sysctl[name] = value;
    if (period !== undefined) this.sysctl.sync_period = period;
  }

  // --- services

  /** `-A`. Throws EEXIST, ENOENT (scheduler or engine) or EINVAL (IPv6 prefix). */
  addService(key: ServiceKey, options: ServiceOptions): Service {
    if (this.services.find(key) !== undefined) throw new ControlError("EEXIST", "service exists");
    const factory = this.#checkOptions(key, options);
    const service = new Service(key, options);
    service.handle = this.addresses.kept(key.address);
    this.#bindScheduler(service, factory);
    this.services.add(service);
    if (service.persistenceEngine !== "") this.engines.noteServices(this.services.list());
    this.changes.noteService("service added", service, this.now);
    return service;
  }

  /**
   * `-E`: sets every option anew. A scheduler of the same name keeps its state.
   * @ipvs #Y service "-E rebinds the scheduler only when its name changes"
   */
  editService(key: ServiceKey, options: ServiceOptions): void {
    const service = this.services.get(key);
    const factory = this.#checkOptions(key, options);
    if ((service.scheduler?.name ?? "none") !== options.scheduler) {
      service.scheduler?.unbind?.();
      this.#bindScheduler(service, factory);
    }
    service.flags = options.flags;
    service.timeoutSeconds = options.timeoutSeconds;
    service.netmask = options.netmask;
    service.persistenceEngine = options.persistenceEngine;
    service.toa = options.toa ?? 0;
    this.engines.noteServices(this.services.list());
    this.changes.noteService("service edited", service, this.now);
  }

  /** `-D`. Throws ESRCH. Destinations go to the trash, connections stay. */
  deleteService(key: ServiceKey): void {
    this.#dismantle(this.services.get(key));
  }

  /** `-C`. */
  flush(): void {
    for (const service of this.services.list()) this.#dismantle(service);
  }

  #dismantle(service: Service): void {
    this.services.remove(service);
    this.addresses.release(service.handle);
    if (service.persistenceEngine !== "") this.engines.noteServices(this.services.list());
    const scheduler = service.scheduler;
    service.scheduler = undefined;
    scheduler?.unbind?.();
    for (const destination of [...service.destinations]) this.destinations.unlink(destination);
    this.changes.noteService("service deleted", service, this.now);
  }

  #checkOptions(key: ServiceKey, options: ServiceOptions): SchedulerFactory | undefined {
    const factory = schedulerFactory(options.scheduler);
    if (factory === undefined && options.scheduler !== "none") throw new ControlError("ENOENT", "no such scheduler");
    const { persistenceEngine } = options;
    if (persistenceEngine !== "" && this.engines.load(persistenceEngine) === undefined) {
      throw new ControlError("ENOENT", "no such persistence engine");
    }
    if (key.family === AF_INET6 && (options.netmask < 1 || options.netmask > 128)) {
      throw new ControlError("EINVAL", "prefix length outside 1 to 128");
    }
    return factory;
  }

  #bindScheduler(service: Service, factory: SchedulerFactory | undefined): void {
    const scheduler = factory?.(service, this.#schedulerContext);
    service.scheduler = scheduler;
    if (scheduler?.age !== undefined) this.housekeeping.age(service, scheduler);
  }

  // --- the rest of ipvsadm

  /** `-Z`, of one service or of everything. Throws ESRCH. */
  zero(key?: ServiceKey): void {
    const services = key === undefined ? this.services.list() : [this.services.get(key)];
    for (const service of services) {
      service.statistics.zero();
      for (const destination of service.destinations) destination.statistics.zero();
    }
    if (key === undefined) this.totals.zero();
  }

  /** `--set`, in seconds; 0 keeps what is set. Connections take it over with their next packet. */
  setTimeouts(tcp: number, tcpFin: number, udp: number): void {
    this.connections.timeouts.set(tcp, tcpFin, udp);
  }

  /** `-P`: throws ESRCH, EEXIST. */
  addLocalAddress(key: ServiceKey, address: Address): void {
    const pool = this.services.get(key).localAddresses;
    if (pool.some((local) => sameAddress(local.address, address)))
      throw new ControlError("EEXIST", "local address exists");
    const local = new LocalAddress(address, this.addresses.kept(address));
    this.connections.localAddresses.remember(local);
    pool.push(local);
    this.#host.claim?.(address);
  }

  /** `-Q`: throws ESRCH, ENOENT. Live connections keep the address until they expire. */
  deleteLocalAddress(key: ServiceKey, address: Address): void {
    const pool = this.services.get(key).localAddresses;
    const index = pool.findIndex((local) => sameAddress(local.address, address));
    if (index < 0) throw new ControlError("ENOENT", "no such local address");
    const [local] = pool.splice(index, 1);
    const shared = this.services
      .list()
      .some(({ localAddresses }) => localAddresses.some((other) => sameAddress(other.address, address)));
    if (!shared && local?.connections === 0) this.#host.release?.(address);
  }

  get daemons(): readonly SyncDaemon[] {
    return this.sync.daemons;
  }

  /** What a daemon of either state needs: throws EINVAL, ENODEV (ip_vs_ctl.c: ip_vs_genl_new_daemon). */
  checkDaemon(mcastInterface: string): void {
    if (this.services.mixesFamilies()) throw new ControlError("EINVAL", "destinations of another family");
    if (!this.#host.hasInterface(mcastInterface)) throw new ControlError("ENODEV", "no such interface");
  }

  /** `--start-daemon`: throws EINVAL, ENODEV, EEXIST (ip_vs_sync.c: start_sync_thread). */
  startDaemon(wanted: WantedDaemon): void {
    this.checkDaemon(wanted.mcastInterface);
    this.sync.start(daemonOf(wanted, this.#host.mtuOf?.(wanted.mcastInterface)));
  }

  /** `--stop-daemon`: throws ESRCH. */
  stopDaemon(state: SyncDaemon["state"]): void {
    this.sync.stop(state);
  }
}
