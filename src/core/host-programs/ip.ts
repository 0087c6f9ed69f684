/** ip(8) of iproute2: addresses, links and routes; what else it knows is refused. Objects and commands may be cut short. */
import type { Outcome } from "../control/environment.ts";
import { AF_INET, AF_INET6, type Family } from "../wire/address.ts";
import { ipAddress, ipLink } from "./ip-address.ts";
import { ipRoute } from "./ip-route.ts";
import { type Machine, notHere, ProgramEnd } from "./program.ts";

/** What stands before the object. */
export interface IpOptions {
  /** Of one family only. */
  readonly family?: Family;
  /** Each record on one line, `\` for its line breaks. */
  readonly oneline: boolean;
  readonly brief: boolean;
}

type IpObject = (command: string, words: readonly string[], options: IpOptions, machine: Machine) => Outcome;

/** In the order in which a shortened name is looked for (ip.c: cmds). */
const OBJECTS: readonly (readonly [name: string, object: IpObject])[] = [
  ["address", ipAddress],
  ["route", ipRoute],
  ["link", ipLink],
];
/** Of iproute2, and nothing that a director has. */
const OTHERS =
  /^(addrlabel|fou|help|ila|ioam|l2tp|macsec|maddress|monitor|mptcp|mroute|mrule|neighbor|neighbour|neigh|netconf|netns|nexthop|ntable|ntbl|rule|sr|tap|tcpmetrics|token|tunnel|tuntap|vrf|xfrm)$/;

export function ip(words: readonly string[], machine: Machine): Outcome {
  const rest = [...words];
  const options: { family?: Family; oneline: boolean; brief: boolean } = { oneline: false, brief: false };
  while (rest[0]?.startsWith("-")) {
    const word = (rest.shift() ?? "").replace(/^--?/, "");
    if (word === "4") options.family = AF_INET;
    else if (word === "6") options.family = AF_INET6;
    else if (/^o(neline)?$/.test(word)) options.oneline = true;
    else if (/^br(ief)?$/.test(word)) options.brief = true;
    else if (!/^(c(olor)?|N(umeric)?)$/.test(word))
      throw notHere(255, `ip -${word} is not among what the director knows: -4, -6, -o, -br`);
  }
  const [name, command, ...more] = rest;
  if (name === undefined) throw new ProgramEnd(255, "Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }");
  const found = OBJECTS.find(([full]) => full.startsWith(name));
  if (found !== undefined) return found[1](command ?? "show", more, options, machine);
  if (OTHERS.test(name)) throw notHere(1, `the director has no ip ${name}; its namespace's is /sbin/ip`);
  throw new ProgramEnd(1, `Object "${name}" is unknown, try "ip help".`);
}
