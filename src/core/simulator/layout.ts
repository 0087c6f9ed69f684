/** What the built-in networks have in common: their addresses, and what each builds its hosts with. */
import type { Prefixed, RouteConfig } from "../host/config/config.ts";
import type { MethodWord } from "../ipvs/forwarding/methods.ts";
import { type Address, AF_INET, AF_INET6, ANY, ANY_IPV6, type Family, formatAddress, ipv4 } from "../wire/address.ts";
import { macText } from "../wire/ethernet.ts";
import type { FaultName } from "./faults.ts";
import type { Host, HostInterface, HostOptions } from "./host.ts";
import type { Network } from "./network.ts";
import type { Segment } from "./segment.ts";

/** Forwarding methods with built-in networks, here and in labs. */
export const MODES = ["nat", "dr", "tun", "fullnat"] as const satisfies readonly MethodWord[];
export type Mode = (typeof MODES)[number];

/** Of the built-in networks in IPv4. */
export const VIRTUAL_ADDRESS = ip(12, 11, 0, 101);
export const SERVICE_PORT = 80;
/** The director looks twice at a packet, and so it is slower than others to answer ARP. */
export const DIRECTOR_DELAY = 50;

export function ip(a: number, b: number, c: number, d: number): Address {
  return ipv4(((a << 24) | (b << 16) | (c << 8) | d) >>> 0);
}

/** The built-in networks have the same numbers in either family: 12.11.0.101 is fd00:11::101, and 172.16.1.2 is fd00:16:1::2. */
export function numbered(family: Family, a: number, b: number, c: number, d: number): Address {
  if (family === AF_INET) return ip(a, b, c, d);
  const digits = (number: number): number => Number.parseInt(String(number), 16);
  return { family, words: [0xfd00_0000 + digits(b), digits(c) * 0x10000, 0, digits(d)] };
}

/** What a topology's file says of its network; `Plan` in, hosts out. */
export interface Layout {
  /** From left to right, as they are drawn. */
  readonly hosts: readonly Host[];
  readonly client: Host;
  /** One, or two of which one takes over from the other. */
  readonly directors: readonly [Host, ...Host[]];
  readonly servers: readonly Host[];
  readonly routers: readonly Host[];
}

/** What the topologies build their hosts with. */
export interface Plan {
  readonly network: Network;
  readonly family: Family;
  readonly count: number;
  /** Of the link that leads to the servers. */
  readonly mtu: number;
  has(fault: FaultName): boolean;
  readonly virtualAddress: Address;
  readonly clientAddress: Address;
  /** `-A`, then one `-a` a server, the last server first: rr begins with the newest. */
  rules(method: string, addresses: readonly Address[]): string[];
  /** An address of the family: see `numbered`. */
  readonly at: (a: number, b: number, c: number, d: number) => Address;
  /** The same on the real servers' side: of IPv4 with NAT64. */
  readonly behind: Pick<Plan, "at" | "family">;
  /** The director, or the two that share what `options` gives to one. */
  directors(options: HostOptions): Layout["directors"];
  /** A real server: its page says its name. */
  server(options: HostOptions): Host;
}

/** An interface whose MAC address tells its first IP address. */
export function port(name: string, segment: Segment, addresses: readonly Prefixed[], mtu?: number): HostInterface {
  const mac = macText(0x0200_0000_0000 + tellingNumber(addresses[0]?.address ?? ANY));
  return { name, segment, mac, addresses, ...(mtu === undefined ? {} : { mtu }) };
}

/** 32 bits: the IPv4 address, or what of an IPv6 one differs in the built-in networks. */
const tellingNumber = ({ family, words: [first, second, , last] }: Address): number =>
  family === AF_INET ? first : ((first & 0xff) * 0x100 + (second >>> 16)) * 0x10000 + (last & 0xffff);

/** The prefix length of a segment's network. */
const PREFIXES: Readonly<Record<Family, number>> = { [AF_INET]: 24, [AF_INET6]: 64 };

/** An address in its segment's network. */
export const onLink = (address: Address): Prefixed => ({ address, prefix: PREFIXES[address.family] });

/** The network of a segment as people write it: `12.11.0.0/24`, `fd00:11::/64`. */
export const networkOf = (plan: Pick<Plan, "at" | "family">, a: number, b: number, c: number): string =>
  `${formatAddress(plan.at(a, b, c, 0))}/${PREFIXES[plan.family]}`;

export const defaultRoute = (via: Address): RouteConfig[] => [
  { to: { address: via.family === AF_INET ? ANY : ANY_IPV6, prefix: 0 }, via },
];
