/** `ip neighbor`: who is behind which MAC address, as the director has learnt it or was told. */
import type { Outcome } from "../control/environment.ts";
import type { HostConfig, Prefixed } from "../host/config/config.ts";
import type { Director } from "../host/director.ts";
import {
  FAILED,
  INCOMPLETE,
  NEIGHBOR_STATES,
  type Neighbor,
  PERMANENT,
  REACHABLE,
  STALE,
} from "../host/neighbors/neighbor.ts";
import { type Address, formatAddress, parseMac, sameAddress } from "../wire/address.ts";
import { isGroupMac, macNumber, macText } from "../wire/ethernet.ts";
import { isIn } from "./addresses.ts";
import type { IpOptions } from "./ip.ts";
import { jsonText } from "./ip-json.ts";
import { addressOf, commandOf, deviceOf, prefixOf, required, unknownCommand } from "./ip-words.ts";
import { DONE, type Machine, notHere, ProgramEnd, printed } from "./program.ts";

const COMMANDS = ["add", "change", "delete", "flush", "get", "help", "replace"];

export function ipNeighbor(command: string, words: readonly string[], options: IpOptions, machine: Machine): Outcome {
  const known = commandOf(command, COMMANDS);
  switch (known) {
    case "show":
      return printed(text(shown(machine, readFilter(words, options, machine)), options, machine, words));
    case "get":
      // In JSON, iproute2 does not show one.
      return printed(text([got(machine, read(words, machine))], { ...options, json: false }, machine, []));
    case "add":
    case "change":
    case "replace":
      return put(machine, known, read(words, machine));
    case "delete":
      return remove(machine, read(words, machine));
    case "flush":
      return flush(machine, words, options);
    case undefined:
      throw unknownCommand(command, "neigh");
    default:
      throw notHere(1, "ip neighbor knows show, get, add, change, replace, del and flush here");
  }
}

const refused = (why: string): ProgramEnd => new ProgramEnd(2, `RTNETLINK answers: ${why}`);

// --- showing

interface Filter {
  readonly dev?: string;
  readonly to?: Prefixed;
  readonly state?: number | undefined;
  readonly family?: Address["family"];
}

function readFilter(words: readonly string[], { family }: IpOptions, machine: Machine): Filter {
  const rest = [...words];
  const filter: { -readonly [Name in keyof Filter]: Filter[Name] } = { ...(family !== undefined && { family }) };
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "dev") filter.dev = deviceOf(machine, required(rest.shift()));
    else if (word === "nud") filter.state = stateOf(required(rest.shift()));
    else if (word !== "all") filter.to = prefixOf(word === "to" ? required(rest.shift()) : word);
  }
  return filter;
}

/** `nud all` asks for those, too, that are not shown otherwise: of these a director has none. */
function stateOf(name: string): number | undefined {
  const state = NEIGHBOR_STATES.indexOf(name.toUpperCase());
  if (state < 0 && name !== "all") throw new ProgramEnd(255, `Error: argument "${name}" is wrong: nud state is bad`);
  return state < 0 ? undefined : state;
}

/** Those that the kernel shows: not one that was made and never asked for, nor a group or a broadcast address, which nobody has to be asked for. */
function shown({ director }: Machine, { dev, to, state, family }: Filter): Neighbor[] {
  const all = [...director.neighbors.list(), ...director.neighborsIpv6.list()];
  return all.filter((neighbor) => {
    const address = director.addresses.value(neighbor.address);
    if (neighbor.state === FAILED && neighbor.probes === 0) return false;
    if (isGroupMac(neighbor.mac) && !isConfigured(director, neighbor)) return false;
    if (dev !== undefined && director.interfaces[neighbor.ifindex]?.name !== dev) return false;
    if (state !== undefined && neighbor.state !== state) return false;
    return (family === undefined || address.family === family) && (to === undefined || isIn(address, to));
  });
}

const isConfigured = ({ config, addresses, interfaces }: Director, { address, ifindex }: Neighbor): boolean =>
  config.neighbors.some(
    (one) => one.dev === interfaces[ifindex]?.name && sameAddress(one.address, addresses.value(address)),
  );

const stateName = ({ state }: Neighbor): string => NEIGHBOR_STATES[state] ?? "";
const macOf = ({ mac, state }: Neighbor): string | undefined => (state > INCOMPLETE ? macText(mac) : undefined);

function text(list: readonly Neighbor[], options: IpOptions, machine: Machine, words: readonly string[]): string {
  const { director } = machine;
  const hasDevice = words.includes("dev");
  const devOf = ({ ifindex }: Neighbor): string => director.interfaces[ifindex]?.name ?? "";
  const dstOf = ({ address }: Neighbor): string => formatAddress(director.addresses.value(address));
  if (options.json) {
    const json = list.map((one) => ({
      dst: dstOf(one),
      dev: hasDevice ? undefined : devOf(one),
      lladdr: macOf(one),
      ...(options.statistics > 0 && ages(one, director)),
      state: [stateName(one)],
    }));
    return jsonText(json, options.pretty);
  }
  if (options.brief)
    return list
      .map((one) => `${dstOf(one).padEnd(39)} ${hasDevice ? "" : `${devOf(one).padEnd(16)} `}${macOf(one) ?? ""}\n`)
      .join("");
  return list
    .map((one) => {
      const mac = macOf(one);
      const { used, confirmed, updated, probes } = ages(one, director);
      // iproute2 puts no blank between the two.
      const counters = options.statistics > 0 ? ` used ${used}/${confirmed}/${updated}probes ${probes} ` : "";
      const dev = hasDevice ? "" : `dev ${devOf(one)} `;
      return `${dstOf(one)} ${dev}${mac === undefined ? "" : `lladdr ${mac} `}${counters}${stateName(one)} \n`;
    })
    .join("");
}

