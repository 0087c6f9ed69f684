/** Brings the table to what rules say without touching what is right already, so that connections stay; and writes it down. */
import { rulesText } from "../../core/control/listing/rules.ts";
import { sortedDestinations, sortedServices } from "../../core/control/listing/sort.ts";
import { refusalsOf, runRules } from "../../core/control/restore.ts";
import type { RulesConfig } from "../../core/host/config/config.ts";
import type { Director } from "../../core/host/director.ts";
import { hostAddressesOf } from "../../core/host/host-addresses.ts";
import { Destination, type DestinationOptions } from "../../core/ipvs/destination.ts";
import { Service, type ServiceOptions } from "../../core/ipvs/service.ts";
import { type HostAddresses, VirtualServer } from "../../core/ipvs/virtual-server.ts";
import { toldRefusals } from "../../core/replay/rules.ts";
import { sameAddress } from "../../core/wire/address.ts";
import { findServer, HeldServers, optionsOf } from "./held-servers.ts";
import type { RefusedRule } from "./messages.ts";

/** The connection table of a virtual server that is only looked at. */
const SMALL = 16;

/** Runs rules on an empty table, or on the one given; lists those that were refused. */
export function loadRules(server: VirtualServer, lines: readonly string[]): RefusedRule[] {
  const { lines: outcomes } = runRules(lines.join("\n"), { server }, { comments: true, toTheEnd: true });
  return refusalsOf(outcomes);
}

/**
 * Makes the table what these rules make of an empty one. If one of them is refused, nothing changes, and the list of them
 * is what is returned.
 */
export function applyRules(
  server: VirtualServer,
  held: HeldServers,
  lines: readonly string[],
  host: HostAddresses,
): RefusedRule[] {
  const wanted = new VirtualServer({ host, capacity: SMALL });
  const refused = loadRules(wanted, lines);
  if (refused.length === 0) bringTo(wanted, server, held, lines);
  return refused;
}

/** What rules may name of the host; a table that is only tried claims none of its addresses. */
export function triedAddressesOf(director: Director): HostAddresses {
  const { isUnicastOrLocal, hasInterface } = hostAddressesOf(director);
  return { isUnicastOrLocal, hasInterface };
}

/** The same on a director that no health checks watch, as lines for people: `rules.ipvs:3: Service already exists`. */
export function changeRules(director: Director, rules: RulesConfig): string[] {
  const { server } = director;
  return toldRefusals(rules, applyRules(server, new HeldServers(server), rules.lines, triedAddressesOf(director)));
}

/** The same without those rules that are refused, whatever is wrong with them: what a crash has left is not all or nothing. */
export function applyGoodRules(
  server: VirtualServer,
  held: HeldServers,
  lines: readonly string[],
  host: HostAddresses,
): RefusedRule[] {
  const wanted = new VirtualServer({ host, capacity: SMALL });
  const refused = loadRules(wanted, lines);
  bringTo(wanted, server, held, lines);
  return refused;
}

function bringTo(wanted: VirtualServer, server: VirtualServer, held: HeldServers, lines: readonly string[]): void {
  held.prune();
  const { tcp, tcpFin, udp } = wanted.connections.timeouts.shown();
  if (changesTimeouts(lines)) server.setTimeouts(tcp, tcpFin, udp);
  for (const service of server.services.list()) {
    if (wanted.services.find(keyOf(service)) === undefined) server.deleteService(keyOf(service));
  }
  for (const service of wanted.services.list()) applyService(server, held, service);
  held.prune();
}

/** The key to find a service by; its own `protocol` is 0 if it is one of a mark. */
const keyOf = ({ family, protocol, address, port, fwmark }: Service) => ({ family, protocol, address, port, fwmark });

const changesTimeouts = (lines: readonly string[]): boolean =>
  lines.some((line) => /^\s*(ipvsadm\s+)?--set\b/.test(line));

function serviceOptionsOf(service: Service): ServiceOptions {
  const { flags, timeoutSeconds, netmask, persistenceEngine, toa } = service;
  return { scheduler: service.scheduler?.name ?? "none", flags, timeoutSeconds, netmask, persistenceEngine, toa };
}

