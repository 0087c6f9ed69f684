/** Connections as `ipvsadm -Lnc` lists them, and counters as `ipvsadm -Ln --stats` does, as plain objects. */
import { type ConnectionEntry, connectionEntries } from "../core/control/connection-entry.ts";
import { serviceOption } from "../core/control/listing/service-text.ts";
import type { Director as Stack } from "../core/host/director.ts";
import type { Destination } from "../core/ipvs/destination.ts";
import { methodOf } from "../core/ipvs/forwarding/methods.ts";
import { protocolName } from "../core/ipvs/protocols/protocols.ts";
import type { Service } from "../core/ipvs/service.ts";
import { CONNECTIONS, IN_BYTES, IN_PACKETS, OUT_BYTES, OUT_PACKETS, type Statistics } from "../core/ipvs/statistics.ts";
import type { ConnectionView } from "../core/trace/events.ts";
import { type VerdictName, verdictName } from "../core/trace/verdict.ts";
import { type Address, formatEndpoint } from "../core/wire/address.ts";

/** An entry of the connection table. Ends are `10.1.0.1:40000`, `[2001:db8::1]:40000`. */
export interface Connection {
  /** `TCP`, `UDP`, `SCTP`, ...; `IP` for the template of a firewall mark. */
  readonly protocol: string;
  /** Who asked. */
  readonly client: string;
  /** The virtual service; a firewall mark's template has the mark in place of the address. */
  readonly virtual: string;
  /** The real server. */
  readonly destination: string;
  /** FULLNAT: where the connection leaves the director from. */
  readonly local?: string;
  /** `ESTABLISHED`, `SYN_RECV`, ...: ip_vs_proto_tcp.c and its neighbors. */
  readonly state: string;
  /** Until the entry expires. */
  readonly secondsLeft: number;
  /** An entry that binds a client to its real server: persistence. */
  readonly template: boolean;
}

/** What was counted up to now for a service, a real server, or all of them; `ipvsadm -L --stats` shows the counters of up to 2 s ago. */
export interface Counters {
  /** Connections that were made. */
  readonly connections: number;
  /** Packets towards real servers. */
  readonly inPackets: number;
  /** Packets towards clients; only of methods whose answers pass the director. */
  readonly outPackets: number;
  /** Bytes of IP packets towards real servers. */
  readonly inBytes: number;
  /** Bytes of IP packets towards clients. */
  readonly outBytes: number;
}

/** A real server of a service. */
export interface DestinationStats extends Counters {
  /** `10.2.0.2:8080`. */
  readonly destination: string;
  /** `Masq`, `Route`, `Tunnel`, `FullNat`, `Local`: as the column Forward has it. */
  readonly forwarding: string;
  /** 0 for one that is quiesced. */
  readonly weight: number;
  /** Those in an active state: ESTABLISHED, SYN_RECV, ... (ip_vs_proto_tcp.c: tcp_state_active_table). */
  readonly activeConnections: number;
  /** All others. */
  readonly inactiveConnections: number;
  /** Templates that bind clients to it. */
  readonly persistentConnections: number;
}

/** A virtual service. */
export interface ServiceStats extends Counters {
  /** The options that name it: `-t 10.1.0.100:80`, `-f 7`. */
  readonly service: string;
  /** As `-s` spells it; `none` for none. */
  readonly scheduler: string;
  /** In the order of the kernel's list, the newest first. */
  readonly destinations: readonly DestinationStats[];
}

/** All services, and what became of every frame so far. */
export interface Stats extends Counters {
  /** In the order of the kernel's tables. */
  readonly services: readonly ServiceStats[];
  /** How many packets ended how; verdicts that no packet met are left out. */
  readonly verdicts: Readonly<Partial<Record<VerdictName, number>>>;
}

export const connectionsOf = (stack: Stack): Connection[] => connectionEntries(stack.server.connections).map(ofEntry);

function ofEntry({
  protocolName: protocol,
  client,
  virtual,
  destination,
  local,
  state,
  ...rest
}: ConnectionEntry): Connection {
  return {
    protocol,
    client: endText(client),
    virtual: endText(virtual),
    destination: endText(destination),
    ...(local && { local: endText(local) }),
    state,
    secondsLeft: rest.secondsLeft,
    template: rest.isTemplate,
  };
}

/** The same of an event's connection. */
export const connectionOf = (view: ConnectionView): Connection => ({
  protocol: protocolName(view.protocol),
  client: formatEndpoint(view.clientAddress, view.clientPort),
  virtual: formatEndpoint(view.virtualAddress, view.virtualPort),
  destination: formatEndpoint(view.destinationAddress, view.destinationPort),
  ...(view.localAddress && { local: formatEndpoint(view.localAddress, view.localPort) }),
  state: view.state,
  secondsLeft: view.secondsLeft,
  template: view.template,
});

const endText = ({ address, port }: { readonly address: Address; readonly port: number }): string =>
  formatEndpoint(address, port);

export function statsOf({ server, counts }: Stack): Stats {
  const verdicts = [...counts].flatMap((count, verdict) =>
    count === 0 ? [] : [[verdictName(verdict), count] as const],
  );
  return {
    ...countersOf(server.totals),
    services: server.services.list().map(serviceStats),
    verdicts: Object.fromEntries(verdicts),
  };
}

const serviceStats = (service: Service): ServiceStats => ({
  service: serviceOption(service, undefined),
  scheduler: service.scheduler?.name ?? "none",
  ...countersOf(service.statistics),
  destinations: service.destinations.map(destinationStats),
});

const destinationStats = (destination: Destination): DestinationStats => ({
  destination: formatEndpoint(destination.address, destination.port),
  forwarding: methodOf(destination.forwarding).name,
  weight: destination.weight,
  activeConnections: destination.activeConnections,
  inactiveConnections: destination.inactiveConnections,
  persistentConnections: destination.persistentConnections,
  ...countersOf(destination.statistics),
});

const countersOf = (statistics: Statistics): Counters => ({
  connections: statistics.counted(CONNECTIONS),
  inPackets: statistics.counted(IN_PACKETS),
  outPackets: statistics.counted(OUT_PACKETS),
  inBytes: statistics.counted(IN_BYTES),
  outBytes: statistics.counted(OUT_BYTES),
});