/** Seconds since; of what never happened, since the director began. */
function ages({ used, confirmed, updated, probes }: Neighbor, { now }: Director) {
  const since = (time: number): number => Math.floor((now - Math.max(0, time)) / 1e6);
  return { used: since(used), confirmed: since(confirmed), updated: since(updated), probes };
}

// --- changing

interface Read {
  readonly dev: string;
  readonly address: Address;
  readonly mac: Uint8Array | undefined;
  readonly state: number;
}

const SETTABLE: readonly number[] = [PERMANENT, REACHABLE, STALE];

function read(words: readonly string[], machine: Machine): Read {
  const rest = [...words];
  let dev: string | undefined;
  let address: Address | undefined;
  let lladdr: string | undefined;
  let state = PERMANENT;
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "dev") dev = required(rest.shift());
    else if (word === "lladdr") lladdr = required(rest.shift());
    else if (word === "nud") state = stateOf(required(rest.shift())) ?? PERMANENT;
    else if (["permanent", "reachable", "stale"].includes(word)) state = stateOf(word) ?? PERMANENT;
    else if (["router", "proxy", "use", "managed", "extern_learn", "protocol"].includes(word))
      throw notHere(1, `a neighbor of the director has no ${word}`);
    else address = addressOf(word === "to" ? required(rest.shift()) : word);
  }
  if (dev === undefined || address === undefined)
    throw new ProgramEnd(255, "Device and destination are required arguments.");
  const mac = lladdr === undefined ? undefined : parseMac(lladdr);
  if (lladdr !== undefined && mac === undefined) throw new ProgramEnd(1, `"${lladdr}" is invalid lladdr.`);
  deviceOf(machine, dev);
  if (!SETTABLE.includes(state)) throw notHere(1, "a neighbor can be made permanent, reachable or stale here");
  return { dev, address, mac, state };
}

/** The entry of an address; `undefined` if nothing is known of it. */
function found({ director }: Machine, { dev, address }: Pick<Read, "dev" | "address">): Neighbor | undefined {
  const handle = director.addresses.of(address);
  return director.neighborsOf(handle).find(director.ifindexOf(dev), handle);
}

function got(machine: Machine, wanted: Read): Neighbor {
  const neighbor = found(machine, wanted);
  if (neighbor === undefined) throw new ProgramEnd(2, "Error: Neighbour entry not found.");
  return neighbor;
}

const others = ({ neighbors }: HostConfig, { dev, address }: Pick<Read, "dev" | "address">): HostConfig["neighbors"] =>
  neighbors.filter((one) => one.dev !== dev || !sameAddress(one.address, address));

function put(machine: Machine, command: "add" | "change" | "replace", wanted: Read): Outcome {
  const { director, reconfigure } = machine;
  const known = found(machine, wanted);
  const { dev, address, mac, state } = wanted;
  if (command === "add" && known !== undefined) throw refused("File exists");
  if (command === "change" && known === undefined) throw refused("No such file or directory");
  if (mac === undefined) throw new ProgramEnd(2, "Error: No link layer address given.");
  const rest = others(director.config, wanted);
  if (state === PERMANENT) {
    reconfigure({ ...director.config, neighbors: [...rest, { address, mac, dev }] });
    return DONE;
  }
  if (known?.state === PERMANENT) remove(machine, wanted);
  const handle = director.addresses.of(address);
  const table = director.neighborsOf(handle);
  const neighbor = table.of(director.ifindexOf(dev), handle, director.now);
  if (neighbor === undefined) throw refused("No buffer space available");
  table.update(neighbor, { mac: macNumber(mac), state, override: true }, director.now);
  return DONE;
}

function remove(machine: Machine, gone: Pick<Read, "dev" | "address">): Outcome {
  const { director, reconfigure } = machine;
  const known = found(machine, gone);
  if (known === undefined) throw refused("No such file or directory");
  if (known.state === PERMANENT) reconfigure({ ...director.config, neighbors: others(director.config, gone) });
  director.neighborsOf(known.address).remove(known.ifindex, known.address);
  return DONE;
}

/** Those that are there for good stay, unless they are asked for. */
function flush(machine: Machine, words: readonly string[], options: IpOptions): Outcome {
  if (words.length === 0) throw new ProgramEnd(1, "Flush requires arguments.");
  const { director } = machine;
  const filter = readFilter(words, options, machine);
  for (const { ifindex, address, state } of shown(machine, filter)) {
    if (state === PERMANENT && filter.state !== PERMANENT) continue;
    remove(machine, {
      dev: director.interfaces[ifindex]?.name ?? "",
      address: director.addresses.value(address),
    });
  }
  return DONE;
}
