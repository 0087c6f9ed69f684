/** Plain values to a host's configuration. The one check of values, for director.yaml and for transcripts. */

import { MODULE_NAMES, type ModuleLine, parseModule } from "../../ipvs/modules.ts";
import type { KernelConfig } from "../../kernel/releases.ts";
import { DEFAULT_KERNEL, parseRelease } from "../../kernel/releases.ts";
import { HZ_CHOICES, type Hz } from "../../time/kernel-ticks.ts";
import { type Address, AF_INET, formatAddress, parseAddress, prefixMask } from "../../wire/address.ts";
import { readSysctl, sysctlKey, sysctlRefusal } from "../sysctls.ts";
import { readHa } from "../vrrp/config-reader.ts";
import {
  DEFAULT_MTU,
  type HostConfig,
  type InterfaceConfig,
  LARGEST_MTU,
  type MarkConfig,
  MOST_CONNECTIONS,
  type NeighborConfig,
  type Prefixed,
  type RouteConfig,
  SMALLEST_MTU,
  type SysctlConfig,
} from "./config.ts";
import type { PlainValue } from "./plain-value.ts";
import {
  address,
  addressWithPrefix,
  deviceName,
  knownDevice,
  macAddress,
  network,
  optional,
  parsePrefixed,
  portRange,
  protocolNumber,
  routeTarget,
} from "./values.ts";

/** The keys that readHostConfig reads. */
export const HOST_KEYS = [
  "interfaces",
  "routes",
  "neighbors",
  "marks",
  "sysctl",
  "modules",
  "kernel",
  "connections",
  "ha",
] as const;

/**
 * Reads the keys of HOST_KEYS from a mapping. Problems are added to the value's list; then the result is incomplete and
 * not to be used. `kernel` instead of the key's value for those who read that in another way.
 */
export function readHostConfig(top: PlainValue, kernel = readKernel(top.field("kernel"))): HostConfig {
  const list = top.field("interfaces");
  const ports = list.itemsBy("name", "addresses");
  if (ports.length === 0 && (!list.present || typeof list.value === "object")) list.expected("at least one interface");
  for (const key of ["name", "mac", "tap"] as const) {
    refuseTwins(
      ports.map((port) => port.field(key)),
      key,
    );
  }
  // Also the names of interfaces that have other faults, so that one mistake is not told twice.
  const names = new Set(ports.map((port) => port.field("name").value));
  const routes = top.field("routes").itemsBy("to", "via");
  const neighbors = top.field("neighbors").itemsBy("address", "mac");
  refuseSameNeighbor(neighbors);
  const modules = top.field("modules");
  const interfaces = sound(ports.map(readInterface));
  const ha = readHa(top.field("ha"), interfaces);
  return {
    interfaces,
    routes: sound(routes.map((route) => readRoute(route, names))),
    neighbors: sound(neighbors.map((neighbor) => readNeighbor(neighbor, names, interfaces))),
    marks: sound(top.field("marks").items().map(readMark)),
    sysctl: readSwitches(top.field("sysctl"), names, (kernel ?? DEFAULT_KERNEL).hz),
    ...(modules.present && { modules: sound(modules.items().map(readModule)) }),
    ...(kernel && { kernel }),
    ...readConnections(top.field("connections")),
    ...(ha && { ha }),
  };
}

/** A part that is left out is DEFAULT_KERNEL's. */
export function readKernel(item: PlainValue): KernelConfig | undefined {
  if (!item.present || !item.hasFields(["hz", "release"])) return undefined;
  const hz = optional(item.field("hz"), readHz) ?? DEFAULT_KERNEL.hz;
  const release = optional(item.field("release"), (value) =>
    value.parsed('a release such as "6.12.117"', (text) => (parseRelease(text) === undefined ? undefined : text)),
  );
  return { hz, release: release ?? DEFAULT_KERNEL.release };
}

export const readHz = (field: PlainValue): Hz | undefined =>
  HZ_CHOICES.find((hz) => hz === field.value) ?? field.expected(`one of ${HZ_CHOICES.join(", ")}`);

const sound = <T>(values: readonly (T | undefined)[]): T[] => values.filter((value) => value !== undefined);

function readInterface(item: PlainValue): InterfaceConfig | undefined {
  if (!item.hasFields(["name", "mac", "mtu", "addresses", "tap", "bridge", "gro"])) return undefined;
  const name = deviceName(item.field("name"));
  const mac = optional(item.field("mac"), macAddress);
  const mtu = optional(item.field("mtu"), (value) => value.integer(SMALLEST_MTU, LARGEST_MTU)) ?? DEFAULT_MTU;
  const listed = item.field("addresses").oneOrMore();
  const addresses = sound(listed.map(addressWithPrefix));
  refuseSameAddress(listed);
  const tap = optional(item.field("tap"), deviceName);
  const bridge = optional(item.field("bridge"), deviceName);
  const gro = optional(item.field("gro"), yesOrNo);
  if (name === undefined) return undefined;
  return {
    name,
    mtu,
    addresses,
    ...(mac && { mac }),
    ...(tap && { tap }),
    ...(bridge && { bridge }),
    ...(gro && { gro }),
  };
}

const yesOrNo = (field: PlainValue): boolean | undefined =>
  typeof field.value === "boolean" ? field.value : field.expected("true or false");

/** Two interfaces may not share a name, a TAP device, or a MAC address (differs: Linux lets them share one; here it tells the ports apart). */
function refuseTwins(values: readonly PlainValue[], key: "name" | "mac" | "tap"): void {
  const first = new Map<string, number>();
  for (const [index, field] of values.entries()) {
    if (typeof field.value !== "string") continue;
    const text = key === "mac" ? field.value.toLowerCase() : field.value;
    const before = first.get(text);
    if (before === undefined) first.set(text, index);
    else field.refuse(`expected another ${key} than interfaces[${before}] has, got ${JSON.stringify(field.value)}`);
  }
}

