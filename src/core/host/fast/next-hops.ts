/**
 * Next hops to real servers, remembered for the fast path: what the walk finds anew for every packet by a look at routes, path MTUs
 * and neighbors. As the kernel's struct ip_vs_dest_dst with its dst_entry, which is remembered with the destination, too.
 *
 * It is good as long as nothing that it was made from has changed: the routing table counts its changes, those of path MTUs
 * among them, and a neighbor says itself whether it may be used.
 */
import type { Route } from "../../ipvs/data-path.ts";
import type { Destination } from "../../ipvs/destination.ts";
import type { Director } from "../director.ts";
import { type Neighbor, PERMANENT, REACHABLE } from "../neighbors/neighbor.ts";
import type { RoutingTable } from "../routes.ts";

export interface NextHop {
  readonly destination: Destination;
  /** The table that it was found in, and that one's changes up to then. */
  readonly routes: RoutingTable;
  readonly changes: number;
  /** Of its MTU: no smaller one was learnt for the path. */
  readonly route: Route;
  readonly neighbor: Neighbor;
}

/** Whether frames may be sent to a neighbor and nothing else happens: no doubt begins, nothing is noted (neigh_event_send). */
export const isConnected = ({ state }: Neighbor): boolean => state === REACHABLE || state === PERMANENT;

export class NextHops {
  /** By Destination.index. */
  readonly #servers: (NextHop | undefined)[] = [];

  /** The next hop to a real server; `undefined` if there is none that can be remembered: then the walk must find out. */
  toServer(director: Director, destination: Destination): NextHop | undefined {
    const { routes } = director;
    const nextHop = this.#servers[destination.index];
    if (
      nextHop !== undefined &&
      nextHop.destination === destination &&
      nextHop.routes === routes &&
      nextHop.changes === routes.changes &&
      isConnected(nextHop.neighbor)
    ) {
      return nextHop;
    }
    return this.#find(director, destination);
  }

  #find(director: Director, destination: Destination): NextHop | undefined {
    const { handle, index } = destination;
    const { routes } = director;
    const route = routes.lookup(handle);
    if (route === undefined || route.local || index < 0) return undefined;
    // What is anycast to a router is its own, and not to a host: a switch decides that.
    if (director.ip.pathMtu(route, handle) !== route.mtu || routes.isAnycast(handle)) return undefined;
    const neighbor = director.neighborTowards(route, handle);
    if (neighbor === undefined || !isConnected(neighbor)) return undefined;
    const nextHop = { destination, routes, changes: routes.changes, route, neighbor };
    while (this.#servers.length < index) this.#servers.push(undefined);
    this.#servers[index] = nextHop;
    return nextHop;
  }
}