const same = (a: object, b: object): boolean => JSON.stringify(a) === JSON.stringify(b);

function applyService(server: VirtualServer, held: HeldServers, wanted: Service): void {
  const key = keyOf(wanted);
  const options = serviceOptionsOf(wanted);
  const present = server.services.find(key);
  if (present === undefined) server.addService(key, options);
  else if (!same(serviceOptionsOf(present), options)) server.editService(key, options);
  const service = server.services.find(key);
  if (service === undefined) return;
  applyPool(server, service, wanted);
  for (const destination of [...service.destinations]) {
    if (findServer(wanted, destination) !== undefined || held.isSorry(service, destination)) continue;
    server.destinations.delete(key, destination.address, destination.port);
    held.forget(service, destination);
  }
  for (const removed of held.removedOf(service))
    if (findServer(wanted, removed) === undefined) held.forget(service, removed);
  // Newest first is how they stand: the last is added first.
  for (const destination of wanted.destinations.toReversed()) applyServer(server, held, service, destination);
}

function applyServer(server: VirtualServer, held: HeldServers, service: Service, wanted: Destination): void {
  const { address, port } = wanted;
  const options = optionsOf(wanted);
  const out = held.find(service, wanted);
  if (out !== undefined) held.remember(service, wanted, options);
  const present = findServer(service, wanted);
  if (present === undefined) {
    if (out === undefined) server.destinations.add(keyOf(service), address, port, options);
    return;
  }
  const now: DestinationOptions = out === undefined ? options : { ...options, weight: 0 };
  if (!same(optionsOf(present), now)) server.destinations.edit(keyOf(service), address, port, now);
}

/** The local addresses of FULLNAT. */
function applyPool(server: VirtualServer, service: Service, wanted: Service): void {
  for (const { address } of [...service.localAddresses]) {
    if (!wanted.localAddresses.some((other) => sameAddress(other.address, address)))
      server.deleteLocalAddress(keyOf(service), address);
  }
  for (const { address } of wanted.localAddresses) {
    if (!service.localAddresses.some((other) => sameAddress(other.address, address)))
      server.addLocalAddress(keyOf(service), address);
  }
}

/**
 * The table as rules that applyRules and loadRules take: what `ipvsadm -S -n` prints, and also thresholds and timeouts,
 * which it leaves out. Servers that checks took out of service stand as they were configured, sorry servers do not.
 */
export function stateText(server: VirtualServer, held: HeldServers): string {
  held.prune();
  const { tcp, tcpFin, udp } = server.connections.timeouts.shown();
  const services = sortedServices(server.services.list()).map((service) => configuredService(service, held));
  return [`--set ${tcp} ${tcpFin} ${udp}\n`, ...services.map(serviceLines)].join("");
}

/** A service of the same name with the servers that people gave it. */
function configuredService(service: Service, held: HeldServers): Service {
  const copy = new Service(keyOf(service), serviceOptionsOf(service));
  copy.scheduler = service.scheduler;
  copy.localAddresses.push(...service.localAddresses);
  const present = service.destinations.filter((destination) => !held.isSorry(service, destination));
  for (const destination of present)
    copy.destinations.push(copyOf(copy, destination, held.configured(service, destination)));
  for (const removed of held.removedOf(service)) copy.destinations.push(copyOf(copy, removed, removed.options));
  return copy;
}

function copyOf(
  service: Service,
  { address, port }: Pick<Destination, "address" | "port">,
  options: DestinationOptions,
): Destination {
  const copy = new Destination(service, address, port, options);
  return Object.assign(copy, options);
}

/** The lines of `-S` for one service, with the thresholds behind those of its servers. */
function serviceLines(service: Service): string {
  const lines = rulesText([service], undefined).split("\n").filter(Boolean);
  const servers = sortedDestinations(service.destinations);
  const first = lines.length - servers.length;
  return lines
    .map((line, index) => {
      const { upperThreshold = 0, lowerThreshold = 0 } = servers[index - first] ?? {};
      const thresholds =
        upperThreshold === 0 && lowerThreshold === 0 ? "" : ` -x ${upperThreshold} -y ${lowerThreshold}`;
      return `${line}${thresholds}\n`;
    })
    .join("");
}
