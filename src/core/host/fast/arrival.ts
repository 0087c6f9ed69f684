/** What the host asks of a plain packet before IPVS sees it: by its destination, the same for all of a batch; and by its source. */
import type { Route } from "../../ipvs/data-path.ts";
import { AF_INET } from "../../wire/address.ts";
import type { Frame } from "../../wire/frame.ts";
import type { Director } from "../director.ts";
import { isMartianSource } from "../source-validation.ts";

/**
 * The route of a plain packet that may take the fast path, as far as its destination says; `undefined` of any other. What it says is the same for
 * each packet to this address from the same port, until something of the host changes.
 */
export function routeOf(director: Director, frame: Frame): Route | undefined {
  const { routes, server, sysctl } = director;
  const { destination, family, ifindex } = frame;
  if (!server.services.hooks(family)) return undefined;
  if (family === AF_INET && (sysctl.reversePath[ifindex] !== 0 || destination === 0 || destination >>> 24 === 127))
    return undefined;
  const route = routes.lookup(destination, ifindex);
  return route !== undefined && (route.local === true || mayPass(director, frame, route)) ? route : undefined;
}

/** Whether a packet that came with `route` may go on: forwarding is on, nobody is to be told of a shorter path (forward, forwardIpv6). */
function mayPass(director: Director, frame: Frame, route: Route): boolean {
  const { routes, sysctl } = director;
  const { ifindex } = frame;
  if (frame.family !== AF_INET) return sysctl.forwardsIpv6 !== 0 && route.ifindex !== ifindex;
  if (sysctl.forwards[ifindex] === 0 || routes.isBroadcast(frame.destination)) return false;
  return route.ifindex !== ifindex || sysctl.sendRedirects[ifindex] === 0;
}

/** Whether the host takes a packet from this source (walkIpv4, validateSource); of plain IPv6 packets it asks nothing more. */
export const isFromElsewhere = ({ routes }: Director, { source, destination, family }: Frame): boolean =>
  family !== AF_INET || !(isMartianSource(source, destination) || routes.isOwn(source));
