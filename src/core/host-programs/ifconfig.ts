/** ifconfig(8) of net-tools: shows interfaces, and gives them IPv4 addresses. An alias, `eth0:0`, is an address with a label. */
import type { Outcome } from "../control/environment.ts";
import type { HostConfig } from "../host/config/config.ts";
import type { Interface } from "../host/interfaces.ts";
import { formatAddress, formatIpv4, isLinkLocal, netmask, parseIpv4 } from "../wire/address.ts";
import { macText } from "../wire/ethernet.ts";
import { findLabelled, type Labelled, lastAddress, setAddress, setBroadcast, setPrefix } from "./addresses.ts";
import { NO_TRAFFIC } from "./ip-statistics.ts";
import {
  DONE,
  ERROR_TEXTS,
  type Machine,
  notHere,
  ProgramEnd,
  printed,
  type Refused,
  type Traffic,
} from "./program.ts";

const HINT = "ifconfig: `--help' gives usage information.";
const UP_TEXT = "flags=4163<UP,BROADCAST,RUNNING,MULTICAST>";
/** The director answers for these, too, though nothing can be sent to them from outside. */
const LOOPBACK = [
  "lo: flags=73<UP,LOOPBACK,RUNNING>  mtu 65536",
  "inet 127.0.0.1  netmask 255.0.0.0",
  "inet6 ::1  prefixlen 128  scopeid 0x10<host>",
  "loop  txqueuelen 1000  (Local Loopback)",
];

export function ifconfig(words: readonly string[], machine: Machine): Outcome {
  const [label, ...rest] = words.filter((word) => word !== "-a");
  if (label === undefined) return printed(everything(machine));
  if (label.startsWith("-")) {
    throw new ProgramEnd(1, `ifconfig: option \`${label}' not recognised.\n${HINT}`);
  }
  if (rest.length === 0) return printed(one(machine, label));
  const dev = label.replace(/:.*/, "");
  if (machine.director.ifindexOf(dev) < 0) {
    const [what] = parseIpv4(rest[0] ?? "") === undefined ? [""] : ["SIOCSIFADDR: No such device\n"];
    throw new ProgramEnd(255, `${what}${label}: ERROR while getting interface flags: No such device`);
  }
  change(machine, { dev, label }, rest);
  return DONE;
}

// --- showing

function everything(machine: Machine): string {
  const blocks = machine.director.interfaces.flatMap((port) => {
    const labels = machine.director.config.interfaces[port.ifindex]?.addresses.map(({ label }) => label) ?? [];
    const aliases = [...new Set(labels.filter((label) => label !== undefined))];
    return [interfaceBlock(machine, port), ...aliases.map((label) => aliasBlock(machine, port, label))];
  });
  return [...blocks, block(LOOPBACK, NO_TRAFFIC)].join("");
}

function one(machine: Machine, label: string): string {
  if (label === "lo") return block(LOOPBACK, NO_TRAFFIC);
  const { director } = machine;
  const port = director.interfaces[director.ifindexOf(label.replace(/:.*/, ""))];
  if (port === undefined) {
    throw new ProgramEnd(1, `${label}: error fetching interface information: Device not found`);
  }
  return label.includes(":") ? aliasBlock(machine, port, label) : interfaceBlock(machine, port);
}

function interfaceBlock(machine: Machine, port: Interface): string {
  const inet6 = port.ipv6.map(({ address, prefix }) => {
    const scope = isLinkLocal(address) ? "0x20<link>" : "0x0<global>";
    return `inet6 ${formatAddress(address)}  prefixlen ${prefix}  scopeid ${scope}`;
  });
  const lines = [...head(machine, port, port.name), ...inet6, ether(port)];
  return block(lines, machine.traffic(port.name) ?? NO_TRAFFIC);
}

const aliasBlock = (machine: Machine, port: Interface, label: string): string =>
  block([...head(machine, port, label), ether(port)], undefined);

const ether = ({ mac }: Interface): string => `ether ${macText(mac)}  txqueuelen 1000  (Ethernet)`;

/** An address of IPv4 is shown with its label alone: of several with the same, the first. */
function head({ director }: Machine, port: Interface, label: string): string[] {
  const found = findLabelled(director.config, { dev: port.name, label });
  const title = `${label}: ${UP_TEXT}  mtu ${port.mtu}`;
  if (found === undefined) return [title];
  const { address, prefix, broadcast = 0 } = found;
  return [
    title,
    `inet ${formatAddress(address)}  netmask ${formatIpv4(netmask(prefix))}  broadcast ${formatIpv4(broadcast)}`,
  ];
}