function readRoute(item: PlainValue, names: ReadonlySet<unknown>): RouteConfig | undefined {
  if (!item.hasFields(["to", "via", "dev"])) return undefined;
  const via = optional(item.field("via"), address);
  const to = routeTarget(item.field("to"), via?.family ?? AF_INET);
  const dev = optional(item.field("dev"), (value) => knownDevice(value, names));
  if (!item.field("via").present && !item.field("dev").present) item.expected("a route with via or dev");
  if (to !== undefined && via !== undefined && via.family !== to.address.family) {
    return item.field("via").expected("an address of the same family as the route's target");
  }
  return to && { to, ...(via !== undefined && { via }), ...(dev && { dev }) };
}

/** `dev` may be left out where the neighbor is in the network of an interface. */
function readNeighbor(
  item: PlainValue,
  names: ReadonlySet<unknown>,
  interfaces: readonly InterfaceConfig[],
): NeighborConfig | undefined {
  if (!item.hasFields(["address", "mac", "dev"])) return undefined;
  const neighbor = address(item.field("address"));
  const mac = macAddress(item.field("mac"));
  const named = item.field("dev");
  if (neighbor === undefined || named.present) {
    const dev = knownDevice(named, names);
    return !neighbor || !mac || !dev ? undefined : { address: neighbor, mac, dev };
  }
  const dev = interfaces.find(({ addresses }) => addresses.some((one) => isOnLink(neighbor, one)))?.name;
  // Where an interface is faulty, nobody knows what it would have been on.
  if (dev === undefined && named.isFirstProblem)
    named.expected(
      `the name of the interface that it is on, as no interface has a network with ${formatAddress(neighbor)}`,
    );
  return !mac || !dev ? undefined : { address: neighbor, mac, dev };
}

/** Whether an address is in the network of an interface's address. */
const isOnLink = ({ family, words }: Address, { address: own, prefix }: Prefixed): boolean =>
  family === own.family &&
  words.every((word, index) => ((word ^ (own.words[index] ?? 0)) & prefixMask(prefix, index)) === 0);

function readMark(item: PlainValue): MarkConfig | undefined {
  if (!item.hasFields(["protocol", "destination", "ports", "mark"])) return undefined;
  const protocol = item.field("protocol").parsed('"tcp" or "udp"', protocolNumber);
  const destination = network(item.field("destination"));
  const ports = portRange(item.field("ports"));
  const mark = item.field("mark").integer(1, 0xffffffff);
  if (!protocol || !destination || !ports || !mark) return undefined;
  return { protocol, destination, portFirst: ports[0], portLast: ports[1], mark };
}

const readModule = (item: PlainValue): ModuleLine | undefined =>
  item.parsed(
    `a module with its parameters, such as "ip_vs_ftp ports=21,2121": ${MODULE_NAMES.join(" or ")}`,
    parseModule,
  );

function readConnections(field: PlainValue): Pick<HostConfig, "connections"> {
  if (!field.present || !field.hasFields(["max"])) return {};
  const max = field.field("max").integer(1, MOST_CONNECTIONS);
  return max === undefined ? {} : { connections: { max } };
}

/** Refuses what the kernel refuses, in the words of sysctl(8). */
function readSwitches(mapping: PlainValue, names: ReadonlySet<unknown>, hz: Hz): SysctlConfig {
  const devices = [...names].filter((name) => typeof name === "string");
  const values: [string, number | string][] = [];
  for (const [written, field] of mapping.entries()) {
    const { value } = field;
    const key = sysctlKey(written);
    if (typeof value !== "string" && typeof value !== "number") {
      field.expected("a whole number or a text");
      continue;
    }
    const refusal = sysctlRefusal(key, readSysctl(key, value, devices, { hz }).outcome);
    if (refusal !== undefined) field.refuse(refusal);
    else values.push([key, value]);
  }
  return Object.fromEntries(values);
}

/** An interface has an IPv4 address once for each prefix, an IPv6 address once: the kernel says EEXIST (__inet_insert_ifa, ipv6_add_addr). */
function refuseSameAddress(fields: readonly PlainValue[]): void {
  const first = new Map<string, string>();
  for (const field of fields) {
    const text = typeof field.value === "string" ? field.value : "";
    const parsed = parsePrefixed(text);
    if (parsed === undefined) continue;
    const { address, prefix } = parsed;
    const key = address.family === AF_INET ? `${formatAddress(address)}/${prefix}` : formatAddress(address);
    if (first.has(key))
      field.refuse(`expected another address than ${first.get(key)}, which stands above, got ${JSON.stringify(text)}`);
    else first.set(key, text);
  }
}

/** A neighbor has one MAC address on an interface: a second entry would silently be the one that counts. */
function refuseSameNeighbor(items: readonly PlainValue[]): void {
  const known = new Map<string, string>();
  for (const item of items) {
    const [address, mac, dev] = ["address", "mac", "dev"].map((name) => item.field(name).value);
    const parsed = typeof address === "string" ? parseAddress(address) : undefined;
    if (parsed === undefined || typeof mac !== "string") continue;
    const key = `${formatAddress(parsed)} ${dev}`;
    const before = known.get(key);
    if (before !== undefined && before !== mac.toLowerCase())
      item.field("mac").refuse(`expected ${before}, which ${address} has on ${dev} above, got ${JSON.stringify(mac)}`);
    known.set(key, before ?? mac.toLowerCase());
  }
}
