/** A director takes over another configuration of its host while packets flow. */

import { AF_INET, AF_INET6 } from "../../wire/address.ts";
import type { Director } from "../director.ts";
import { makeInterfaces } from "../interfaces.ts";
import { Marks } from "../marks.ts";
import { addPermanentNeighbors } from "../neighbors/neighbor-tables.ts";
import { RoutingTable } from "../routes.ts";
import type { HostConfig, InterfaceConfig } from "./config.ts";

/** What may not change while the devices are open, as one text to compare. */
const fixedParts = ({ name, tap, bridge, gro, mtu, mac }: InterfaceConfig): string =>
  JSON.stringify([name, tap, bridge, gro, mtu, mac && [...mac]]);

const modulesOf = ({ modules }: HostConfig): string => JSON.stringify(modules ?? null);

/** Why a configuration cannot be taken over without a restart; `undefined` if it can. */
export function obstacle(before: HostConfig, after: HostConfig): string | undefined {
  const [old, now] = [before, after].map(({ interfaces }) => interfaces.map(fixedParts));
  if (old?.length !== now?.length) return "interfaces were added or removed";
  const changed = old?.findIndex((part, index) => part !== now?.[index]) ?? -1;
  const name = before.interfaces[changed]?.name;
  if (name === undefined && modulesOf(before) !== modulesOf(after)) return "modules were added, removed or changed";
  return name === undefined ? undefined : `the interface ${name} has another name, device, bridge, MAC address or MTU`;
}

/**
 * Addresses, routes, neighbors, marks and switches become those of the configuration; connections, learnt neighbors and
 * counters stay. Addresses of virtual routers are there or not as their states want it. A switch that the file no longer mentions keeps its value. `obstacle` must have found none.
 */
export function reconfigure(director: Director, wanted: HostConfig): void {
  const { addresses } = director;
  const config = director.vrrp.applied(wanted);
  const interfaces = makeInterfaces(config, addresses);
  const routes = new RoutingTable(addresses, interfaces, config, director.sysctl);
  Object.assign(director, { config, interfaces, routes, marks: new Marks(config.marks, addresses) });
  for (const { localAddresses } of director.server.services.list()) {
    for (const { handle } of localAddresses) if (!director.vrrp.moves(handle)) routes.claim(handle);
  }
  addPermanentNeighbors(director, config.neighbors);
  for (const [name, value] of Object.entries(config.sysctl)) director.setSysctl(name, value);
  director.limitConnections(config.connections?.max);
  for (const family of [AF_INET, AF_INET6] as const) director.server.destinations.forgetRoutes(family);
}
