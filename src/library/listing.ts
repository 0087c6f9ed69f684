/** Connections and counters of a host as plain objects. */
import { type ConnectionEntry, connectionEntries } from "../core/control/connection-entry.ts";
import { serviceOption } from "../core/control/listing/service-text.ts";
import type { Director as Stack } from "../core/host/director.ts";
import type { Destination } from "../core/ipvs/destination.ts";
import { methodOf } from "../core/ipvs/forwarding/methods.ts";
import { protocolName } from "../core/ipvs/protocols/protocols.ts";
import type { Service } from "../core/ipvs/service.ts";
import { CONNECTIONS, IN_BYTES, IN_PACKETS, OUT_BYTES, OUT_PACKETS, type Statistics } from "../core/ipvs/statistics.ts";
import type { ConnectionView } from "../core/trace/events.ts";
import { verdictName } from "../core/trace/verdict.ts";
import { type Address, formatEndpoint } from "../core/wire/address.ts";
import type { Connection, Counters, DestinationStats, ServiceStats, Stats } from "./connection.ts";

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
