/** Where a packet in words arrives, and between which MAC addresses: what its director's description says of it. */
import type { HostConfig, InterfaceConfig } from "../host/config/config.ts";
import { madeUpMac } from "../packet/made-up-mac.ts";
import type { MadeUpPacket } from "../packet/made-up-packet.ts";
import { packetBytes } from "../packet/packet-bytes.ts";
import type { UsualMacs } from "../packet/packet-text.ts";
import { type Address, AF_INET, AF_INET6, prefixMask, sameAddress } from "../wire/address.ts";
import { macNumber } from "../wire/ethernet.ts";

type Net = Pick<HostConfig, "interfaces" | "routes" | "neighbors">;

/** The MAC address of an interface; one that names none has 02:00:00:00:00:NN, as the director will give it. */
export function macOfInterface({ interfaces }: Net, dev: string): number {
  const index = interfaces.findIndex(({ name }) => name === dev);
  const mac = interfaces[index]?.mac;
  return mac === undefined ? 0x0200_0000_0001 + index : macNumber(mac);
}

type Entry = Pick<InterfaceConfig, "addresses">;

/** The networks of interfaces, of which there may be thousands: by their family, prefix and address. */
interface Links {
  readonly byNetwork: ReadonlyMap<string, Entry>;
  /** Of each family, longest first. */
  readonly prefixes: Readonly<Record<Address["family"], readonly number[]>>;
}

/** Interfaces of a configuration are never changed, but made anew. */
const LINKS = new WeakMap<readonly Entry[], Links>();

const networkName = ({ family, words }: Address, prefix: number): string =>
  `${prefix} ${(family === AF_INET ? [words[0]] : words).map((word, index) => word & prefixMask(prefix, index)).join(" ")}`;

function linksOf(interfaces: readonly Entry[]): Links {
  const known = LINKS.get(interfaces);
  if (known !== undefined) return known;
  const byNetwork = new Map<string, Entry>();
  const prefixes = { [AF_INET]: new Set<number>(), [AF_INET6]: new Set<number>() };
  for (const entry of interfaces)
    for (const { address, prefix } of entry.addresses) {
      const name = networkName(address, prefix);
      if (!byNetwork.has(name)) byNetwork.set(name, entry);
      prefixes[address.family].add(prefix);
    }
  const longestFirst = (family: Address["family"]): number[] => [...prefixes[family]].sort((a, b) => b - a);
  const links = { byNetwork, prefixes: { [AF_INET]: longestFirst(AF_INET), [AF_INET6]: longestFirst(AF_INET6) } };
  LINKS.set(interfaces, links);
  return links;
}

/** The first interface with a network that has the address; the longest prefix counts. */
export function linkOf<Found extends Entry>(
  { interfaces }: { readonly interfaces: readonly Found[] },
  address: Address,
): Found | undefined {
  const { byNetwork, prefixes } = linksOf(interfaces);
  for (const prefix of prefixes[address.family]) {
    const found = byNetwork.get(networkName(address, prefix));
    if (found !== undefined) return found as Found;
  }
  return undefined;
}

const isOwn = ({ interfaces }: Net, address: Address): boolean =>
  interfaces.some(({ addresses }) => addresses.some((own) => sameAddress(own.address, address)));

/** An address on one of the director's links that is not the director's own. */
export const isNeighbor = (net: Net, address: Address): boolean =>
  !isOwn(net, address) && linkOf(net, address) !== undefined && !isLinkLocal(address);

const isLinkLocal = ({ family, words }: Address): boolean => family === AF_INET6 && words[0] >>> 22 === 0x3fa;

function isIn(address: Address, net: { readonly address: Address; readonly prefix: number }): boolean {
  if (address.family !== net.address.family) return false;
  const words = address.family === AF_INET ? 1 : 4;
  for (let word = 0; word < words; word++) {
    const bits = Math.min(32, Math.max(0, net.prefix - 32 * word));
    const mask = bits === 0 ? 0 : -1 << (32 - bits);
    if ((((address.words[word] ?? 0) ^ (net.address.words[word] ?? 0)) & mask) !== 0) return false;
  }
  return true;
}

interface Hop {
  readonly dev: string | undefined;
  /** The neighbor that the way leads through. */
  readonly by: Address;
}

/** The way back to an address: its own link, or that of the route's gateway. */
function wayTo(net: Net, address: Address): Hop {
  const link = linkOf(net, address);
  const ways = net.routes.filter(({ to }) => isIn(address, to)).sort((a, b) => b.to.prefix - a.to.prefix);
  const [route] = ways;
  if (link !== undefined || route === undefined) return { dev: link?.name, by: address };
  const by = route.via ?? address;
  return { dev: route.dev ?? linkOf(net, by)?.name, by };
}

/** The interface that a packet arrives on: the one that it names, or where the way back leads; `undefined` if none does. */
export const arrivesOn = (net: Net, { dev, source }: Pick<MadeUpPacket, "dev" | "source">): string | undefined =>
  dev ?? wayTo(net, source).dev;

/** The MAC address by which an address is reached on `dev`. */
export function macTowards(net: Net, dev: string, address: Address): number {
  const { by } = wayTo(net, address);
  const known = net.neighbors.find((neighbor) => neighbor.dev === dev && sameAddress(neighbor.address, by));
  return known === undefined ? madeUpMac(by) : macNumber(known.mac);
}

type PacketEnds = Pick<MadeUpPacket, "source" | "destination">;

/** The MAC addresses of a frame that arrives on `dev`. */
export const arrivingMacs = (net: Net, dev: string, { source }: PacketEnds): UsualMacs => ({
  source: macTowards(net, dev, source),
  destination: macOfInterface(net, dev),
});

/** The MAC addresses of a frame that leaves by `dev`. */
export const leavingMacs = (net: Net, dev: string, { destination }: PacketEnds): UsualMacs => ({
  source: macOfInterface(net, dev),
  destination: macTowards(net, dev, destination),
});

/** The frame of a packet that arrives on `dev`. */
export function arrivingFrame(net: Net, dev: string, packet: MadeUpPacket): Uint8Array {
  const { source, destination } = arrivingMacs(net, dev, packet);
  return packetBytes(packet, source, destination);
}

/** The frame of a packet that leaves by `dev`. */
export function leavingFrame(net: Net, dev: string, packet: MadeUpPacket): Uint8Array {
  const { source, destination } = leavingMacs(net, dev, packet);
  return packetBytes(packet, source, destination);
}
