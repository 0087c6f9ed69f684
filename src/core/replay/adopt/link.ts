/** Clients on the server's own link: they are the director's neighbors; all others are behind a router. */
import { type Address, AF_INET, formatAddress, prefixMask, sameAddress } from "../../wire/address.ts";

/** Nobody knows how large the network was: of IPv4 it is taken for a /24, as nearly all are. */
export const linkPrefix = ({ family }: Address): number => (family === AF_INET ? 24 : 64);

const MOST_NEIGHBORS = 254;

export interface LinkNeighbor {
  readonly address: Address;
  readonly mac: string;
}

/** Those that share the link, each with a made-up MAC address; nobody if there are more than a link has room for. */
export function neighborsOf(server: Address, clients: Iterable<Address>): readonly LinkNeighbor[] {
  const found = new Map<string, Address>();
  for (const client of clients) {
    if (!isOnLink(client, server)) continue;
    // The first and the last address of a network are no host's: the network was another one.
    if (isEdge(client) || found.size === MOST_NEIGHBORS) return [];
    found.set(formatAddress(client), client);
  }
  return [...found.values()].map((address, index) => ({
    address,
    mac: `02:00:00:0a:03:${(1 + index).toString(16).padStart(2, "0")}`,
  }));
}

const isOnLink = (client: Address, server: Address): boolean =>
  client.family === server.family &&
  !sameAddress(client, server) &&
  server.words.every((word, index) => ((word ^ (client.words[index] ?? 0)) & maskOf(server, index)) === 0);

const maskOf = (address: Address, index: number): number =>
  address.family === AF_INET && index > 0 ? 0 : prefixMask(linkPrefix(address), index);

const isEdge = ({ family, words }: Address): boolean =>
  family === AF_INET && ((words[0] & 0xff) === 0 || (words[0] & 0xff) === 0xff);
