/** The same request in all four forwarding methods, side by side. What can be seen on the wires is read from there. */
import { MODES, type Mode } from "../simulator/layout.ts";
import type { Topology } from "../simulator/topologies.ts";
import type { WalkEvent } from "../trace/events.ts";
import { AF_INET, AF_INET6, type Family, formatAddress } from "../wire/address.ts";
import { ACK, SYN } from "../wire/tcp.ts";
import { type FlowStep, follow } from "./flow.ts";
import { endText } from "./message.ts";
import { explainMode, modeName } from "./mode.ts";

/** One property; a cell may be of several lines. */
export interface ComparisonRow {
  readonly what: string;
  readonly cells: Readonly<Record<Mode, readonly string[]>>;
}

export interface Comparison {
  readonly modes: readonly Mode[];
  readonly names: Readonly<Record<Mode, string>>;
  readonly rows: readonly ComparisonRow[];
}

/** What is seen of one mode's request. */
interface Observation {
  readonly topology: Topology;
  readonly steps: readonly FlowStep[];
  /** Of the SYN through the director. */
  readonly walk: readonly WalkEvent[];
}

/** Runs the request in each mode, in one family, and compares. */
export function compareModes(family: Family = AF_INET): Comparison {
  const seen = new Map(MODES.map((mode) => [mode, observe(mode, family)]));
  const row = (what: string, look: (observation: Observation) => readonly string[]): ComparisonRow => ({
    what,
    cells: record((mode) => {
      const observation = seen.get(mode);
      return observation === undefined ? [] : look(observation);
    }),
  });
  return {
    modes: MODES,
    names: record((mode) => modeName(mode, family)),
    rows: [
      row("the client sends", (o) => packetLines(firstFrom(o, o.topology.client.name, isSyn))),
      row("the real server gets", (o) => packetLines(firstTo(o, serverName(o), isSyn))),
      row("the real server answers", (o) => packetLines(firstFrom(o, serverName(o), isSynAck))),
      row("the client gets", (o) => packetLines(firstTo(o, o.topology.client.name, isSynAck))),
      row("changed by the director", (o) => changedWords(o)),
      row("replies pass the director", (o) => [answersPass(o) ? "yes" : "no"]),
      row("frames through the director", (o) => [`${received(o)} in, ${sentOn(o)} out`]),
      row("room for the client's packet", (o) => [`${room(o)} bytes`]),
      row(`${family === AF_INET ? "TTL" : "hop limit"} at the real server`, (o) => [
        String(firstTo(o, serverName(o), isSyn)?.inside?.ttl ?? ""),
      ]),
      ...said(family),
    ],
  };
}

/** What is asked of real servers, and forgotten. */
const ASKED: Readonly<
  Record<Family, Readonly<Record<"need" | "mistake", Pick<ComparisonRow["cells"], "dr" | "tun">>>>
> = {
  [AF_INET]: {
    need: { dr: ["VIP on lo, arp_ignore,", "arp_announce"], tun: ["tunl0 with the VIP,", "rp_filter off"] },
    mistake: {
      dr: ["server answers ARP:", "past the director"],
      tun: ["rp_filter, small MTU,", "filtered source"],
    },
  },
  [AF_INET6]: {
    need: { dr: ["VIP on lo,", "and nothing else"], tun: ["ip6tnl0 with the VIP"] },
    mistake: {
      dr: ["VIP on eth0, nodad:", "past the director"],
      tun: ["small MTU,", "filtered source"],
    },
  },
};

