/** `ip address` and `ip link`: an interface counts from 2, as lo is the first. */
import type { Outcome } from "../control/environment.ts";
import type { AddressConfig, HostConfig } from "../host/config/config.ts";
import {
  AF_INET,
  AF_INET6,
  type Family,
  formatAddress,
  formatIpv4,
  isLinkLocal,
  parseIpv4,
  sameAddress,
} from "../wire/address.ts";
import { macText } from "../wire/ethernet.ts";
import { added, isSecondary, labelOf, lastAddress, removed, withAddresses } from "./addresses.ts";
import type { IpOptions } from "./ip.ts";
import { commandOf, deviceOf, prefixOf, required, unknownCommand } from "./ip-words.ts";
import { DONE, type Machine, notHere, ProgramEnd, printed } from "./program.ts";

const COMMANDS = ["add", "change", "replace", "delete", "flush", "save", "restore"];

export function ipAddress(command: string, words: readonly string[], options: IpOptions, machine: Machine): Outcome {
  switch (commandOf(command, COMMANDS)) {
    case "show":
      return printed(show(words, options, machine, true));
    case "add":
      return add(machine, read(words, machine));
    case "delete":
      return remove(machine, read(words, machine));
    case "flush":
      return flush(machine, words, options);
    case undefined:
      throw unknownCommand(command, "address");
    default:
      throw notHere(1, `ip address ${command} is not among what the director knows: show, add, del, flush`);
  }
}

export function ipLink(command: string, words: readonly string[], options: IpOptions, machine: Machine): Outcome {
  const known = commandOf(command, ["set", "add", "delete", "help"]);
  if (known === "show") return printed(show(words, options, machine, false));
  if (known === undefined) throw unknownCommand(command, "link");
  const [name = "", ...changes] = words.filter((word) => word !== "dev");
  if (known === "set") {
    deviceOf(machine, name);
    // An interface of the director is up whenever it is there.
    if (changes.length === 1 && changes[0] === "up") return DONE;
  }
  throw notHere(1, "the director's interfaces stand in director.yaml, and changing them needs a restart");
}

// --- showing

interface Shown {
  readonly title: string;
  readonly index: number;
  readonly name: string;
  readonly state: string;
  readonly link: string;
  readonly addresses: readonly { readonly family: Family; readonly text: string; readonly short: string }[];
}

const LOOPBACK: Shown = {
  index: 1,
  name: "lo",
  title: "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN",
  state: "UNKNOWN",
  link: "link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00",
  addresses: [
    { family: AF_INET, text: "inet 127.0.0.1/8 scope host lo", short: "127.0.0.1/8" },
    { family: AF_INET6, text: "inet6 ::1/128 scope host ", short: "::1/128" },
  ],
};

function show(words: readonly string[], options: IpOptions, machine: Machine, withAddress: boolean): string {
  const [dev] = words.filter((word) => word !== "dev" && word !== "up");
  const shown = [LOOPBACK, ...interfacesOf(machine)].filter(({ name }) => dev === undefined || name === dev);
  if (shown.length === 0) throw new ProgramEnd(1, `Device "${dev}" does not exist.`);
  return shown.map((one) => text(one, options, withAddress)).join("");
}

function text(one: Shown, { family, oneline, brief }: IpOptions, withAddress: boolean): string {
  const addresses = one.addresses.filter((address) => family === undefined || address.family === family);
  if (withAddress && family !== undefined && addresses.length === 0) return "";
  if (brief) {
    const mac = one.link.split(" ")[1] ?? "";
    const end = withAddress
      ? addresses.map(({ short }) => `${short} `).join("")
      : `${mac} <${/<(.*)>/.exec(one.title)?.[1]}> `;
    return `${one.name.padEnd(16)} ${one.state.padEnd(14)} ${end}\n`;
  }
  const forever = "valid_lft forever preferred_lft forever";
  if (oneline && withAddress) {
    return addresses.map((address) => `${one.index}: ${one.name}    ${address.text}\\       ${forever}\n`).join("");
  }
  const title = `${one.title}${withAddress ? "" : " mode DEFAULT"} group default qlen 1000`;
  const link = family === undefined || !withAddress ? [`    ${one.link}`] : [];
  const lines = withAddress ? addresses.flatMap((address) => [`    ${address.text}`, `       ${forever}`]) : [];
  return `${[title, ...link, ...lines].join(oneline ? "\\" : "\n")}\n`;
}

