/** Changes of the routing table, as net/ipv4/fib_frontend.c and fib_semantics.c take them, and the order in which it is listed. */
import type { HostConfig, Prefixed, RouteConfig } from "../host/config/config.ts";
import type { Director } from "../host/director.ts";
import {
  type Address,
  AF_INET,
  AF_INET6,
  type Family,
  isNetwork,
  longestPrefix,
  prefixMask,
  sameAddress,
} from "../wire/address.ts";
import { NO_ADDRESS } from "../wire/address-table.ts";
import { isIn } from "./addresses.ts";
import type { Refused } from "./program.ts";

/** A route as it is listed. */
export interface Listed {
  readonly to: Prefixed;
  readonly via?: Address;
  readonly dev: string;
  /** Of a connected network: the address that it comes with. */
  readonly source?: Address;
}

const network = ({ address, prefix }: Prefixed): Prefixed => {
  const [first, second, third, last] = address.words.map((word, index) => (word & prefixMask(prefix, index)) >>> 0);
  return { address: { family: address.family, words: [first ?? 0, second ?? 0, third ?? 0, last ?? 0] }, prefix };
};

/** What the addresses of the interfaces bring along. */
export const connectedRoutes = ({ interfaces }: Director, family: Family): Listed[] =>
  interfaces.flatMap(({ name, ipv4, ipv6 }) =>
    (family === AF_INET ? ipv4 : ipv6)
      .filter(({ prefix, secondary }) => prefix !== longestPrefix(family) && !secondary)
      .map(({ address, prefix }) => ({ to: network({ address, prefix }), dev: name, source: address })),
  );

/** The configured routes with the interface that each leaves by; one that nobody can take is left out. */
export const configuredRoutes = (director: Director): (RouteConfig & { readonly dev: string })[] =>
  director.config.routes.flatMap((route) => {
    const dev = route.dev ?? devTowards(director, route.via);
    return dev === undefined ? [] : [{ ...route, dev }];
  });

function devTowards({ routes, addresses, interfaces }: Director, via: Address | undefined): string | undefined {
  const route = via && routes.lookup(addresses.of(via));
  return route && interfaces[route.ifindex]?.name;
}

/** Both kinds, in the order of the kernel's tries: by network, longer prefixes first; of IPv6, the default routes last. */
export const listedRoutes = (director: Director, family: Family): Listed[] =>
  [...connectedRoutes(director, family), ...configuredRoutes(director)]
    .filter(({ to }) => to.address.family === family)
    .toSorted((a, b) => byNetwork(a.to, b.to));

function byNetwork(a: Prefixed, b: Prefixed): number {
  if (a.address.family === AF_INET6 && a.prefix * b.prefix === 0) return b.prefix - a.prefix;
  const at = a.address.words.findIndex((word, index) => word !== b.address.words[index]);
  return at < 0 ? b.prefix - a.prefix : (a.address.words[at] ?? 0) - (b.address.words[at] ?? 0);
}

const sameTo = (a: Prefixed, b: Prefixed): boolean => a.prefix === b.prefix && sameAddress(a.address, b.address);
const sameVia = (a?: Address, b?: Address): boolean =>
  a === undefined || b === undefined ? a === b : sameAddress(a, b);

/** How a route meets others to the same network: as `ip route add`, as `ip route replace`, or before them as `route add`. */
export type Meeting = "exclusive" | "replace" | "before";

/** The configuration with one more route; the kernel's reason if it is refused. */
export function withRoute(director: Director, wanted: RouteConfig, meeting: Meeting): HostConfig | Refused {
  const { config, interfaces } = director;
  if (!isNetwork(wanted.to.address, wanted.to.prefix)) return "EINVAL";
  if (wanted.dev !== undefined && !interfaces.some(({ name }) => name === wanted.dev)) return "ENODEV";
  const dev = wanted.via === undefined ? wanted.dev : gatewayDev(director, wanted.via, wanted.dev);
  if (dev === undefined) return wanted.via === undefined ? "ENODEV" : "ENETUNREACH";
  const route = { ...wanted, dev };
  const routes = configuredRoutes(director);
  const mates = routes.filter(({ to }) => sameTo(to, route.to));
  const connected = connectedRoutes(director, route.to.address.family).some(({ to }) => sameTo(to, route.to));
  if (meeting === "exclusive" && (connected || mates.length > 0)) return "EEXIST";
  if (meeting === "before" && mates.some((mate) => mate.dev === dev && sameVia(mate.via, route.via))) return "EEXIST";
  const [first] = mates;
  if (meeting === "replace" && first !== undefined) {
    return { ...config, routes: routes.map((one) => (one === first ? route : one)) };
  }
  return { ...config, routes: [route, ...routes] };
}

/** The interface behind which a gateway is: it must be a neighbor, not behind another gateway. */
function gatewayDev(director: Director, via: Address, dev: string | undefined): string | undefined {
  const near = [...connectedRoutes(director, via.family), ...configuredRoutes(director)].filter(
    (route) => (route.via === undefined || "source" in route) && isIn(via, route.to),
  );
  const fits = dev === undefined ? near : near.filter((route) => route.dev === dev);
  return fits.toSorted((a, b) => b.to.prefix - a.to.prefix)[0]?.dev;
}

/** The configuration without the first route to a network, by that gateway and interface if they are named; ESRCH if there is none. */
export function withoutRoute(director: Director, gone: RouteConfig): HostConfig | Refused | "connected" {
  const fits = ({ to, via, dev }: RouteConfig): boolean =>
    sameTo(to, gone.to) &&
    (gone.via === undefined || sameVia(via, gone.via)) &&
    (gone.dev === undefined || dev === gone.dev);
  const routes = configuredRoutes(director);
  const found = routes.find(fits);
  if (found !== undefined) return { ...director.config, routes: routes.filter((route) => route !== found) };
  return connectedRoutes(director, gone.to.address.family).some(fits) ? "connected" : "ESRCH";
}

/** The way that a packet to an address takes; `undefined` if there is none. */
export function wayTo({ routes, addresses, interfaces }: Director, to: Address) {
  const route = routes.lookup(addresses.of(to));
  if (route === undefined) return undefined;
  return {
    local: route.local,
    dev: interfaces[route.ifindex]?.name ?? "lo",
    via: route.gateway === NO_ADDRESS ? undefined : addresses.value(route.gateway),
    source: addresses.value(route.source),
  };
}
