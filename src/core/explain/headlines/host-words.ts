/** What hosts of a built-in network are called in a sentence, and which of them an address or a frame leads to. */
import type { Host } from "../../simulator/host.ts";
import type { Topology } from "../../simulator/topologies.ts";
import { type Address, formatEndpoint, parseMac, sameAddress } from "../../wire/address.ts";
import { macNumber } from "../../wire/ethernet.ts";

/** `The director`, `the director`; a real server, and one of several clients or directors, go by their names. */
export interface HostWords {
  readonly subject: string;
  readonly object: string;
}

export function hostWords({ directors, clients, routers }: Topology, name: string): HostWords {
  const [client] = clients;
  const role =
    directors.length === 1 && name === directors[0].name
      ? "director"
      : clients.length === 1 && name === client?.name
        ? "client"
        : routers.some((router) => router.name === name)
          ? "router"
          : undefined;
  return role === undefined ? { subject: name, object: name } : { subject: `The ${role}`, object: `the ${role}` };
}

/** The host that has the address on an interface which a frame can reach. */
export const hostAt = ({ hosts }: Topology, address: Address): Host | undefined =>
  hosts.find(({ interfaces }) =>
    interfaces.some(({ addresses }) => addresses.some((own) => sameAddress(own.address, address))),
  );

/** The host whose network card has the MAC address. */
export const hostWithMac = ({ hosts }: Topology, mac: number): Host | undefined =>
  hosts.find(({ interfaces }) => interfaces.some((port) => macNumber(parseMac(port.mac) ?? new Uint8Array()) === mac));

/** Whether the host has the address anywhere, also where nobody can ask for it: on `lo`, on the end of a tunnel. */
export const hasAddress = ({ stack }: Host, address: Address): boolean =>
  stack.interfaces.some(({ ipv4, ipv6 }) => [...ipv4, ...ipv6].some((own) => sameAddress(own.address, address)));

export const isDirector = ({ directors }: Topology, name: string): boolean =>
  directors.some((director) => director.name === name);

export const isServer = ({ servers }: Topology, name: string): boolean =>
  servers.some((server) => server.name === name);

/** The name of the real server that a destination is, written with its port as events write it; the text itself for others. */
export const serverAt = ({ servers, port }: Topology, destination: string): string =>
  servers.find(({ address }) => formatEndpoint(address, port) === destination)?.name ?? destination;
