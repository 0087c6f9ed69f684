/**
 * Changes of an interface's addresses, in the order that the kernel keeps them in: primary ones before secondary ones.
 * Mirrors net/ipv4/devinet.c: __inet_insert_ifa, __inet_del_ifa (promote_secondaries is 0), devinet_ioctl.
 */
import type { AddressConfig, HostConfig, InterfaceConfig, Prefixed } from "../host/config/config.ts";
import { type Address, AF_INET, firstWord, ipv4, netmask, prefixMask, sameAddress } from "../wire/address.ts";
import type { Refused } from "./program.ts";

/** Whether an address is in a network. */
export const isIn = ({ family, words }: Address, { address, prefix }: Prefixed): boolean =>
  family === address.family &&
  words.every((word, index) => ((word ^ (address.words[index] ?? 0)) & prefixMask(prefix, index)) === 0);

const sameNetwork = (a: Prefixed, b: Prefixed): boolean => a.prefix === b.prefix && isIn(a.address, b);

/** Whether the address at `index` is not the first of its network. Only IPv4 has such. */
export const isSecondary = (list: readonly AddressConfig[], index: number): boolean => {
  const one = list[index];
  return one?.address.family === AF_INET && list.slice(0, index).some((other) => sameNetwork(other, one));
};

/** The label of an address: the interface's name, or that of an alias, `eth0:0`. */
export const labelOf = ({ name }: InterfaceConfig, { label }: AddressConfig): string => label ?? name;

/** The last address of a network. */
export const lastAddress = ({ address, prefix }: Prefixed): number => (firstWord(address) | ~netmask(prefix)) >>> 0;

/** The list with one more address; EEXIST if it is there, in the same network. */
export function added(list: readonly AddressConfig[], one: AddressConfig): AddressConfig[] | Refused {
  const mates = list.filter((other) => sameNetwork(other, one));
  const isThere = mates.some(({ address }) => sameAddress(address, one.address));
  if (isThere) return "EEXIST";
  if (mates.length > 0) return [...list, one];
  const firstSecondary = list.findIndex((_, index) => isSecondary(list, index));
  const at = firstSecondary < 0 ? list.length : firstSecondary;
  return [...list.slice(0, at), one, ...list.slice(at)];
}

/** The list without an address, and without those that were secondary to it. */
export function removed(list: readonly AddressConfig[], gone: AddressConfig): AddressConfig[] {
  const takesAlong = gone.address.family === AF_INET && !isSecondary(list, list.indexOf(gone));
  return list.filter((other) => other !== gone && !(takesAlong && sameNetwork(other, gone)));
}

/** The configuration with other addresses on an interface. Without an IPv4 address it loses its IPv4 routes (fib_disable_ip). */
export function withAddresses(config: HostConfig, dev: string, addresses: readonly AddressConfig[]): HostConfig {
  const hasIpv4 = addresses.some(({ address }) => address.family === AF_INET);
  return {
    ...config,
    interfaces: config.interfaces.map((one) => (one.name === dev ? { ...one, addresses } : one)),
    routes: hasIpv4
      ? config.routes
      : config.routes.filter((route) => route.dev !== dev || route.to.address.family !== AF_INET),
  };
}

/** The network that an address was in before there were prefixes, by its class (inet_abc_len); `undefined` if none may have it. */
function classPrefix(address: number): number | undefined {
  if (address === 0) return 0;
  const first = address >>> 24;
  if (first === 0 || first >= 224) return undefined;
  return first < 128 ? 8 : first < 192 ? 16 : 24;
}

/** An interface or an alias, by its label. */
export interface Labelled {
  readonly dev: string;
  readonly label: string;
}

const addressesOf = (config: HostConfig, dev: string): readonly AddressConfig[] =>
  config.interfaces.find(({ name }) => name === dev)?.addresses ?? [];

export function findLabelled(config: HostConfig, { dev, label }: Labelled): AddressConfig | undefined {
  return addressesOf(config, dev).find((one) => one.address.family === AF_INET && (one.label ?? dev) === label);
}

/** Takes an address away and puts another one in its place, as every ioctl does that changes one. */
function replaced(config: HostConfig, at: Labelled, before: AddressConfig | undefined, after: AddressConfig) {
  const rest = before && withAddresses(config, at.dev, removed(addressesOf(config, at.dev), before));
  const list = added(addressesOf(rest ?? config, at.dev), after);
  return typeof list === "string" ? list : withAddresses(rest ?? config, at.dev, list);
}

/** SIOCSIFADDR: the label's address becomes this one, in the network of its class. 0.0.0.0 takes it away. */
export function setAddress(config: HostConfig, at: Labelled, value: number): HostConfig | Refused {
  const prefix = classPrefix(value);
  if (prefix === undefined) return "EINVAL";
  const before = findLabelled(config, at);
  if (before !== undefined && firstWord(before.address) === value) return config;
  if (value === 0) {
    return before === undefined ? config : withAddresses(config, at.dev, removed(addressesOf(config, at.dev), before));
  }
  const plain = { address: ipv4(value), prefix, ...(at.label !== at.dev && { label: at.label }) };
  return replaced(config, at, before, { ...plain, broadcast: lastAddress(plain) });
}

/** SIOCSIFNETMASK: another prefix; a broadcast address that was the last one stays so. */
export function setPrefix(config: HostConfig, at: Labelled, prefix: number): HostConfig | Refused {
  const before = findLabelled(config, at);
  if (before === undefined) return "EADDRNOTAVAIL";
  if (before.prefix === prefix) return config;
  const follows = prefix < 31 && before.broadcast === lastAddress(before);
  const after = { ...before, prefix };
  return replaced(config, at, before, follows ? { ...after, broadcast: lastAddress(after) } : after);
}

/** SIOCSIFBRDADDR. */
export function setBroadcast(config: HostConfig, at: Labelled, broadcast: number): HostConfig | Refused {
  const before = findLabelled(config, at);
  if (before === undefined) return "EADDRNOTAVAIL";
  return before.broadcast === broadcast ? config : replaced(config, at, before, { ...before, broadcast });
}
