/** What the built-in networks have in common: their addresses, and what each builds its hosts with. */
import { type Prefixed, prefixed, type RouteConfig } from "../host/config.ts";
import type { MethodWord } from "../ipvs/forwarding/methods.ts";
import { ANY, firstWord, ipv4 } from "../wire/address.ts";
import { macText } from "../wire/ethernet.ts";
import type { FaultName } from "./faults.ts";
import type { Host, HostInterface, HostOptions } from "./host.ts";
import type { Network } from "./network.ts";
import type { Segment } from "./segment.ts";

/** Forwarding methods with built-in networks, here and in labs. */
export const MODES = ["nat", "dr", "tun", "fullnat"] as const satisfies readonly MethodWord[];
export type Mode = (typeof MODES)[number];

export const VIRTUAL_ADDRESS = ip(12, 11, 0, 101);
export const CLIENT_ADDRESS = ip(12, 11, 0, 10);
export const SERVICE_PORT = 80;
/** The director looks twice at a packet, and so it is slower than others to answer ARP. */
export const DIRECTOR_DELAY = 50;

export function ip(a: number, b: number, c: number, d: number): number {
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}

/** What a topology's file says of its network; `Plan` in, hosts out. */
export interface Layout {
  /** From left to right, as they are drawn. */
  readonly hosts: readonly Host[];
  readonly client: Host;
  readonly director: Host;
  readonly servers: readonly Host[];
  readonly routers: readonly Host[];
}

/** What the topologies build their hosts with. */
export interface Plan {
  readonly network: Network;
  readonly count: number;
  /** Of the link that leads to the servers. */
  readonly mtu: number;
  has(fault: FaultName): boolean;
  /** `-A`, then one `-a` a server, the last server first: rr begins with the newest. */
  rules(method: string, addresses: readonly number[]): string[];
  /** A real server: its page says its name. */
  server(options: HostOptions): Host;
}

/** An interface whose MAC address tells its first IP address. */
export function port(name: string, segment: Segment, addresses: readonly Prefixed[], mtu?: number): HostInterface {
  const mac = macText(0x0200_0000_0000 + firstWord(addresses[0]?.address ?? ANY));
  return { name, segment, mac, addresses, ...(mtu === undefined ? {} : { mtu }) };
}

/** An address in a /24. */
export const in24 = (address: number): Prefixed => prefixed(address, 24);

export const alone = (address: number): Prefixed => prefixed(address, 32);

export const defaultRoute = (via: number): RouteConfig[] => [{ to: prefixed(0, 0), via: ipv4(via) }];
