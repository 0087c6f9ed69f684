/** How `ip address` and `ip link` show interfaces: they count from 2, as lo is the first. */
import {
  type Address,
  AF_INET,
  AF_INET6,
  type Family,
  formatAddress,
  formatIpv4,
  isLinkLocal,
  parseAddress,
} from "../wire/address.ts";
import { macText } from "../wire/ethernet.ts";
import { isSecondary, labelOf } from "./addresses.ts";
import type { IpOptions } from "./ip.ts";
import { type Json, jsonText } from "./ip-json.ts";
import { NO_TRAFFIC, statisticsJson, statisticsLines } from "./ip-statistics.ts";
import { type Machine, ProgramEnd, type Traffic } from "./program.ts";

interface ShownAddress {
  readonly address: Address;
  readonly prefix: number;
  readonly scope: "host" | "global" | "link";
  readonly broadcast?: number;
  readonly secondary?: boolean;
  /** Of IPv4. */
  readonly label?: string;
}

interface Shown {
  readonly index: number;
  readonly name: string;
  readonly flags: readonly string[];
  readonly mtu: number;
  readonly state: string;
  readonly type: "loopback" | "ether";
  readonly mac: string;
  readonly broadcast: string;
  readonly addresses: readonly ShownAddress[];
  readonly traffic: Traffic;
}

const NO_MAC = "00:00:00:00:00:00";

const own = (text: string, prefix: number, rest: { readonly label?: string }): ShownAddress[] => {
  const address = parseAddress(text);
  return address === undefined ? [] : [{ address, prefix, scope: "host", ...rest }];
};

const LOOPBACK: Shown = {
  index: 1,
  name: "lo",
  flags: ["LOOPBACK", "UP", "LOWER_UP"],
  mtu: 65536,
  state: "UNKNOWN",
  type: "loopback",
  mac: NO_MAC,
  broadcast: NO_MAC,
  addresses: [...own("127.0.0.1", 8, { label: "lo" }), ...own("::1", 128, {})],
  traffic: NO_TRAFFIC,
};

const interfacesOf = ({ director, traffic }: Machine): Shown[] =>
  director.config.interfaces.map((config, index) => {
    const { name, mtu, addresses } = config;
    const port = director.interfaces[index];
    const given = addresses.map(
      (one, at): ShownAddress => ({
        ...one,
        scope: "global",
        secondary: isSecondary(addresses, at),
        label: labelOf(config, one),
      }),
    );
    const linkLocal = port?.ipv6.filter(({ address }) => isLinkLocal(address)) ?? [];
    return {
      index: index + 2,
      name,
      flags: ["BROADCAST", "MULTICAST", "UP", "LOWER_UP"],
      mtu,
      state: "UP",
      type: "ether",
      mac: macText(port?.mac ?? 0),
      broadcast: "ff:ff:ff:ff:ff:ff",
      addresses: [
        ...given.filter(({ address }) => address.family === AF_INET),
        ...given.filter(({ address }) => address.family === AF_INET6),
        ...linkLocal.map(({ address, prefix }): ShownAddress => ({ address, prefix, scope: "link" })),
      ],
      traffic: traffic(name) ?? NO_TRAFFIC,
    };
  });

/** Shows all interfaces, or one, with their addresses or without. */
export function showInterfaces(
  words: readonly string[],
  options: IpOptions,
  machine: Machine,
  withAddress: boolean,
): string {
  const { family } = options;
  const [dev] = words.filter((word) => word !== "dev" && word !== "up");
  const shown = [LOOPBACK, ...interfacesOf(machine)].filter(({ name }) => dev === undefined || name === dev);
  if (shown.length === 0) throw new ProgramEnd(1, `Device "${dev}" does not exist.`);
  const wanted = shown
    .map((one) => ({ ...one, addresses: one.addresses.filter(({ address }) => isOf(family, address)) }))
    .filter(({ addresses }) => !withAddress || family === undefined || addresses.length > 0);
  if (options.json) {
    const json = options.brief ? briefJson : wholeJson;
    return jsonText(
      wanted.map((one) => json(one, options, withAddress)),
      options.pretty,
    );
  }
  return wanted.map((one) => text(one, options, withAddress)).join("");
}

