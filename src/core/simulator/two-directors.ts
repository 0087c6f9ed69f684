/**
 * Two directors of which one takes over from the other. What others send to moves between them by VRRP: the virtual
 * address, the gateway of the real servers, local addresses. Each has an address of its own on each segment.
 */
import type { Prefixed } from "../host/config/config.ts";
import type { HaConfig, VirtualRouterConfig } from "../host/vrrp/config.ts";
import { type Address, AF_INET, AF_INET6 } from "../wire/address.ts";
import { alone, type Host, type HostInterface, type HostOptions } from "./host.ts";
import { type Layout, onLink, port } from "./layout.ts";

/** How connections are told of: not at all; as Linux does, with the third packet and up to 2 s later; when they change, at once. */
export const SYNC_CHOICES = ["off", "linux", "prompt"] as const;
export type SyncChoice = (typeof SYNC_CHOICES)[number];

/** Microseconds in which the first of them becomes master; then its last advertisement is 0.9 s old. */
export const SETTLING = 10_300_000;
/** Within so many microseconds one takes over from another that died or started. */
export const TAKEOVER = 5_000_000;

/** The last numbers of their own addresses. */
const OWN = [251, 252] as const;
const PRIORITIES = [150, 100] as const;
export const NAMES = ["director", "director2"] as const;
const FIRST_ID = 51;
/** Hundredths of a second between two advertisements: VRRP's default. */
const INTERVAL = 100;
const GROUP = "both";
/** A group of IPv6 for synchronisation: Linux has no default. */
const SYNC_GROUP_IPV6: Address = { family: AF_INET6, words: [0xff020000, 0, 0, 0x81] };

/** What two directors share, and how. */
export interface Sharing {
  readonly sync: SyncChoice;
  /** Whether the addresses of an interface move; else they stay with the first director, and die with it. All do by default. */
  readonly moves?: (dev: string) => boolean;
}

/** Both of them, from what a single one would be. */
export function pairOf(single: HostOptions, sharing: Sharing): [HostOptions, HostOptions] {
  return [one(single, 0, sharing), one(single, 1, sharing)];
}

function one(single: HostOptions, place: 0 | 1, { sync, moves = () => true }: Sharing): HostOptions {
  const interfaces = single.interfaces.map((shared) =>
    place === 0 && !moves(shared.name) ? shared : ownPort(shared, OWN[place]),
  );
  const ha = haOf(single.interfaces, PRIORITIES[place], sync, moves);
  return { ...single, name: NAMES[place], interfaces, ha };
}

function ownPort({ name, segment, addresses, mtu }: HostInterface, last: number): HostInterface {
  const [first] = addresses;
  return port(name, segment, first === undefined ? [] : [onLink(withLast(first.address, last))], mtu);
}

/** The address with another last number, in IPv6 with its decimal digits. */
const withLast = ({ family, words }: Address, last: number): Address =>
  family === AF_INET
    ? { family, words: [((words[0] & ~0xff) | last) >>> 0, 0, 0, 0] }
    : { family, words: [words[0], words[1], words[2], Number.parseInt(String(last), 16)] };

function haOf(
  shared: readonly HostInterface[],
  priority: number,
  sync: SyncChoice,
  moves: (dev: string) => boolean,
): HaConfig {
  const vrrp = shared.flatMap(({ name, addresses }, index) =>
    moves(name) ? [virtualRouter(name, FIRST_ID + index, priority, movingOf(addresses))] : [],
  );
  if (sync === "off") return { vrrp };
  const last = shared.at(-1);
  const isIpv4 = last?.addresses[0]?.address.family === AF_INET;
  const daemon = { interface: last?.name ?? "", syncId: FIRST_ID, port: 0, prompt: sync === "prompt" };
  return { vrrp, sync: isIpv4 ? daemon : { ...daemon, group: SYNC_GROUP_IPV6 } };
}

/** Of the addresses of an interface those that are there for others: all but the first, or the only one. */
const movingOf = (addresses: readonly Prefixed[]): readonly Prefixed[] =>
  addresses.length === 1 ? addresses : addresses.slice(1);

/** A virtual router on an interface, with the defaults of director.yaml but that it announces each address once. */
export const virtualRouter = (
  dev: string,
  id: number,
  priority: number,
  addresses: readonly Prefixed[],
): VirtualRouterConfig => ({
  interface: dev,
  id,
  version: 3,
  priority,
  interval: INTERVAL,
  addresses: addresses.map(({ address }) => alone(address)),
  preempt: true,
  preemptDelay: 0,
  group: GROUP,
  virtualMac: false,
  announce: { repeat: 1, delay: 0, refresh: 0 },
});

/** The address of a director's last interface that others send to: the real servers' gateway, or what connections leave from. */
export function innerAddress({ interfaces, stack }: Host): Address | undefined {
  const last = interfaces.at(-1);
  const moving = stack.vrrp.routers.filter(({ config }) => config.interface === last?.name);
  return moving.flatMap(({ config }) => config.addresses).at(-1)?.address ?? last?.addresses.at(-1)?.address;
}

/** The director that has the addresses now; else one that lives, or the first. */
export const activeDirector = ({ directors }: Pick<Layout, "directors">): Host =>
  directors.find(isMaster) ?? directors.find(({ alive }) => alive) ?? directors[0];

/** Whether a director has the addresses that move; a single one has them always. */
export const isMaster = ({ alive, stack: { vrrp } }: Host): boolean =>
  alive && vrrp.routers.every(({ state }) => state === "master");
