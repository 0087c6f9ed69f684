/** Finds the service of a packet or of a command. Mirrors the service tables of net/netfilter/ipvs/ip_vs_ctl.c. */

import { AF_INET, AF_INET6, type Family, xorOfWords } from "../wire/address.ts";
import { type AddressHandle, type AddressTable, familyOf } from "../wire/address-table.ts";
import { PROTOCOL_TCP } from "../wire/ipv4.ts";
import { ControlError } from "./control-error.ts";
import type { Service, ServiceKey } from "./service.ts";
import { ServiceIndex } from "./service-index.ts";

const CHAINS = 256;
export const FTP_PORT = 21;
const FTP_DATA_PORT = 20;

export class ServiceTable {
  readonly #addresses: AddressTable;
  /** Services by protocol, address and port, newest first in each chain. */
  readonly #byAddress: Service[][] = Array.from({ length: CHAINS }, () => []);
  readonly #byMark: Service[][] = Array.from({ length: CHAINS }, () => []);
  /** All of them, for look-ups: the chains say in which order they are listed. */
  readonly #index = new ServiceIndex();
  /** What `list` said last, as long as it is so: some packets make IPVS look through all services. */
  #listed: Service[] | undefined = undefined;
  /** Those on the FTP port. */
  readonly #ftp = new Set<Service>();
  #portZeroServices = 0;
  #ipv4Services = 0;
  #ipv6Services = 0;
  #hadIpv6 = false;
  /** net.ipv4.ip_unprivileged_port_start: from there on, FTP may use a port for data. */
  firstUnprivilegedPort = 1024;

  constructor(addresses: AddressTable) {
    this.#addresses = addresses;
  }

  /**
   * Whether IPVS looks at packets of a family at all: its hooks stand as long as there is a service of it
   * (ip_vs_ctl.c: ip_vs_add_service, __ip_vs_del_service).
   * @ipvs #Y service "Without any service of a family its hooks are gone: connections age, but no packet is looked up"
   */
  hooks(family: Family | 0): boolean {
    return (family === AF_INET6 ? this.#ipv6Services : this.#ipv4Services) > 0;
  }

  /**
   * Whether there has ever been an IPv6 service or real server: with the first one netfilter begins to put IPv6 datagrams together,
   * and does not stop (ip_vs_ctl.c: ip_vs_add_service, ip_vs_new_dest, nf_defrag_ipv6_enable).
   */
  get defragmentsIpv6(): boolean {
    return this.#hadIpv6;
  }

  /** There is a new real server, of any service. */
  hasServerOf(family: Family): void {
    if (family === AF_INET6) this.#hadIpv6 = true;
  }

  add(service: Service): void {
    this.#chainOf(service).unshift(service);
    this.#index.add(service);
    this.#count(service, 1);
    this.#listed = undefined;
  }

  remove(service: Service): void {
    const chain = this.#chainOf(service);
    chain.splice(chain.indexOf(service), 1);
    this.#index.remove(service);
    this.#count(service, -1);
    this.#listed = undefined;
  }

  /**
   * Every service in the kernel's order: chains 0 to 255 of the address table, then of the mark table.
   * differs: the kernel mixes a per-boot byte into the chain number; here it is 0.
   */
  list(): Service[] {
    this.#listed ??= [...this.#byAddress.flat(), ...this.#byMark.flat()];
    return this.#listed;
  }

  /** The service that exactly this key names. */
  find(key: ServiceKey): Service | undefined {
    if (key.fwmark !== 0) return this.#index.marked(key.family, key.fwmark);
    return this.#index.at(key.protocol, this.#addresses.of(key.address), key.port);
  }

  /** The same; throws ESRCH. */
  get(key: ServiceKey): Service {
    const service = this.find(key);
    if (service === undefined) throw new ControlError("ESRCH", "no such service");
    return service;
  }

  /**
   * The service of a packet (ip_vs_service_find): by mark; else exactly; else the FTP service for an
   * unprivileged port; else a service on port 0.
   * @ipvs #Y service "A firewall-mark service wins over an exact one; FTP and port-0 services catch other ports"
   */
  ofPacket(mark: number, protocol: number, destination: AddressHandle, port: number): Service | undefined {
    if (mark !== 0) {
      const marked = this.#index.marked(familyOf(destination), mark);
      if (marked !== undefined) return marked;
    }
    const exact = this.#index.at(protocol, destination, port);
    if (exact !== undefined) return exact;
    if (
      protocol === PROTOCOL_TCP &&
      this.#ftp.size > 0 &&
      (port === FTP_DATA_PORT || port >= this.firstUnprivilegedPort)
    ) {
      const ftp = this.#index.at(protocol, destination, FTP_PORT);
      if (ftp !== undefined) return ftp;
    }
    return this.#portZeroServices > 0 ? this.#index.at(protocol, destination, 0) : undefined;
  }

  /**
   * Whether connection tracking is at work for a family: a service on the FTP port asks for it when it gets its first masqueraded real
   * server, whether or not the FTP helper is loaded (ip_vs_ctl.c: __ip_vs_update_dest).
   */
  tracksConnections(family: Family): boolean {
    for (const service of this.#ftp) if (service.tracksConnections && service.family === family) return true;
    return false;
  }

  /** How often connection tracking has begun to work, for either family. */
  trackingPeriod = 0;

  /** The service asks for connection tracking, as long as it is there. */
  track(service: Service): void {
    if (!this.tracksConnections(service.family)) this.trackingPeriod++;
    service.tracksConnections = true;
  }

  /** Whether any destination is of another family than its service. */
  mixesFamilies(): boolean {
    return this.list().some(({ destinations, family }) =>
      destinations.some(({ address }) => address.family !== family),
    );
  }

  #chainOf(key: ServiceKey): Service[] {
    const chain =
      key.fwmark !== 0
        ? this.#byMark[key.fwmark & (CHAINS - 1)]
        : this.#byAddress[chainNumber(key.protocol, xorOfWords(key.address), key.port)];
    return chain ?? [];
  }

  #count(service: Service, change: number): void {
    if (service.family === AF_INET) this.#ipv4Services += change;
    else {
      this.#ipv6Services += change;
      this.#hadIpv6 = true;
    }
    if (service.fwmark !== 0) return;
    if (service.port === FTP_PORT && change > 0) this.#ftp.add(service);
    if (change < 0) this.#ftp.delete(service);
    if (service.port === 0) this.#portZeroServices += change;
  }
}

/** ip_vs_ctl.c: ip_vs_svc_hashkey, without its per-boot byte. */
const chainNumber = (protocol: number, folded: number, port: number): number =>
  (protocol ^ folded ^ (port >> 8) ^ port) & (CHAINS - 1);
