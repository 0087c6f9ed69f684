/** `ip address` and `ip link`. */
import type { Outcome } from "../control/environment.ts";
import type { AddressConfig, HostConfig } from "../host/config/config.ts";
import { AF_INET, formatIpv4, parseIpv4, sameAddress } from "../wire/address.ts";
import { added, lastAddress, removed, withAddresses } from "./addresses.ts";
import type { IpOptions } from "./ip.ts";
import { showInterfaces } from "./ip-interfaces.ts";
import { commandOf, deviceOf, prefixOf, required, unknownCommand } from "./ip-words.ts";
import { DONE, type Machine, notHere, ProgramEnd, printed } from "./program.ts";

const COMMANDS = ["add", "change", "replace", "delete", "flush", "save", "restore"];

export function ipAddress(command: string, words: readonly string[], options: IpOptions, machine: Machine): Outcome {
  switch (commandOf(command, COMMANDS)) {
    case "show":
      return printed(showInterfaces(words, options, machine, true));
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
  if (known === "show") return printed(showInterfaces(words, options, machine, false));
  if (known === undefined) throw unknownCommand(command, "link");
  const [name = "", ...changes] = words.filter((word) => word !== "dev");
  if (known === "set") {
    deviceOf(machine, name);
    // An interface of the director is up whenever it is there.
    if (changes.length === 1 && changes[0] === "up") return DONE;
  }
  throw notHere(1, "the director's interfaces stand in director.yaml, and changing them needs a restart");
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
