/** Reads `ha` of a configuration. Problems are added to the value's list. */
import { type Address, AF_INET, type Family, formatAddress, isMulticast, sameAddress } from "../../wire/address.ts";
import { OWNER_PRIORITY, type VrrpVersion } from "../../wire/vrrp.ts";
import type { InterfaceConfig, Prefixed } from "../config/config.ts";
import type { PlainValue } from "../config/plain-value.ts";
import { address, addressWithPrefix, knownDevice, milliseconds, optional } from "../config/values.ts";
import type { AnnounceConfig, HaConfig, HaSyncConfig, VirtualRouterConfig } from "./config.ts";

const ROUTER_KEYS = [
  "interface",
  "id",
  "version",
  "priority",
  "interval",
  "addresses",
  "peers",
  "preempt",
  "preempt-delay",
  "group",
  "auth",
  "virtual-mac",
  "announce",
];
const DEFAULT_PRIORITY = 100;
/** Milliseconds. */
const DEFAULT_INTERVAL = 1000;
const CENTISECOND = 10;
/** 12 bits of hundredths of a second; 8 bits of seconds. */
const LONGEST_INTERVAL = 40_950;
const LONGEST_INTERVAL_V2 = 255_000;
const MOST_ADDRESSES = 255;
const LONGEST_DELAY = 1000;
/** As keepalived: five times, and five times again after five seconds. */
const ANNOUNCE: AnnounceConfig = { repeat: 5, delay: 5, refresh: 0 };

export function readHa(field: PlainValue, interfaces: readonly InterfaceConfig[]): HaConfig | undefined {
  if (!field.present || !field.hasFields(["vrrp", "sync"])) return undefined;
  const names = new Set<unknown>(interfaces.map(({ name }) => name));
  const items = field.field("vrrp").items();
  const routers = items.map((item) => readRouter(item, names, interfaces)).filter((one) => one !== undefined);
  if (items.length === routers.length) refuseTwins(items, routers);
  const sync = optional(field.field("sync"), (value) => readSync(value, names));
  return { vrrp: routers, ...(sync && { sync }) };
}

function readRouter(
  item: PlainValue,
  names: ReadonlySet<unknown>,
  interfaces: readonly InterfaceConfig[],
): VirtualRouterConfig | undefined {
  if (!item.hasFields(ROUTER_KEYS)) return undefined;
  const dev = knownDevice(item.field("interface"), names);
  const id = item.field("id").integer(1, 255);
  const version = optional(item.field("version"), readVersion) ?? 3;
  const addresses = readAddresses(item.field("addresses"), interfaces);
  const authentication = optional(item.field("auth"), (auth) => readAuthentication(auth, version));
  const group = optional(item.field("group"), (value) => value.text("the name of a group"));
  const first = addresses?.[0]?.address;
  const peers = optional(item.field("peers"), (field) => readPeers(field, first?.family ?? AF_INET));
  const virtualMac = optional(item.field("virtual-mac"), readBoolean) ?? false;
  if (peers !== undefined && virtualMac)
    item.field("virtual-mac").refuse("expected false: advertisements to peers come from the interface's own address");
  if (version === 2 && first !== undefined && first.family !== AF_INET)
    item.field("version").refuse("expected 3: version 2 is for IPv4 addresses");
  if (dev === undefined || id === undefined || addresses === undefined) return undefined;
  return {
    interface: dev,
    id,
    version,
    priority: optional(item.field("priority"), (value) => value.integer(1, OWNER_PRIORITY)) ?? DEFAULT_PRIORITY,
    interval: readInterval(item.field("interval"), version),
    addresses,
    ...(peers && { peers }),
    preempt: optional(item.field("preempt"), readBoolean) ?? true,
    preemptDelay: optional(item.field("preempt-delay"), (value) => value.integer(0, LONGEST_DELAY)) ?? 0,
    ...(group !== undefined && { group }),
    ...(authentication && { authentication }),
    virtualMac,
    announce: optional(item.field("announce"), readAnnounce) ?? ANNOUNCE,
  };
}

const readVersion = (field: PlainValue): VrrpVersion | undefined =>
  field.value === 2 || field.value === 3 ? field.value : field.expected("2 or 3");

const readBoolean = (field: PlainValue): boolean | undefined =>
  typeof field.value === "boolean" ? field.value : field.expected("true or false");

