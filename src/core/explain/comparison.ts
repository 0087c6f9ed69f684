/** The same request in all four forwarding methods, side by side. What can be seen on the wires is read from there. */
import { MODES, type Mode } from "../simulator/layout.ts";
import type { Topology } from "../simulator/topologies.ts";
import type { WalkEvent } from "../trace/events.ts";
import { formatAddress } from "../wire/address.ts";
import { ACK, SYN } from "../wire/tcp.ts";
import { type FlowStep, follow } from "./flow.ts";
import { endText } from "./message.ts";
import { explainMode, MODE_NAMES } from "./mode.ts";

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

/** Runs the request in each mode and compares. */
export function compareModes(): Comparison {
  const seen = new Map(MODES.map((mode) => [mode, observe(mode)]));
  const row = (what: string, look: (observation: Observation) => readonly string[]): ComparisonRow => ({
    what,
    cells: record((mode) => {
      const observation = seen.get(mode);
      return observation === undefined ? [] : look(observation);
    }),
  });
  return {
    modes: MODES,
    names: MODE_NAMES,
    rows: [
      row("the client sends", (o) => packetLines(firstFrom(o, o.topology.client.name, isSyn))),
      row("the real server gets", (o) => packetLines(firstTo(o, serverName(o), isSyn))),
      row("the real server answers", (o) => packetLines(firstFrom(o, serverName(o), isSynAck))),
      row("the client gets", (o) => packetLines(firstTo(o, o.topology.client.name, isSynAck))),
      row("changed by the director", (o) => changedWords(o)),
      row("answers pass the director", (o) => [answersPass(o) ? "yes" : "no"]),
      row("frames through the director", (o) => [`${received(o)} in, ${sentOn(o)} out`]),
      row("room for the client's packet", (o) => [`${room(o)} bytes`]),
      row("TTL at the real server", (o) => [String(firstTo(o, serverName(o), isSyn)?.inside?.ttl ?? "")]),
      ...SAID,
    ],
  };
}

/** What no wire shows. */
const SAID: readonly ComparisonRow[] = [
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
      dr: ["VIP on lo, arp_ignore,", "arp_announce"],
      tun: ["tunl0 with the VIP,", "rp_filter off"],
      fullnat: ["a way back to the", "local address"],
    },
  },
  {
    what: "usual mistake",
    cells: {
      nat: ["another gateway:", "client resets"],
      dr: ["server answers ARP:", "past the director"],
      tun: ["rp_filter, small MTU,", "filtered source"],
      fullnat: ["servers log one", "client only"],
    },
  },
];

function record(of: (mode: Mode) => readonly string[]): ComparisonRow["cells"] {
  return { nat: of("nat"), dr: of("dr"), tun: of("tun"), fullnat: of("fullnat") };
}

function observe(mode: Mode): Observation {
  const { topology, walk } = explainMode(mode);
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
  const tunnel =
    outer === undefined ? [] : [`IPIP ${formatAddress(outer.source)}`, `     > ${formatAddress(outer.destination)}`];
  return [...tunnel, endText(inside.source), `> ${endText(inside.destination)}`];
}

/** What the director makes other in the client's SYN. */
function changedWords({ topology, steps }: Observation): string[] {
  const step = steps.find(({ hop, changes }) => hop.from === topology.director.name && changes !== undefined);
  const changes = step?.changes;
  if (changes === undefined) return [];
  if (changes.wrapped) return ["nothing: 20 bytes", "put before it"];
  if (changes.macOnly) return ["the MAC addresses"];
  return [changes.source ? "source" : "", changes.destination ? "destination" : ""].filter(Boolean);
}

const answersPass = ({ topology, steps }: Observation): boolean =>
  steps.some((step) => step.hop.from === topology.director.name && isSynAck(step));

const isPacket = (step: FlowStep): boolean => step.facts.ip !== undefined;

const received = ({ topology, steps }: Observation): number =>
  steps.filter((step) => isPacket(step) && step.hop.to.includes(topology.director.name)).length;

const sentOn = ({ topology, steps }: Observation): number =>
  steps.filter((step) => isPacket(step) && step.hop.from === topology.director.name).length;

/** What the way from the director carries, less what its method puts before the packet: as its walk says, else the MTU. */
function room({ topology, walk }: Observation): number {
  const checked = walk.findLast((event) => event.kind === "mtu");
  return checked?.kind === "mtu" ? checked.mtu : (topology.director.stack.interfaces.at(-1)?.mtu ?? 0);
}
