/** Plain values to a host's configuration. The one check of values, for director.yaml and for transcripts. */

import { MODULE_NAMES, type ModuleLine, parseModule } from "../ipvs/modules.ts";
import type { KernelConfig } from "../kernel/releases.ts";
import { DEFAULT_KERNEL, parseRelease } from "../kernel/releases.ts";
import { HZ_CHOICES, type Hz } from "../time/kernel-ticks.ts";
import {
  type Address,
  AF_INET,
  ANY,
  ANY_IPV6,
  type Family,
  formatAddress,
  isNetwork,
  longestPrefix,
  parseAddress,
  parseMac,
} from "../wire/address.ts";
import { PROTOCOL_TCP, PROTOCOL_UDP } from "../wire/ipv4.ts";
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
import { readSysctl, sysctlKey, sysctlRefusal } from "./sysctls.ts";

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
] as const;

/**
 * Reads the keys of HOST_KEYS from a mapping. Problems are added to the value's list; then the result is incomplete and
 * not to be used. `kernel` instead of the key's value for those who read that in another way.
 */
export function readHostConfig(top: PlainValue, kernel = readKernel(top.field("kernel"))): HostConfig {
  const list = top.field("interfaces");
  const ports = list.items();
  if (ports.length === 0 && (!list.present || Array.isArray(list.value))) list.expected("at least one interface");
  for (const key of ["name", "mac", "tap"] as const) {
    refuseTwins(
      ports.map((port) => port.field(key)),
      key,
    );
  }
  // Also the names of interfaces that have other faults, so that one mistake is not told twice.
  const names = new Set(ports.map((port) => port.field("name").value));
  const routes = top.field("routes").items();
  const neighbors = top.field("neighbors").items();
  refuseSameNeighbor(neighbors);
  const modules = top.field("modules");
  return {
    interfaces: sound(ports.map(readInterface)),
    routes: sound(routes.map((route) => readRoute(route, names))),
    neighbors: sound(neighbors.map((neighbor) => readNeighbor(neighbor, names))),
    marks: sound(top.field("marks").items().map(readMark)),
    sysctl: readSwitches(top.field("sysctl"), names),
    ...(modules.present && { modules: sound(modules.items().map(readModule)) }),
    ...(kernel && { kernel }),
    ...readConnections(top.field("connections")),
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
  if (!item.hasFields(["name", "mac", "mtu", "addresses", "tap", "bridge"])) return undefined;
  const name = deviceName(item.field("name"));
  const mac = optional(item.field("mac"), macAddress);
  const mtu = optional(item.field("mtu"), (value) => value.integer(SMALLEST_MTU, LARGEST_MTU)) ?? DEFAULT_MTU;
  const listed = item.field("addresses").items();
  const addresses = sound(listed.map(addressWithPrefix));
  refuseSameAddress(listed);
  const tap = optional(item.field("tap"), deviceName);
  const bridge = optional(item.field("bridge"), deviceName);
  if (name === undefined) return undefined;
  return { name, mtu, addresses, ...(mac && { mac }), ...(tap && { tap }), ...(bridge && { bridge }) };
}

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

function readNeighbor(item: PlainValue, names: ReadonlySet<unknown>): NeighborConfig | undefined {
  if (!item.hasFields(["address", "mac", "dev"])) return undefined;
  const neighbor = address(item.field("address"));
  const mac = macAddress(item.field("mac"));
  const dev = knownDevice(item.field("dev"), names);
  return !neighbor || !mac || !dev ? undefined : { address: neighbor, mac, dev };
}

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
function readSwitches(mapping: PlainValue, names: ReadonlySet<unknown>): SysctlConfig {
  const devices = [...names].filter((name) => typeof name === "string");
  const values: [string, number | string][] = [];
  for (const [written, field] of mapping.entries()) {
    const { value } = field;
    const key = sysctlKey(written);
    if (typeof value !== "string" && typeof value !== "number") {
      field.expected("a whole number or a text");
      continue;
    }
    const refusal = sysctlRefusal(key, readSysctl(key, value, devices).outcome);
    if (refusal !== undefined) field.refuse(refusal);
    else values.push([key, value]);
  }
  return Object.fromEntries(values);
}

const optional = <T>(field: PlainValue, read: (field: PlainValue) => T | undefined): T | undefined =>
  field.present ? read(field) : undefined;

const protocolNumber = (text: string): MarkConfig["protocol"] | undefined =>
  text === "tcp" ? PROTOCOL_TCP : text === "udp" ? PROTOCOL_UDP : undefined;

const address = (field: PlainValue): Address | undefined =>
  field.parsed("an address such as 10.1.0.1 or 2001:db8::1", parseAddress);

/** Of an interface. In IPv6 the kernel refuses multicast addresses, `::` and `::1` (net/ipv6/addrconf.c: ipv6_add_addr). */
function addressWithPrefix(field: PlainValue): Prefixed | undefined {
  const parsed = field.parsed(
    "an address with the length of its prefix, such as 10.1.0.254/24 or 2001:db8::1/64",
    (text) => (text.includes("/") ? parsePrefixed(text) : undefined),
  );
  if (parsed === undefined || isAssignable(parsed.address)) return parsed;
  return field.expected("an address that an interface can have: not multicast, :: or ::1");
}

const isAssignable = ({ family, words: [first, second, third, last] }: Address): boolean =>
  family === AF_INET || (first >>> 24 !== 0xff && (first !== 0 || second !== 0 || third !== 0 || last > 1));

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

/** An address with a prefix, or a host's address, which has all bits; `undefined` for anything else. */
function parsePrefixed(text: string): Prefixed | undefined {
  const [, host = "", length] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const parsed = parseAddress(host);
  if (parsed === undefined) return undefined;
  const longest = longestPrefix(parsed.family);
  const prefix = length === undefined ? longest : Number(length);
  return prefix > longest ? undefined : { address: parsed, prefix };
}

/** A network without bits beyond its prefix: what Linux refuses as an invalid prefix. */
function network(field: PlainValue, what = "an address or network"): Prefixed | undefined {
  const parsed = field.parsed(what, parsePrefixed);
  if (parsed === undefined || isNetwork(parsed.address, parsed.prefix)) return parsed;
  return field.expected(`an address with no bits set beyond its prefix of ${parsed.prefix}`);
}

/** `default` is of the family of the gateway. */
const routeTarget = (field: PlainValue, family: Family): Prefixed | undefined =>
  field.value === "default"
    ? { address: family === AF_INET ? ANY : ANY_IPV6, prefix: 0 }
    : network(field, 'a network such as 10.9.0.0/16 or 2001:db8::/32, or "default"');

/** Of one station: neither a group address nor all zeros (Linux: is_valid_ether_addr). */
const macAddress = (field: PlainValue): Uint8Array | undefined =>
  field.parsed("the MAC address of one station, such as 02:00:00:00:01:64", (text) => {
    const mac = parseMac(text);
    return mac !== undefined && ((mac[0] ?? 1) & 1) === 0 && mac.some((byte) => byte !== 0) ? mac : undefined;
  });

/** As Linux: dev_valid_name in net/core/dev.c. */
const deviceName = (field: PlainValue): string | undefined =>
  field.parsed("the name of a network device, 1 to 15 characters", (text) =>
    /^[^\s/:]{1,15}$/.test(text) && text !== "." && text !== ".." ? text : undefined,
  );

const knownDevice = (field: PlainValue, names: ReadonlySet<unknown>): string | undefined =>
  field.parsed("the name of one of the interfaces", (text) => (names.has(text) ? text : undefined));

/** A port or `first:last`, as iptables takes them; a single port may be a number. */
function portRange(field: PlainValue): readonly [number, number] | undefined {
  const what = 'a port such as "80", or a range such as "8000:8010"';
  if (typeof field.value === "number") {
    const port = field.integer(0, 65535);
    return port === undefined ? undefined : [port, port];
  }
  return field.parsed(what, (text) => {
    const [, from, to = from] = /^(\d{1,5})(?::(\d{1,5}))?$/.exec(text) ?? [];
    const first = Number(from);
    const last = Number(to);
    return from !== undefined && first <= last && last <= 65535 ? [first, last] : undefined;
  });
}