function block([title = "", ...lines]: readonly string[], traffic: Traffic | undefined): string {
  const all = [...lines, ...(traffic === undefined ? [] : counters(traffic))];
  return `${title}\n${all.map((line) => `        ${line}\n`).join("")}\n`;
}

const counters = ({ received, receivedBytes, sent, sentBytes, sendErrors }: Traffic): string[] => [
  `RX packets ${received}  bytes ${receivedBytes} (${short(receivedBytes)})`,
  "RX errors 0  dropped 0  overruns 0  frame 0",
  `TX packets ${sent}  bytes ${sentBytes} (${short(sentBytes)})`,
  `TX errors ${sendErrors}  dropped 0 overruns 0  carrier 0  collisions 0`,
];

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** Cut to one digit behind the point, in the largest unit that the number exceeds (net-tools interface.c: ife_print_long). */
function short(bytes: number): string {
  const unit = UNITS.findLastIndex((_, power) => power === 0 || bytes > 1024 ** power);
  return `${(Math.floor((bytes * 10) / 1024 ** unit) / 10).toFixed(1)} ${UNITS[unit]}`;
}

// --- changing

/** Words that are true of a director's interface already. */
const TRUE_ALREADY = ["up", "arp", "-promisc", "-allmulti", "multicast"];
/** Words that change what a director's interface cannot change, and how many more words each takes. */
const IMPOSSIBLE: Readonly<Record<string, string>> = {
  down: "an interface of the director cannot be set down; set its TAP device down",
  mtu: "the MTU of an interface stands in director.yaml, and a new one needs a restart",
  hw: "the MAC address of an interface stands in director.yaml, and a new one needs a restart",
  "-arp": "the director always answers ARP requests for its addresses",
};

/** Each word as the kernel would be asked for it, in their order; then the whole becomes true at once. */
function change(machine: Machine, at: Labelled, words: readonly string[]): void {
  let config = machine.director.config;
  const take = (call: string, next: HostConfig | Refused): void => {
    if (typeof next === "string") throw new ProgramEnd(1, `${call}: ${ERROR_TEXTS[next]}`);
    config = next;
  };
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (TRUE_ALREADY.includes(word)) continue;
    const why = IMPOSSIBLE[word];
    if (why !== undefined && !(word === "down" && at.label !== at.dev)) throw notHere(1, why);
    if (word === "down") take("SIOCSIFFLAGS", setAddress(config, at, 0));
    else if (word === "netmask") take("SIOCSIFNETMASK", setPrefix(config, at, prefixOf(rest.shift())));
    else if (word === "broadcast") take("SIOCSIFBRDADDR", setBroadcast(config, at, address(rest.shift())));
    else {
      const [, before = word, bits] = /^(.*)\/(\d+)$/.exec(word) ?? [];
      take("SIOCSIFADDR", setAddress(config, at, address(before)));
      if (bits !== undefined) take("SIOCSIFNETMASK", setPrefix(config, at, Number(bits)));
    }
  }
  if (words.includes("broadcast")) refuseOddBroadcast(config, at);
  machine.reconfigure(config);
}

/** differs: the kernel lets a network's broadcast address be any; here it is always the last one. */
function refuseOddBroadcast(config: HostConfig, at: Labelled): void {
  const found = findLabelled(config, at);
  if (found?.broadcast === undefined || found.prefix >= 31 || found.broadcast === lastAddress(found)) return;
  throw notHere(1, `the broadcast address of a network is its last one here, ${formatIpv4(lastAddress(found))}`);
}

function address(text = ""): number {
  const value = parseIpv4(text);
  if (value === undefined) throw new ProgramEnd(1, `${text}: Host name lookup failure\n${HINT}`);
  return value;
}

function prefixOf(text: string | undefined): number {
  const mask = address(text);
  const prefix = 32 - Math.log2(2 ** 32 - mask);
  if (!Number.isInteger(prefix)) throw new ProgramEnd(1, `SIOCSIFNETMASK: ${ERROR_TEXTS.EINVAL}`);
  return prefix;
}
