/** A real server of a service: what `ipvsadm -a` adds. Mirrors struct ip_vs_dest, include/net/ip_vs.h. */
import type { Address } from "../wire/address.ts";
import { formatEndpoint } from "../wire/address.ts";
import { type AddressHandle, NO_ADDRESS } from "../wire/address-table.ts";
import type { Service } from "./service.ts";
import { Statistics } from "./statistics.ts";

/** IP_VS_CONN_F_TUNNEL_TYPE_*. */
export const TUNNEL_IPIP = 0;
export const TUNNEL_GUE = 1;
export const TUNNEL_GRE = 2;

/** IP_VS_TUNNEL_ENCAP_FLAG_*. */
export const TUNNEL_NO_CHECKSUM = 0;
export const TUNNEL_CHECKSUM = 1;
export const TUNNEL_REMOTE_CHECKSUM = 2;

/** No route is remembered: the next packet looks it up. */
export const ROUTE_UNKNOWN = 0;
/** A route shared with others (nhc_pcpu_rth_output): it does not say that the real server is the next hop. */
export const ROUTE_SHARED = 1;
/** A route of its own that names the real server as next hop, looked up by direct routing (FLOWI_FLAG_KNOWN_NH). */
export const ROUTE_OWN = 2;
/** A route with a path MTU learnt for the real server; it names the next hop, too. */
export const ROUTE_EXCEPTION = 3;

/** What `-a` and `-e` set anew each time. */
export interface DestinationOptions {
  /** The number of its forwarding method (forwarding/methods.ts). */
  readonly forwarding: number;
  readonly weight: number;
  readonly upperThreshold: number;
  readonly lowerThreshold: number;
  readonly tunnelType: number;
  readonly tunnelPort: number;
  readonly tunnelFlags: number;
}

/** Hears when a destination's load is no longer what it was: its connections, its weight, or whether it is overloaded. */
export interface LoadListener {
  loadChanged(destination: Destination): void;
}

export class Destination {
  readonly address: Address;
  /** The address's handle, kept by the virtual server that has the destination. */
  handle: AddressHandle = NO_ADDRESS;
  readonly port: number;
  /** The service it belongs (or, in the trash, belonged) to; a new service of the same name may take it over. */
  service: Service;
  forwarding: number;
  /** The scheduler that keeps its service's destinations in order; and where in that order it stands. */
  loadListener: LoadListener | undefined = undefined;
  place = 0;
  #weight: number;
  /** The last weight that was not 0 (or the first one given): what `mh` builds its table from. */
  lastWeight: number;
  upperThreshold = 0;
  lowerThreshold = 0;
  tunnelType = TUNNEL_IPIP;
  tunnelPort = 0;
  tunnelFlags = 0;
  #activeConnections = 0;
  #inactiveConnections = 0;
  /** Persistence templates bound to it. */
  persistentConnections = 0;
  /** IP_VS_DEST_F_AVAILABLE: false from deletion on. */
  available = true;
  #overloaded = false;
  /** Place in the virtual server's destination table; connections name their destination by it. */
  index = -1;
  /** Where the virtual server's index of real servers has it; `undefined` if it does not stand there. */
  chain: number | undefined = undefined;
  /** In the trash: when a sweep first found it without references, in microseconds; -1 before. */
  idleSince = -1;
  /** References of scheduler caches (lblc, lblcr). */
  cacheReferences = 0;
  /** What is remembered of the route to it; `-a` and `-e` forget it. */
  routeKind = ROUTE_UNKNOWN;
  /** MTU of the route that its last packet took; 0 before the first. */
  routeMtu = 0;
  readonly statistics = new Statistics();

  constructor(service: Service, address: Address, port: number, options: DestinationOptions) {
    this.service = service;
    this.address = address;
    this.port = port;
    this.forwarding = options.forwarding;
    this.#weight = options.weight;
    this.lastWeight = options.weight;
  }

  get weight(): number {
    return this.#weight;
  }
  set weight(value: number) {
    this.#weight = value;
    this.loadListener?.loadChanged(this);
  }

  get activeConnections(): number {
    return this.#activeConnections;
  }
  set activeConnections(value: number) {
    this.#activeConnections = value;
    this.loadListener?.loadChanged(this);
  }

  get inactiveConnections(): number {
    return this.#inactiveConnections;
  }
  set inactiveConnections(value: number) {
    this.#inactiveConnections = value;
    this.loadListener?.loadChanged(this);
  }

  /** IP_VS_DEST_F_OVERLOAD: set and cleared by the thresholds. */
  get overloaded(): boolean {
    return this.#overloaded;
  }
  set overloaded(value: boolean) {
    this.#overloaded = value;
    this.loadListener?.loadChanged(this);
  }
}

/** What lc, wlc, lblc and lblcr compare: ip_vs_dest_conn_overhead, include/net/ip_vs.h. 32-bit signed. */
export const connectionOverhead = (destination: Destination): number =>
  ((destination.activeConnections << 8) + destination.inactiveConnections) | 0;

/** `10.2.0.2:80`. */
export const describeDestination = (destination: Destination, port = destination.port): string =>
  formatEndpoint(destination.address, port);
