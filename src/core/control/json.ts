/** The listings as plain objects, for `--json`; not part of ipvsadm. Every listing has `v`, the version of its form. */
import {
  type Destination,
  TUNNEL_CHECKSUM,
  TUNNEL_GRE,
  TUNNEL_GUE,
  TUNNEL_IPIP,
  TUNNEL_NO_CHECKSUM,
  TUNNEL_REMOTE_CHECKSUM,
} from "../ipvs/destination.ts";
import { methodOf } from "../ipvs/forwarding/methods.ts";
import type { LocalAddress } from "../ipvs/local-address.ts";
import { protocolName } from "../ipvs/protocols/protocols.ts";
import type { Service } from "../ipvs/service.ts";
import { CONNECTIONS, IN_BYTES, IN_PACKETS, OUT_BYTES, OUT_PACKETS, type Statistics } from "../ipvs/statistics.ts";
import type { VirtualServer } from "../ipvs/virtual-server.ts";
import { AF_INET, formatAddress, formatIpv4 } from "../wire/address.ts";
import { type ConnectionEntry, connectionEntries, type EntryEnd } from "./connection-entry.ts";
import { schedulerName } from "./listing/service-text.ts";
import { sortedDestinations, sortedServices } from "./listing/sort.ts";
import { schedulerFlagNames } from "./scheduler-flags.ts";

export const LISTING_KINDS = ["services", "connections", "timeouts", "daemons", "statistics"] as const;
export type ListingKind = (typeof LISTING_KINDS)[number];

const VERSION = 1;

export interface JsonOptions {
  /** Services and destinations in the kernel's order instead of the listings'. */
  readonly nosort?: boolean;
  /** Only these services. */
  readonly services?: readonly Service[];
}

/** What `ipvsadm -L` with the like-named options shows, as an object that JSON can hold. */
export function listingJson(kind: ListingKind, server: VirtualServer, options: JsonOptions = {}): object {
  switch (kind) {
    case "services":
      return servicesJson(options.services ?? server.services.list(), options.nosort ?? false);
    case "connections":
      return { v: VERSION, connections: connectionEntries(server.connections).map(connectionJson) };
    case "timeouts": {
      const { tcp, tcpFin, udp } = server.connections.timeouts.shown();
      return { v: VERSION, timeouts: { tcpSeconds: tcp, tcpFinSeconds: tcpFin, udpSeconds: udp } };
    }
    case "daemons":
      return {
        v: VERSION,
        daemons: server.daemons.map((daemon) => ({ ...daemon, group: formatAddress(daemon.group) })),
      };
    case "statistics":
      return { v: VERSION, ...statisticsJson(server.totals) };
  }
}

function servicesJson(services: readonly Service[], nosort: boolean): object {
  const ordered = nosort ? services : sortedServices(services);
  return { v: VERSION, services: ordered.map((service) => serviceJson(service, nosort)) };
}

function serviceJson(service: Service, nosort: boolean): object {
  const destinations = nosort ? service.destinations : sortedDestinations(service.destinations);
  return {
    ...serviceNameJson(service),
    scheduler: schedulerName(service),
    schedulerFlags: schedulerFlagNames(service.flags, schedulerName(service)) ?? [],
    onePacket: service.onePacket,
    ...(service.persistent ? { persistence: persistenceJson(service) } : {}),
    ...statisticsJson(service.statistics),
    localAddresses: service.localAddresses.map(localAddressJson),
    destinations: destinations.map(destinationJson),
  };
}

const familyName = (family: number): string => (family === AF_INET ? "IPv4" : "IPv6");

function serviceNameJson(service: Service): object {
  const family = familyName(service.family);
  if (service.fwmark !== 0) return { family, fwmark: service.fwmark };
  const { protocol, address, port } = service;
  return { family, protocol: protocolName(protocol), address: formatAddress(address), port };
}

const persistenceJson = ({ timeoutSeconds, family, netmask, persistenceEngine }: Service): object => ({
  timeoutSeconds,
  ...(family === AF_INET ? { netmask: formatIpv4(netmask) } : { prefixLength: netmask }),
  ...(persistenceEngine === "" ? {} : { engine: persistenceEngine }),
});

const localAddressJson = ({ address, connections, conflicts }: LocalAddress): object => ({
  address: formatAddress(address),
  connections,
  conflicts,
});

const TUNNEL_NAMES: Readonly<Record<number, string>> = {
  [TUNNEL_IPIP]: "ipip",
  [TUNNEL_GUE]: "gue",
  [TUNNEL_GRE]: "gre",
};

const CHECKSUM_NAMES: Readonly<Record<number, string>> = {
  [TUNNEL_NO_CHECKSUM]: "none",
  [TUNNEL_CHECKSUM]: "full",
  [TUNNEL_REMOTE_CHECKSUM]: "remote",
};

const destinationJson = (destination: Destination): object => ({
  address: formatAddress(destination.address),
  port: destination.port,
  forwarding: methodOf(destination.forwarding).name,
  ...(methodOf(destination.forwarding).tunnels ? { tunnel: tunnelJson(destination) } : {}),
  weight: destination.weight,
  upperThreshold: destination.upperThreshold,
  lowerThreshold: destination.lowerThreshold,
  overloaded: destination.overloaded,
  activeConnections: destination.activeConnections,
  inactiveConnections: destination.inactiveConnections,
  persistentConnections: destination.persistentConnections,
  ...statisticsJson(destination.statistics),
});

const tunnelJson = ({ tunnelType, tunnelPort, tunnelFlags }: Destination): object => ({
  type: TUNNEL_NAMES[tunnelType],
  ...(tunnelType === TUNNEL_GUE ? { port: tunnelPort } : {}),
  ...(tunnelType === TUNNEL_IPIP ? {} : { checksum: CHECKSUM_NAMES[tunnelFlags] }),
});

const statisticsJson = (statistics: Statistics): { readonly statistics: object; readonly rates: object } => ({
  statistics: counters((counter) => statistics.shown(counter)),
  rates: counters((counter) => statistics.rate(counter)),
});

const counters = (of: (counter: number) => number): object => ({
  connections: of(CONNECTIONS),
  inPackets: of(IN_PACKETS),
  outPackets: of(OUT_PACKETS),
  inBytes: of(IN_BYTES),
  outBytes: of(OUT_BYTES),
});

const endJson = ({ address, port }: EntryEnd): object => ({ address: formatAddress(address), port });

const connectionJson = (entry: ConnectionEntry): object => ({
  protocol: entry.protocolName,
  template: entry.isTemplate,
  state: entry.state,
  secondsLeft: entry.secondsLeft,
  forwarding: entry.method,
  client: endJson(entry.client),
  virtual: endJson(entry.virtual),
  destination: endJson(entry.destination),
  ...(entry.local === undefined ? {} : { local: endJson(entry.local) }),
  ...(entry.engine === undefined ? {} : { engine: entry.engine }),
});