const interfacesOf = ({ director }: Machine): Shown[] =>
  director.config.interfaces.map((config, index) => {
    const { name, addresses } = config;
    const port = director.interfaces[index];
    const linkLocal = port?.ipv6.filter(({ address }) => isLinkLocal(address)) ?? [];
    const own = addresses.map((one, at) => ({
      family: one.address.family,
      text: addressText(one, isSecondary(addresses, at), labelOf(config, one)),
      short: `${formatAddress(one.address)}/${one.prefix}`,
    }));
    return {
      index: index + 2,
      name,
      title: `${index + 2}: ${name}: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu ${config.mtu} qdisc noqueue state UP`,
      state: "UP",
      link: `link/ether ${macText(port?.mac ?? 0)} brd ff:ff:ff:ff:ff:ff`,
      addresses: [
        ...own.filter(({ family }) => family === AF_INET),
        ...own.filter(({ family }) => family === AF_INET6),
        ...linkLocal.map(({ address, prefix }) => ({
          family: address.family,
          text: `inet6 ${formatAddress(address)}/${prefix} scope link `,
          short: `${formatAddress(address)}/${prefix}`,
        })),
      ],
    };
  });

function addressText({ address, prefix, broadcast }: AddressConfig, secondary: boolean, label: string): string {
  const value = `${formatAddress(address)}/${prefix}`;
  if (address.family === AF_INET6) return `inet6 ${value} scope global `;
  const brd = broadcast === undefined ? "" : ` brd ${formatIpv4(broadcast)}`;
  return `inet ${value}${brd} scope global ${secondary ? "secondary " : ""}${label}`;
}

// --- changing

interface Read {
  readonly dev: string;
  readonly address: AddressConfig;
}

function read(words: readonly string[], machine: Machine): Read {
  const rest = [...words];
  let address: AddressConfig | undefined;
  let dev: string | undefined;
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "dev") dev = required(rest.shift());
    else if (word === "label") address = address && { ...address, label: required(rest.shift()) };
    else if (word === "brd" || word === "broadcast")
      address = address && withBroadcast(address, required(rest.shift()));
    else if (word === "scope" || word === "valid_lft" || word === "preferred_lft")
      throw notHere(1, `an address of the director has no ${word}`);
    else address = prefixOf(word === "local" ? required(rest.shift()) : word);
  }
  if (dev === undefined) throw new ProgramEnd(1, 'Not enough information: "dev" argument is required.');
  deviceOf(machine, dev);
  if (address === undefined) throw new ProgramEnd(2, "RTNETLINK answers: Invalid argument");
  return { dev, address };
}

function withBroadcast(address: AddressConfig, text: string): AddressConfig {
  const last = lastAddress(address);
  if (text !== "+" && parseIpv4(text) !== last) {
    throw notHere(1, `the broadcast address of a network is its last one here, ${formatIpv4(last)}`);
  }
  return { ...address, broadcast: last };
}

const listOf = ({ director }: Machine, dev: string): readonly AddressConfig[] =>
  director.config.interfaces.find(({ name }) => name === dev)?.addresses ?? [];

function put(machine: Machine, dev: string, list: readonly AddressConfig[]): Outcome {
  const config: HostConfig = withAddresses(machine.director.config, dev, list);
  machine.reconfigure(config);
  return DONE;
}

function add(machine: Machine, { dev, address }: Read): Outcome {
  const list = added(listOf(machine, dev), address);
  if (typeof list !== "string") return put(machine, dev, list);
  throw new ProgramEnd(
    2,
    `Error: ${address.address.family === AF_INET ? "ipv4: A" : "ipv6: a"}ddress already assigned.`,
  );
}

function remove(machine: Machine, { dev, address: { address, prefix } }: Read): Outcome {
  const found = listOf(machine, dev).find((one) => one.prefix === prefix && sameAddress(one.address, address));
  if (found !== undefined) return put(machine, dev, removed(listOf(machine, dev), found));
  throw new ProgramEnd(2, `Error: ${address.family === AF_INET ? "ipv4: A" : "ipv6: a"}ddress not found.`);
}

function flush(machine: Machine, words: readonly string[], { family }: IpOptions): Outcome {
  const [name] = words.filter((word) => word !== "dev");
  if (name === undefined) throw new ProgramEnd(255, "Flush requires arguments.");
  const dev = deviceOf(machine, name);
  return put(
    machine,
    dev,
    listOf(machine, dev).filter(({ address }) => family !== undefined && address.family !== family),
  );
}