/** Hundredths of a second. */
function readInterval(field: PlainValue, version: VrrpVersion): number {
  const [unit, longest, what] =
    version === 3
      ? [CENTISECOND, LONGEST_INTERVAL, "a time from 10ms to 40950ms in steps of 10ms, such as 1s or 50ms"]
      : [DEFAULT_INTERVAL, LONGEST_INTERVAL_V2, "whole seconds from 1s to 255s, as version 2 has them"];
  const fits = (time: number): boolean => time >= unit && time <= longest && time % unit === 0;
  return (optional(field, (value) => milliseconds(value, what, fits)) ?? DEFAULT_INTERVAL) / CENTISECOND;
}

function readAddresses(field: PlainValue, interfaces: readonly InterfaceConfig[]): readonly Prefixed[] | undefined {
  const items = field.items();
  if (items.length === 0 || items.length > MOST_ADDRESSES)
    return field.expected("the addresses that move, such as [10.1.0.100/32]");
  const addresses = items.map((item) => {
    const one = addressWithPrefix(item);
    const has = ({ addresses: own }: InterfaceConfig): boolean =>
      own.some((other) => one !== undefined && sameAddress(other.address, one.address));
    const owner = interfaces.find(has);
    if (one === undefined || owner === undefined) return one;
    return item.refuse(
      `expected an address that moves, got ${formatAddress(one.address)}, which ${owner.name} has in any case`,
    );
  });
  return addresses.every((one) => one !== undefined) ? addresses : undefined;
}

function readPeers(field: PlainValue, family: Family): readonly Address[] | undefined {
  const items = field.items();
  if (items.length === 0) return field.expected("the other directors' addresses, such as [10.1.0.2]");
  const peers = items.map((item) => {
    const one = address(item);
    if (one === undefined || (one.family === family && !isMulticast(one))) return one;
    return item.expected(`an address of one director, of ${family === AF_INET ? "IPv4" : "IPv6"} as the addresses are`);
  });
  return peers.every((one) => one !== undefined) ? peers : undefined;
}

function readAuthentication(field: PlainValue, version: VrrpVersion): VirtualRouterConfig["authentication"] {
  if (version === 3)
    return field.refuse("version 3 has no authentication (RFC 9568, section 9): leave it out, or set version: 2");
  if (!field.hasFields(["pass", "ah"])) return undefined;
  const type = field.field("ah").present ? "ah" : "pass";
  if (type === "ah" && field.field("pass").present) return field.expected("either pass or ah");
  const secret = field
    .field(type)
    .parsed("a secret of 1 to 8 characters", (text) => (/^[!-~]{1,8}$/.test(text) ? text : undefined));
  return secret === undefined ? undefined : { type, secret };
}

function readAnnounce(field: PlainValue): AnnounceConfig | undefined {
  if (!field.hasFields(["repeat", "delay", "refresh"])) return undefined;
  const number = (key: keyof AnnounceConfig, least: number): number =>
    optional(field.field(key), (value) => value.integer(least, LONGEST_DELAY)) ?? ANNOUNCE[key];
  return { repeat: number("repeat", 1), delay: number("delay", 0), refresh: number("refresh", 0) };
}

function readSync(field: PlainValue, names: ReadonlySet<unknown>): HaSyncConfig | undefined {
  if (!field.hasFields(["interface", "id", "group", "port", "prompt"])) return undefined;
  const dev = knownDevice(field.field("interface"), names);
  const syncId = optional(field.field("id"), (value) => value.integer(0, 255)) ?? 0;
  const group = optional(field.field("group"), address);
  const port = optional(field.field("port"), (value) => value.integer(1, 65535)) ?? 0;
  const prompt = optional(field.field("prompt"), readBoolean) ?? true;
  return dev === undefined ? undefined : { interface: dev, syncId, port, prompt, ...(group && { group }) };
}

/** Two routers of one interface and family may not have the same VRID, nor one address be moved by two. */
function refuseTwins(items: readonly PlainValue[], routers: readonly VirtualRouterConfig[]): void {
  const ids = new Map<string, number>();
  const owners = new Map<string, number>();
  for (const [index, { interface: dev, id, addresses }] of routers.entries()) {
    const name = `${dev} ${id} ${addresses[0]?.address.family}`;
    const twin = ids.get(name);
    if (twin !== undefined) items[index]?.field("id").refuse(`expected another VRID than vrrp[${twin}] has on ${dev}`);
    ids.set(name, twin ?? index);
    for (const { address: moving } of addresses) {
      const text = formatAddress(moving);
      const other = owners.get(text);
      if (other !== undefined) items[index]?.field("addresses").refuse(`${text} is moved by vrrp[${other}] already`);
      owners.set(text, other ?? index);
    }
  }
}
