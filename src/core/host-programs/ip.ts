/** ip(8) of iproute2: addresses, links, neighbors and routes; what else it knows is refused. Objects and commands may be cut short. */
import type { Outcome } from "../control/environment.ts";
import { AF_INET, AF_INET6, type Family } from "../wire/address.ts";
import { ipAddress, ipLink } from "./ip-address.ts";
import { ipNeighbor } from "./ip-neighbor.ts";
import { ipRoute } from "./ip-route.ts";
import { required } from "./ip-words.ts";
import { type Machine, notHere, ProgramEnd } from "./program.ts";

/** What stands before the object. */
export interface IpOptions {
  /** Of one family only. */
  readonly family?: Family;
  /** Each record on one line, `\` for its line breaks. */
  readonly oneline: boolean;
  readonly brief: boolean;
  /** For programs, and then with line breaks for people. */
  readonly json: boolean;
  readonly pretty: boolean;
  /** How often counters were asked for: the second time with all kinds of errors. */
  readonly statistics: number;
}

type IpObject = (command: string, words: readonly string[], options: IpOptions, machine: Machine) => Outcome;

/** In the order in which a shortened name is looked for (ip.c: cmds). */
const OBJECTS: readonly (readonly [name: string, object: IpObject])[] = [
  ["address", ipAddress],
  ["route", ipRoute],
  ["neighbor", ipNeighbor],
  ["neighbour", ipNeighbor],
  ["link", ipLink],
];
/** Of iproute2, and nothing that a director has. */
const OTHERS =
  /^(addrlabel|fou|help|ila|ioam|l2tp|macsec|maddress|monitor|mptcp|mroute|mrule|netconf|netns|nexthop|ntable|ntbl|rule|sr|tap|tcpmetrics|token|tunnel|tuntap|vrf|xfrm)$/;

export function ip(words: readonly string[], machine: Machine): Outcome {
  const rest = [...words];
  const options: Writable<IpOptions> = { oneline: false, brief: false, json: false, pretty: false, statistics: 0 };
  while (rest[0]?.startsWith("-")) takeOption((rest.shift() ?? "").replace(/^--?/, ""), rest, options);
  const [name, command, ...more] = rest;
  if (name === undefined) throw new ProgramEnd(255, "Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }");
  const found = OBJECTS.find(([full]) => full.startsWith(name));
  if (found !== undefined) return found[1](command ?? "show", more, options, machine);
  if (OTHERS.test(name)) throw notHere(1, `the director has no ip ${name}; its namespace's is /sbin/ip`);
  throw new ProgramEnd(1, `Object "${name}" is unknown, try "ip help".`);
}

type Writable<Kind> = { -readonly [Name in keyof Kind]: Kind[Name] };

const FAMILIES: Readonly<Record<string, Family>> = { inet: AF_INET, inet6: AF_INET6 };

/** Takes one option that stands before the object; its argument is the first of `rest`. */
function takeOption(word: string, rest: string[], options: Writable<IpOptions>): void {
  if (word === "4") options.family = AF_INET;
  else if (word === "6") options.family = AF_INET6;
  else if (/^f(amily)?$/.test(word)) options.family = familyOf(required(rest.shift()));
  else if (/^o(neline)?$/.test(word)) options.oneline = true;
  else if (/^br(ief)?$/.test(word)) options.brief = true;
  else if (/^j(son)?$/.test(word)) options.json = true;
  else if (/^p(retty)?$/.test(word)) options.pretty = true;
  else if (/^s(tat(istic)?s)?$/.test(word)) options.statistics++;
  else if (!/^(c(olor)?|N(umeric)?)$/.test(word))
    throw notHere(255, `ip -${word} is not among what the director knows: -4, -6, -o, -br, -j, -p, -s`);
}

function familyOf(name: string): Family {
  const family = Object.hasOwn(FAMILIES, name) ? FAMILIES[name] : undefined;
  if (family === undefined) throw notHere(255, `ip -f ${name} is not among what the director knows: inet, inet6`);
  return family;
}