const isOf = (family: Family | undefined, address: Address): boolean =>
  family === undefined || address.family === family;

const withPrefix = ({ address, prefix }: ShownAddress): string => `${formatAddress(address)}/${prefix}`;

function text(one: Shown, { family, oneline, brief, statistics }: IpOptions, withAddress: boolean): string {
  const { index, name, flags, mtu, state, type, mac, broadcast, addresses } = one;
  if (brief) {
    const end = withAddress
      ? addresses.map((address) => `${withPrefix(address)} `).join("")
      : `${mac} <${flags.join(",")}> `;
    return `${name.padEnd(16)} ${state.padEnd(14)} ${end}\n`;
  }
  const forever = "       valid_lft forever preferred_lft forever";
  if (oneline && withAddress) {
    return addresses.map((address) => `${index}: ${name}    ${addressText(one, address)}\\${forever}\n`).join("");
  }
  const mode = withAddress ? "" : " mode DEFAULT";
  const title = `${index}: ${name}: <${flags.join(",")}> mtu ${mtu} qdisc noqueue state ${state}${mode} group default qlen 1000`;
  const link = family === undefined || !withAddress ? [`    link/${type} ${mac} brd ${broadcast}`] : [];
  const lines = withAddress ? addresses.flatMap((address) => [`    ${addressText(one, address)}`, forever]) : [];
  const counters = statistics > 0 ? statisticsLines(one.traffic, statistics > 1) : [];
  return `${[title, ...link, ...lines, ...counters].join(oneline ? "\\" : "\n")}\n`;
}

function addressText({ name }: Shown, shown: ShownAddress): string {
  const { address, scope, broadcast, secondary, label } = shown;
  const value = withPrefix(shown);
  if (address.family === AF_INET6) return `inet6 ${value} scope ${scope} `;
  const brd = broadcast === undefined ? "" : ` brd ${formatIpv4(broadcast)}`;
  return `inet ${value}${brd} scope ${scope} ${secondary === true ? "secondary " : ""}${label ?? name}`;
}

// --- for programs

/** A lifetime that does not end. */
const FOREVER = 2 ** 32 - 1;

function wholeJson(one: Shown, { family, statistics }: IpOptions, withAddress: boolean): Json {
  const hasLink = family === undefined || !withAddress;
  return {
    ifindex: one.index,
    ifname: one.name,
    flags: one.flags,
    mtu: one.mtu,
    qdisc: "noqueue",
    operstate: one.state,
    linkmode: withAddress ? undefined : "DEFAULT",
    group: "default",
    txqlen: 1000,
    link_type: hasLink ? one.type : undefined,
    address: hasLink ? one.mac : undefined,
    broadcast: hasLink ? one.broadcast : undefined,
    addr_info: withAddress ? one.addresses.map(addressJson) : undefined,
    stats64: statistics > 0 ? statisticsJson(one.traffic) : undefined,
  };
}

const addressJson = ({ address, prefix, scope, broadcast, secondary, label }: ShownAddress): Json => ({
  family: address.family === AF_INET ? "inet" : "inet6",
  local: formatAddress(address),
  prefixlen: prefix,
  broadcast: broadcast === undefined ? undefined : formatIpv4(broadcast),
  scope,
  secondary: secondary === true ? true : undefined,
  label: address.family === AF_INET ? label : undefined,
  valid_life_time: FOREVER,
  preferred_life_time: FOREVER,
});

function briefJson({ name, state, mac, flags, addresses }: Shown, _options: IpOptions, withAddress: boolean): Json {
  if (!withAddress) return { ifname: name, operstate: state, address: mac, flags };
  const list = addresses.map(({ address, prefix }) => ({ local: formatAddress(address), prefixlen: prefix }));
  return { ifname: name, operstate: state, addr_info: list };
}