/** What no wire shows. */
const said = (family: Family): readonly ComparisonRow[] => [
  {
    what: "the real server sees",
    cells: {
      nat: ["the client"],
      dr: ["the client"],
      tun: ["the client"],
      fullnat: ["a local address", "(the client by TOA)"],
    },
  },
  { what: "server's port", cells: { nat: ["any"], dr: ["the service's"], tun: ["the service's"], fullnat: ["any"] } },
  {
    what: "servers stand",
    cells: {
      nat: ["behind the director"],
      dr: ["on its segment"],
      tun: ["anywhere"],
      fullnat: ["anywhere"],
    },
  },
  {
    what: "servers need",
    cells: {
      nat: ["the director as", "default gateway"],
      ...ASKED[family].need,
      fullnat: ["a path back to the", "local address"],
    },
  },
  {
    what: "usual mistake",
    cells: {
      nat: ["another gateway:", "client resets"],
      ...ASKED[family].mistake,
      fullnat: ["servers log one", "client only"],
    },
  },
];

function record<T>(of: (mode: Mode) => T): Readonly<Record<Mode, T>> {
  return { nat: of("nat"), dr: of("dr"), tun: of("tun"), fullnat: of("fullnat") };
}

function observe(mode: Mode, family: Family): Observation {
  const { topology, walk } = explainMode(mode, { family });
  return { topology, steps: follow(topology.network.hops), walk };
}

const serverName = ({ topology }: Observation): string => topology.servers[0]?.name ?? "";

const flagsOf = ({ facts }: FlowStep): number =>
  facts.ip?.transport?.kind === "tcp" ? (facts.ip.transport.flags ?? 0) : 0;
const isSyn = (step: FlowStep): boolean => (flagsOf(step) & (SYN | ACK)) === SYN;
const isSynAck = (step: FlowStep): boolean => (flagsOf(step) & (SYN | ACK)) === (SYN | ACK);

const firstFrom = ({ steps }: Observation, name: string, is: (step: FlowStep) => boolean): FlowStep | undefined =>
  steps.find((step) => step.hop.from === name && is(step));

const firstTo = ({ steps }: Observation, name: string, is: (step: FlowStep) => boolean): FlowStep | undefined =>
  steps.find((step) => step.hop.to.includes(name) && is(step));

/** Source and destination below each other, a tunnel's header above them. */
function packetLines(step: FlowStep | undefined): string[] {
  const { inside, outer } = step ?? {};
  if (inside === undefined) return [];
  const word = outer?.family === AF_INET6 ? "IPv6" : "IPIP";
  const tunnel =
    outer === undefined ? [] : [`${word} ${formatAddress(outer.source)}`, `     > ${formatAddress(outer.destination)}`];
  return [...tunnel, endText(inside.source), `> ${endText(inside.destination)}`];
}

/** What the director makes other in the client's SYN. */
function changedWords({ topology, steps }: Observation): string[] {
  const step = steps.find((one) => one.hop.from === topology.director.name && isSyn(one));
  const changes = step?.changes;
  if (changes === undefined) return [];
  if (changes.wrapped) return [`nothing: ${step?.outer?.family === AF_INET6 ? 40 : 20} bytes`, "put before it"];
  if (changes.macOnly) return ["the MAC addresses"];
  return [changes.source ? "source" : "", changes.destination ? "destination" : ""].filter(Boolean);
}

const answersPass = ({ topology, steps }: Observation): boolean =>
  steps.some((step) => step.hop.from === topology.director.name && isSynAck(step));

/** Neither ARP nor what IPv6 has in its place. */
const isPacket = ({ facts: { ip } }: FlowStep): boolean =>
  ip !== undefined && !(ip.transport?.kind === "icmp" && ip.transport.discovery !== undefined);

const received = ({ topology, steps }: Observation): number =>
  steps.filter((step) => isPacket(step) && step.hop.to.includes(topology.director.name)).length;

const sentOn = ({ topology, steps }: Observation): number =>
  steps.filter((step) => isPacket(step) && step.hop.from === topology.director.name).length;

/** What the way from the director carries, less what its method puts before the packet: as its walk says, else the MTU. */
function room({ topology, walk }: Observation): number {
  const checked = walk.findLast((event) => event.kind === "mtu");
  return checked?.kind === "mtu" ? checked.mtu : (topology.director.stack.interfaces.at(-1)?.mtu ?? 0);
}
