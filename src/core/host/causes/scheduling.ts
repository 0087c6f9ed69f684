/** Why this server, or none: weights, thresholds, templates, pools of local addresses. */
import { TEMPLATE } from "../../ipvs/connection-rows.ts";
import { describeDestination } from "../../ipvs/destination.ts";
import { describeService, type Service } from "../../ipvs/service.ts";
import type { Unusable } from "../../trace/causes/told.ts";
import type { Candidate } from "../../trace/events.ts";
import { AF_INET, formatAddress, formatEndpoint, sameAddress } from "../../wire/address.ts";
import { type Finder, type Inquiry, unusable } from "./inquiry.ts";

const refusedOf = ({ destinations }: Service): Unusable[] =>
  destinations.flatMap((destination) => unusable(destination) ?? []);

/** The service, if its scheduler or the lack of one had nobody to give the packet to. */
export const withoutServer = (inquiry: Inquiry): Service | undefined =>
  inquiry.verdict === "no-destination" || inquiry.verdict === "icmp-no-destination" ? inquiry.service : undefined;

export const noServer: Finder = (inquiry) => {
  const service = withoutServer(inquiry);
  if (service === undefined || service.destinations.length > 0) return undefined;
  return { kind: "no-server", service: describeService(service) };
};

/** All of them are quiesced or overloaded. */
export const noneUsable: Finder = (inquiry) => {
  const service = withoutServer(inquiry);
  if (service === undefined || service.destinations.length === 0) return undefined;
  const servers = refusedOf(service);
  return servers.length === service.destinations.length
    ? { kind: "none-usable", service: describeService(service), servers }
    : undefined;
};

/** Nobody picks. */
export const noScheduler: Finder = (inquiry) => {
  const service = withoutServer(inquiry);
  if (service === undefined || service.scheduler !== undefined || service.destinations.length === 0) return undefined;
  return { kind: "no-scheduler", service: describeService(service), persistent: service.persistent };
};

/** A persistence engine that found nothing to read. */
export const noEngineData: Finder = (inquiry) =>
  inquiry.verdict === "no-engine-data" && inquiry.service !== undefined
    ? {
        kind: "no-engine-data",
        service: describeService(inquiry.service),
        engine: inquiry.service.persistenceEngine,
      }
    : undefined;

/** Servers that are full are passed over. */
export const overloaded: Finder = (inquiry) => {
  const { service } = inquiry;
  if (service === undefined || inquiry.last("created") === undefined) return undefined;
  const names = inquiry.last("scheduled")?.candidates.flatMap((one) => (one.overloaded ? [one.destination] : [])) ?? [];
  const servers = refusedOf(service).filter(({ server, why }) => why === "overloaded" && names.includes(server));
  return servers.length === 0 ? undefined : { kind: "overloaded", servers };
};

/** A template decides, not the scheduler. */
export const template: Finder = (inquiry) => {
  const found = inquiry.last("template");
  const { service } = inquiry;
  if (found?.what !== "found" || found.connection === undefined || service === undefined) return undefined;
  const { connection } = found;
  const created = inquiry.last("created")?.connection ?? connection;
  const destination = service.destinations.find(({ handle }) =>
    sameText(inquiry, handle, formatAddress(created.destinationAddress)),
  );
  return {
    kind: "template",
    client: `${formatAddress(connection.clientAddress)}${isNetwork(service) ? `/${prefixOf(service)}` : ""}`,
    server: destination === undefined ? formatAddress(created.destinationAddress) : describeDestination(destination),
    weight: destination?.weight ?? 0,
    overloaded: destination?.overloaded ?? false,
    network: isNetwork(service),
    seconds: service.timeoutSeconds,
    switch: inquiry.switch("expire_quiescent_template"),
  };
};

/** The template was there, and is no longer good. */
export const templateReleased: Finder = (inquiry) => {
  const found = inquiry.first("template");
  if (found?.what !== "invalid" || found.connection === undefined) return undefined;
  const { clientAddress, destinationAddress, destinationPort } = found.connection;
  const server = formatEndpoint(destinationAddress, destinationPort);
  return {
    kind: "template-released",
    client: formatAddress(clientAddress),
    server,
    deleted: inquiry.destinationCalled(server) === undefined,
    switch: inquiry.switch("expire_quiescent_template"),
  };
};

/** Whether the persistence mask is shorter than an address: IPv4 in host order, IPv6 as a prefix length. */
const isNetwork = ({ family, netmask }: Service): boolean =>
  family === AF_INET ? netmask >>> 0 !== ALL_BITS : netmask < LONGEST_PREFIX;

/** A mask with holes has the length of its first bits. */
const prefixOf = ({ family, netmask }: Service): number => (family === AF_INET ? Math.clz32(~netmask) : netmask);

const ALL_BITS = 0xffffffff;
const LONGEST_PREFIX = 128;

/** Persistence counts for each service: the client is bound elsewhere, and not here. */
export const otherTemplate: Finder = (inquiry) => {
  const { service, server: tables } = inquiry;
  const created = inquiry.last("created")?.connection;
  if (created === undefined || service === undefined || inquiry.first("template")?.what !== "none") return undefined;
  const { table } = tables.connections;
  const { rows } = table;
  const client = formatAddress(created.clientAddress);
  const server = formatEndpoint(created.destinationAddress, created.destinationPort);
  let found: { bound: string; by: string } | undefined;
  table.forEach((row) => {
    if ((rows.flags(row) & TEMPLATE) === 0 || !sameText(inquiry, rows.clientAddress(row), client)) return;
    const other = tables.connections.destinationOf(row);
    if (other === undefined || other.service === service || sameAddress(other.address, created.destinationAddress))
      return;
    found = { bound: describeDestination(other), by: describeService(other.service) };
  });
  return found && { kind: "other-template", client, server, ...found };
};

