/** The real servers of all services: what `ipvsadm -a`, `-e` and `-d` do. Mirrors ip_vs_add_dest and its like, net/netfilter/ipvs/ip_vs_ctl.c. */
import { type Address, AF_INET6, type Family } from "../wire/address.ts";
import { ANSWERS_AS_SERVER } from "./connection-rows.ts";
import { ControlError } from "./control-error.ts";
import { Destination, type DestinationOptions, ROUTE_SHARED, ROUTE_UNKNOWN, TUNNEL_GUE } from "./destination.ts";
import { methodOf } from "./forwarding/methods.ts";
import { RealServerIndex } from "./real-server-index.ts";
import type { Service, ServiceKey } from "./service.ts";
import { FTP_PORT } from "./service-table.ts";
import { afterEdit } from "./thresholds.ts";
import { Trash } from "./trash.ts";
import type { VirtualServer } from "./virtual-server.ts";

export class Destinations {
  readonly #server: VirtualServer;
  readonly #isUnicastOrLocal: (address: Address) => boolean;
  /** Those in a service, by their own address. */
  readonly index = new RealServerIndex();
  readonly #trash: Trash;

  /** `isUnicastOrLocal`: whether an address is fit to be a real server (ip_vs_new_dest). */
  constructor(server: VirtualServer, isUnicastOrLocal: (address: Address) => boolean) {
    this.#server = server;
    this.#isUnicastOrLocal = isUnicastOrLocal;
    this.#trash = new Trash(server.agenda, (destination) => this.#forget(destination));
  }

  /** `-a`. Throws ESRCH, ERANGE, EINVAL, EEXIST. */
  add(key: ServiceKey, address: Address, port: number, options: DestinationOptions): Destination {
    const { changes, connections, now, services } = this.#server;
    const service = services.get(key);
    this.#check(service, address, options);
    if (this.#find(service, address, port) !== undefined) throw new ControlError("EEXIST", "destination exists");
    const former = this.#trash.takeBack(service, address, port);
    if (former === undefined && !this.#isUnicastOrLocal(address)) {
      throw new ControlError("EINVAL", "address not unicast");
    }
    const destination = former ?? this.#make(service, address, port, options);
    connections.bindings.remember(destination);
    if (destination.service !== service) {
      destination.service = service;
      destination.statistics.restart();
    }
    destination.lastWeight = options.weight;
    this.#update(destination, options);
    service.destinations.unshift(destination);
    service.scheduler?.destinationAdded?.(destination);
    changes.noteServer("server added", destination, now);
    return destination;
  }

  /** `-e`: sets every option anew. Throws ESRCH, ERANGE, EINVAL, ENOENT. */
  edit(key: ServiceKey, address: Address, port: number, options: DestinationOptions): void {
    const { changes, now, services } = this.#server;
    const service = services.get(key);
    this.#check(service, address, options);
    const destination = this.#get(service, address, port);
    const before = destination.weight;
    this.#update(destination, options);
    service.scheduler?.destinationUpdated?.(destination);
    changes.noteServer("server edited", destination, now, before);
  }

  /** `-d`. Throws ESRCH, ENOENT. Its connections stay. */
  delete(key: ServiceKey, address: Address, port: number): void {
    this.unlink(this.#get(this.#server.services.get(key), address, port));
  }

  /** Takes a real server from its service into the trash (__ip_vs_unlink_dest, __ip_vs_del_dest). */
  unlink(destination: Destination): void {
    const { changes, housekeeping, now, sysctl } = this.#server;
    const { service } = destination;
    const at = service.destinations.indexOf(destination);
    destination.available = false;
    service.destinations.splice(at, 1);
    this.index.remove(destination);
    service.scheduler?.destinationRemoved?.(destination, at);
    changes.noteServer("server deleted", destination, now);
    this.#trash.add(destination, now);
    if (sysctl.expire_nodest_conn !== 0) housekeeping.flushSoon();
  }

  /**
   * A path MTU was learnt: routes that real servers share with others are looked up anew (net/ipv4/route.c: update_or_create_fnhe), and
   * all of IPv6 (net/ipv6/route.c: rt6_insert_exception).
   */
  forgetRoutes(family: Family): void {
    for (const { destinations } of this.#server.services.list()) {
      for (const destination of destinations) {
        if (destination.address.family !== family) continue;
        if (family === AF_INET6 || destination.routeKind === ROUTE_SHARED) destination.routeKind = ROUTE_UNKNOWN;
      }
    }
  }

  #find(service: Service, address: Address, port: number): Destination | undefined {
    const handle = this.#server.addresses.of(address);
    return service.destinations.find((destination) => destination.handle === handle && destination.port === port);
  }

  /** The same; throws ENOENT. */
  #get(service: Service, address: Address, port: number): Destination {
    const destination = this.#find(service, address, port);
    if (destination === undefined) throw new ControlError("ENOENT", "no such destination");
    return destination;
  }

  #make(service: Service, address: Address, port: number, options: DestinationOptions): Destination {
    const { addresses, services } = this.#server;
    const destination = new Destination(service, address, port, options);
    destination.handle = addresses.kept(address);
    services.hasServerOf(address.family);
    return destination;
  }

  #forget(destination: Destination): void {
    this.#server.connections.bindings.forget(destination);
    this.#server.addresses.release(destination.handle);
  }

  #check(service: Service, address: Address, options: DestinationOptions): void {
    const takes = methodOf(options.forwarding).takesServer(service.family, address.family);
    if (!takes || (address.family !== service.family && this.#server.sync.daemons.length > 0)) {
      throw new ControlError("EINVAL", "address family differs from the service's");
    }
    if (options.weight < 0) throw new ControlError("ERANGE", "weight below 0");
    if (options.lowerThreshold > options.upperThreshold) {
      throw new ControlError("ERANGE", "lower threshold above the upper one");
    }
    if (options.tunnelType === TUNNEL_GUE && options.tunnelPort === 0) {
      throw new ControlError("EINVAL", "GUE needs a tunnel port");
    }
  }

  /** What add and edit have in common (__ip_vs_update_dest). */
  #update(destination: Destination, options: DestinationOptions): void {
    if (differsInWay(destination, options)) this.index.remove(destination);
    destination.weight = options.weight;
    if (options.weight !== 0) destination.lastWeight = options.weight;
    destination.forwarding = options.forwarding;
    const { service } = destination;
    // FTP through NAT needs connection tracking to rewrite replies.
    if (methodOf(options.forwarding).answers === ANSWERS_AS_SERVER && service.port === FTP_PORT)
      this.#server.services.track(service);
    destination.tunnelType = options.tunnelType;
    destination.tunnelPort = options.tunnelPort;
    destination.tunnelFlags = options.tunnelFlags;
    if (destination.chain === undefined) this.index.add(destination);
    destination.available = true;
    destination.routeKind = ROUTE_UNKNOWN;
    afterEdit(destination, options.upperThreshold, options.lowerThreshold);
  }
}

/** Whether packets are to go to a real server in another way than now. */
const differsInWay = (now: Destination, { forwarding, tunnelType, tunnelPort }: DestinationOptions): boolean =>
  now.forwarding !== forwarding || now.tunnelType !== tunnelType || now.tunnelPort !== tunnelPort;
