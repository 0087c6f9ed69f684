/** A virtual service: what `ipvsadm -A` adds. Mirrors struct ip_vs_service, include/net/ip_vs.h. */
import type { Address, Family } from "../wire/address.ts";
import { formatEndpoint } from "../wire/address.ts";
import { type AddressHandle, NO_ADDRESS } from "../wire/address-table.ts";
import type { Destination } from "./destination.ts";
import type { LocalAddress } from "./local-address.ts";
import { protocolName } from "./protocols/protocols.ts";
import type { Scheduler } from "./schedulers/scheduler.ts";
import { Statistics } from "./statistics.ts";

/** What a firewall-mark service shows where others show their protocol: the kernel stores it as TCP, ipvsadm reads 0. */
export const NO_PROTOCOL = 0;

/** IP_VS_SVC_F_*, include/uapi/linux/ip_vs.h. */
export const SERVICE_PERSISTENT = 0x1;
export const SERVICE_ONE_PACKET = 0x4;
export const SERVICE_SCHED1 = 0x8;
export const SERVICE_SCHED2 = 0x10;
export const SERVICE_SCHED3 = 0x20;

/** What names a service: a firewall mark (`fwmark` not 0; then protocol, address and port are 0), else protocol, address and port. */
export interface ServiceKey {
  readonly family: Family;
  readonly protocol: number;
  readonly address: Address;
  readonly port: number;
  readonly fwmark: number;
}

/** What `-A` and `-E` set anew each time. */
export interface ServiceOptions {
  /** The scheduler's name, `none` for none. */
  readonly scheduler: string;
  /** SERVICE_PERSISTENT, SERVICE_ONE_PACKET, SERVICE_SCHED1..3. */
  readonly flags: number;
  /** Persistence timeout in seconds; 0 if not persistent. */
  readonly timeoutSeconds: number;
  /** IPv4: the mask in host order. IPv6: the prefix length. */
  readonly netmask: number;
  /** Persistence engine, `` for none. */
  readonly persistenceEngine: string;
  /** FULLNAT: TOA_OFF (if left out), TOA_DPVS or TOA_ALIBABA. */
  readonly toa?: number;
}

export class Service {
  readonly family: Family;
  readonly protocol: number;
  readonly address: Address;
  readonly port: number;
  readonly fwmark: number;
  /** The address's handle, kept by the virtual server that has the service. */
  handle: AddressHandle = NO_ADDRESS;
  flags: number;
  timeoutSeconds: number;
  netmask: number;
  persistenceEngine: string;
  /** FULLNAT: whether and when the client's address goes along in a TCP option (forwarding/toa.ts). */
  toa: number;
  /** It has asked for connection tracking (ip_vs_nfct.c: ip_vs_register_conntrack). */
  tracksConnections = false;
  /** `undefined` when the scheduler is `none`. */
  scheduler: Scheduler | undefined;
  /** Newest first, as __ip_vs_update_dest links them (net/netfilter/ipvs/ip_vs_ctl.c): schedulers walk it from the head. */
  readonly destinations: Destination[] = [];
  readonly statistics = new Statistics();
  /** The pool of a FULLNAT service, in the order added. */
  readonly localAddresses: LocalAddress[] = [];
  /** Round-robin position in `localAddresses`. */
  nextLocalAddress = 0;

  constructor(key: ServiceKey, options: ServiceOptions) {
    this.family = key.family;
    this.protocol = key.fwmark === 0 ? key.protocol : NO_PROTOCOL;
    this.address = key.address;
    this.port = key.port;
    this.fwmark = key.fwmark;
    this.flags = options.flags;
    this.timeoutSeconds = options.timeoutSeconds;
    this.netmask = options.netmask;
    this.persistenceEngine = options.persistenceEngine;
    this.toa = options.toa ?? 0;
    this.scheduler = undefined;
  }

  get persistent(): boolean {
    return (this.flags & SERVICE_PERSISTENT) !== 0;
  }

  get onePacket(): boolean {
    return (this.flags & SERVICE_ONE_PACKET) !== 0;
  }
}

/** `TCP 10.0.0.100:80` or `FWM 7`, for sentences and logs; listings have their own form (control/listing). */
export function describeService(service: ServiceKey): string {
  if (service.fwmark !== 0) return `FWM ${service.fwmark}`;
  return `${protocolName(service.protocol)} ${formatEndpoint(service.address, service.port)}`;
}