/** Servers that are added together are within a second. */
const LATER = 1;

/** The client was bound, and is no more. */
export const templateExpired: Finder = (inquiry) => {
  const { service, ends, director } = inquiry;
  const isNew = inquiry.first("template")?.what === "none" && inquiry.last("created") !== undefined;
  if (service === undefined || ends === undefined || !isNew) return undefined;
  const client = inquiry.address(director.addresses.masked(ends.source, service.netmask));
  const port = ends.destinationPort === service.port ? service.port : 0;
  const past = director.tracing.history?.ofRequest(ends.protocol, client, 0, inquiry.address(ends.destination), port);
  if (past === undefined) return undefined;
  const { destinationAddress, destinationPort } = past.connection;
  const server = formatEndpoint(destinationAddress, destinationPort);
  return {
    kind: "template-expired",
    client: formatAddress(client),
    server,
    at: past.at,
    seconds: service.timeoutSeconds,
  };
};

/** The service by mark is looked for first. */
export const markWins: Finder = (inquiry) => {
  const { service, ends, server } = inquiry;
  if (service === undefined || ends === undefined || service.fwmark === 0 || inquiry.last("service") === undefined)
    return undefined;
  const exact = server.services.ofPacket(0, ends.protocol, ends.destination, ends.destinationPort);
  return exact && { kind: "mark-wins", service: describeService(service), exact: describeService(exact) };
};

/** FULLNAT without TOA: the real server's log knows the director only. */
export const clientHidden: Finder = (inquiry) => {
  const created = inquiry.last("created")?.connection;
  const { service } = inquiry;
  if (created?.localAddress === undefined || service === undefined || service.toa !== 0) return undefined;
  return {
    kind: "client-hidden",
    server: formatEndpoint(created.destinationAddress, created.destinationPort),
    client: formatEndpoint(created.clientAddress, created.clientPort),
    local: formatEndpoint(created.localAddress, created.localPort),
  };
};

const LEAST_LOADED: readonly string[] = ["lc", "wlc", "sed", "nq"];

const connectionsOf = ({ active, inactive }: Candidate): number => active + inactive;

/** Whoever counts connections sends all new ones to a server that has none yet. */
export const newcomer: Finder = (inquiry) => {
  const { scheduler = "", picked: server = "", candidates = [] } = inquiry.last("scheduled") ?? {};
  if (server === "" || !LEAST_LOADED.includes(scheduler)) return undefined;
  const picked = candidates.find(({ destination }) => destination === server);
  const busiest = candidates.toSorted((a, b) => connectionsOf(b) - connectionsOf(a))[0];
  if (picked === undefined || busiest === undefined) return undefined;
  const added = inquiry.changeOf(server, "server added");
  const before = inquiry.changeOf(busiest.destination, "server added");
  if (added === undefined || before === undefined || added.seconds < before.seconds + LATER) return undefined;
  const [connections, most] = [connectionsOf(picked), connectionsOf(busiest)];
  if (most < 2 * connections + 2) return undefined;
  return { kind: "newcomer", scheduler, server, at: added.seconds, connections, most };
};

const sameText = (inquiry: Inquiry, handle: number, text: string): boolean =>
  formatAddress(inquiry.address(handle)) === text;

/** FULLNAT: the pool is empty. */
export const noLocalAddress: Finder = (inquiry) => {
  const { service } = inquiry;
  const server = inquiry.last("scheduled")?.picked ?? "";
  if (inquiry.verdict !== "no-local-port" || service === undefined) return undefined;
  const family = inquiry.destinationCalled(server)?.address.family ?? service.family;
  const fits = service.localAddresses.some(({ address }) => address.family === family);
  return fits ? undefined : { kind: "no-local-address", service: describeService(service), server };
};

/** FULLNAT: the pool is used up towards this server. */
export const localPortsUsed: Finder = (inquiry) => {
  const { service, server: tables } = inquiry;
  const server = inquiry.last("scheduled")?.picked ?? inquiry.last("template")?.connection?.state ?? "";
  if (inquiry.verdict !== "no-local-port" || service === undefined || service.localAddresses.length === 0)
    return undefined;
  const { fullnat_lport_min: first, fullnat_lport_max: last } = tables.sysctl;
  const destination = inquiry.destinationCalled(server);
  const addresses = service.localAddresses.filter(
    ({ address }) => address.family === destination?.address.family,
  ).length;
  if (addresses === 0) return undefined;
  return {
    kind: "local-ports-used",
    server,
    addresses,
    ports: last - first + 1,
    first,
    last,
    used: destination === undefined ? 0 : destination.activeConnections + destination.inactiveConnections,
    tries: inquiry.switch("fullnat_lport_tries"),
  };
};

export const defence: Finder = (inquiry) =>
  inquiry.verdict === "drop-packet"
    ? { kind: "defence", switch: inquiry.switch("drop_packet"), rate: inquiry.switch("am_droprate") }
    : undefined;

export const connectionsFull: Finder = (inquiry) =>
  inquiry.verdict === "connections-full"
    ? { kind: "connections-full", most: inquiry.server.connections.table.rows.most }
    : undefined;
