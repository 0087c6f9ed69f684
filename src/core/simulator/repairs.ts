/** Repairs of faults while a built-in network runs: what the administrator would type, and what it does to the hosts. */
import { weightLine } from "../control/edit-lines.ts";
import { reconfigure } from "../host/config/reconfigure.ts";
import { formatAddress, longestPrefix, sameAddress } from "../wire/address.ts";
import type { FaultName } from "./faults.ts";
import type { Host } from "./host.ts";
import { defaultRoute } from "./layout.ts";
import type { Topology } from "./topologies.ts";
import { innerAddress } from "./two-directors.ts";

export interface Repair {
  /** What is done, in the words of sysctl(8), ip(8) and ipvsadm(8): `rs1: arp_ignore = 1, arp_announce = 2`. */
  readonly words: string;
  apply(): void;
}

/** Of a tunnel's packets on a link of 1400 bytes. */
const INNER_MTU = 1380;

type Maker = (topology: Topology) => Repair | undefined;

const MAKERS: Partial<Record<FaultName, Maker>> = {
  arp: silence,
  gateway: ({ servers, director }) => {
    const inner = innerAddress(director);
    if (inner === undefined) return undefined;
    const words = `real servers: ip route replace default via ${formatAddress(inner)}`;
    return { words, apply: () => routeAll(servers, () => defaultRoute(inner)) };
  },
  asymmetric: (topology) => {
    const inner = innerAddress(topology.director);
    const client = topology.client.address;
    if (inner === undefined) return undefined;
    const to = { address: client, prefix: longestPrefix(topology.family) };
    const words = `real servers: ip route add ${formatAddress(client)} via ${formatAddress(inner)}`;
    return {
      words,
      apply: () => routeAll(topology.servers, ({ routes }) => [...routes, { to, via: inner }]),
    };
  },
  mtu: smallerSegments,
  "black-hole": smallerSegments,
  "rp-filter": ({ servers }) => reversePathOff(servers.slice(0, 1)),
  "ingress-filter": ({ routers }) => reversePathOff(routers),
  dead: quiesce,
  closed: quiesce,
};

/** The repair of a fault in this network; `undefined` where there is none without building it anew. */
export const repairOf = (topology: Topology, fault: FaultName): Repair | undefined => MAKERS[fault]?.(topology);

/** The server must not speak ARP for the virtual address, and who believed it must forget. */
function silence({ servers, clients, virtualAddress }: Topology): Repair | undefined {
  const [server] = servers;
  if (server === undefined) return undefined;
  return {
    words: `${server.name}: arp_ignore = 1, arp_announce = 2; client: ip neigh flush`,
    apply: () => {
      server.stack.setSysctl("net.ipv4.conf.all.arp_ignore", 1);
      server.stack.setSysctl("net.ipv4.conf.all.arp_announce", 2);
      for (const { stack } of clients) stack.neighbors.remove(0, stack.addresses.of(virtualAddress));
    },
  };
}

function routeAll(hosts: readonly Host[], routesOf: (host: Host) => Host["routes"]): void {
  for (const host of hosts) reconfigure(host.stack, { ...host.stack.config, routes: routesOf(host) });
}

/** A smaller MTU of the route to the client makes the server announce a smaller MSS. */
function smallerSegments({ servers, clients }: Topology): Repair {
  return {
    words: `real servers: ip route replace default … mtu ${INNER_MTU}`,
    apply: () => {
      for (const { stack } of servers)
        for (const client of clients) stack.ip.learnPathMtu(stack.addresses.of(client.address), INNER_MTU);
    },
  };
}

function reversePathOff(hosts: readonly Host[]): Repair {
  return {
    words: `${hosts.map(({ name }) => name).join(", ")}: rp_filter = 0`,
    apply: () => {
      for (const { stack, filters } of hosts) {
        stack.setSysctl("net.ipv4.conf.all.rp_filter", 0);
        filters.length = 0;
      }
    },
  };
}

/** What a health check does: the server gets no new connections. */
function quiesce({ director, servers }: Topology): Repair | undefined {
  const address = servers[0]?.address;
  const destinations = director.stack.server.services.list().flatMap((service) => [...service.destinations]);
  const mine = destinations.filter((destination) => address !== undefined && sameAddress(destination.address, address));
  const lines = mine.map((destination) => weightLine(destination, 0));
  if (lines.length === 0) return undefined;
  return {
    words: `ipvsadm ${lines.join("; ")}`,
    apply: () => {
      for (const line of lines) director.ipvsadm(line);
    },
  };
}
