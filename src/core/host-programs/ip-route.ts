/** `ip route`. */
import type { Outcome } from "../control/environment.ts";
import type { RouteConfig } from "../host/config/config.ts";
import {
  type Address,
  AF_INET,
  AF_INET6,
  formatAddress,
  isNetwork,
  longestPrefix,
  sameAddress,
} from "../wire/address.ts";
import type { IpOptions } from "./ip.ts";
import { type Json, jsonText } from "./ip-json.ts";
import { addressOf, commandOf, deviceOf, prefixOf, required, unknownCommand } from "./ip-words.ts";
import { DONE, ERROR_TEXTS, type Machine, notHere, ProgramEnd, printed, type Refused } from "./program.ts";
import { type Listed, listedRoutes, type Meeting, wayTo, withoutRoute, withRoute } from "./routes.ts";

const COMMANDS = ["add", "append", "change", "delete", "flush", "get", "replace", "save", "restore"];

export function ipRoute(command: string, words: readonly string[], options: IpOptions, machine: Machine): Outcome {
  switch (commandOf(command, COMMANDS)) {
    case "show":
      return printed(show(words, options, machine));
    case "get":
      return printed(get(machine, addressOf(required(words[0])), options));
    case "add":
      return add(machine, read(words, options, machine), "exclusive");
    case "replace":
      return add(machine, read(words, options, machine), "replace");
    case "delete":
      return remove(machine, read(words, options, machine));
    case undefined:
      throw unknownCommand(command, "route");
    default:
      throw notHere(1, `ip route ${command} is not among what the director knows: show, get, add, replace, del`);
  }
}

function show(words: readonly string[], options: IpOptions, machine: Machine): string {
  const { family = AF_INET } = options;
  const rest = [...words];
  let dev: string | undefined;
  let to: RouteConfig["to"] | undefined;
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "dev") dev = deviceOf(machine, required(rest.shift()));
    else if (word === "table") refuseTable(required(rest.shift()));
    else to = prefixOf(word, family);
  }
  const shown = listedRoutes(machine.director, family)
    .filter((one) => dev === undefined || one.dev === dev)
    .filter((one) => to === undefined || (one.to.prefix === to.prefix && sameAddress(one.to.address, to.address)));
  if (options.json) {
    const list = shown.map((one) => ({ ...jsonOf(one), ...(dev !== undefined && { dev: undefined }) }));
    return jsonText(list, options.pretty);
  }
  return shown.map((one) => `${dev === undefined ? lineOf(one) : lineOf(one).replace(` dev ${dev}`, "")}\n`).join("");
}

function refuseTable(name: string): void {
  if (name !== "main") throw notHere(1, "the director has one table of routes, main");
}

function nameOf({ to }: Listed): string {
  const isHost = to.prefix === longestPrefix(to.address.family);
  return to.prefix === 0 ? "default" : `${formatAddress(to.address)}${isHost ? "" : `/${to.prefix}`}`;
}

/** In the order in which the fields are printed. */
function jsonOf(listed: Listed): { readonly [name: string]: Json | undefined } {
  const { to, via, dev, source } = listed;
  const isIpv6 = to.address.family === AF_INET6;
  const isConnected = source !== undefined;
  return {
    dst: nameOf(listed),
    gateway: via && formatAddress(via),
    dev,
    protocol: isConnected ? "kernel" : undefined,
    scope: isIpv6 || via !== undefined ? undefined : "link",
    prefsrc: isIpv6 || source === undefined ? undefined : formatAddress(source),
    metric: isIpv6 ? (isConnected ? 256 : 1024) : undefined,
    flags: [],
    pref: isIpv6 ? "medium" : undefined,
  };
}

function lineOf(listed: Listed): string {
  const { to, via, dev, source } = listed;
  const { family } = to.address;
  const name = nameOf(listed);
  const way = `${name}${via === undefined ? "" : ` via ${formatAddress(via)}`} dev ${dev} `;
  if (family === AF_INET6)
    return `${way}${source === undefined ? "metric 1024" : "proto kernel metric 256"} pref medium`;
  if (source !== undefined) return `${way}proto kernel scope link src ${formatAddress(source)} `;
  return via === undefined ? `${way}scope link ` : way;
}

function get({ director }: Machine, to: Address, { json, pretty }: IpOptions): string {
  const way = wayTo(director, to);
  if (way === undefined) throw refused("ENETUNREACH");
  const { local, dev, via, source } = way;
  if (json) {
    const found = {
      type: local ? "local" : undefined,
      dst: formatAddress(to),
      gateway: via && formatAddress(via),
      dev,
      prefsrc: formatAddress(source),
      flags: [],
      uid: 0,
      cache: local ? ["local"] : [],
    };
    return jsonText([found], pretty);
  }
  const gateway = via === undefined ? "" : ` via ${formatAddress(via)}`;
  const line = `${local ? "local " : ""}${formatAddress(to)}${gateway} dev ${dev} src ${formatAddress(source)} uid 0 `;
  return `${line}\n    cache ${local ? "<local> " : ""}\n`;
}

function read(words: readonly string[], { family }: IpOptions, machine: Machine): RouteConfig {
  if (words.length === 0)
    throw new ProgramEnd(255, "Usage: ip route { add | del | replace } PREFIX [ via ADDRESS ] [ dev STRING ]");
  const rest = [...words];
  let to: RouteConfig["to"] | undefined;
  let via: Address | undefined;
  let dev: string | undefined;
  let name = "";
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "via") via = addressOf(required(rest.shift()));
    else if (word === "dev") dev = required(rest.shift());
    else if (to === undefined) {
      name = word;
      to = prefixOf(word, family);
    } else throw notHere(1, `a route of the director has no ${word}: via and dev are all`);
  }
  if (to === undefined) throw refused("EINVAL");
  if (name === "default" && via?.family === AF_INET6) to = prefixOf(name, AF_INET6);
  if (!isNetwork(to.address, to.prefix)) throw new ProgramEnd(2, "Error: Invalid prefix for given prefix length.");
  if (dev !== undefined) deviceOf(machine, dev);
  return { to, ...(via && { via }), ...(dev !== undefined && { dev }) };
}

const refused = (why: Refused): ProgramEnd => new ProgramEnd(2, `RTNETLINK answers: ${ERROR_TEXTS[why]}`);

function add({ director, reconfigure }: Machine, wanted: RouteConfig, meeting: Meeting): Outcome {
  const next = withRoute(director, wanted, meeting);
  if (typeof next !== "string") {
    reconfigure(next);
    return DONE;
  }
  const gateway = wanted.via !== undefined && next === "ENETUNREACH";
  throw gateway ? new ProgramEnd(2, "Error: Nexthop has invalid gateway.") : refused(next);
}

function remove({ director, reconfigure }: Machine, gone: RouteConfig): Outcome {
  const next = withoutRoute(director, gone);
  if (next === "connected") throw notHere(2, "that route is there as long as the interface has an address in it");
  if (typeof next === "string") throw refused(next);
  reconfigure(next);
  return DONE;
}
