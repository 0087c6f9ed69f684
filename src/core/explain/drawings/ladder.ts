/**
 * A ladder: who said what to whom, in order, with what changed in each packet on the way. This is the data; ladder-text.ts,
 * ladder-svg.ts, mermaid.ts and html.ts draw it.
 */

import type { Interface } from "../../host/interfaces.ts";
import { TUNNELS } from "../../simulator/host.ts";
import type { Hop } from "../../simulator/network.ts";
import type { Topology } from "../../simulator/topologies.ts";
import type { WebEnd } from "../../simulator/web.ts";
import { type Address, formatAddress, isLinkLocal, sameAddress } from "../../wire/address.ts";
import type { FrameFacts } from "../decode/facts.ts";
import { follow } from "../flow.ts";
import { happeningWords, isTold } from "../happenings.ts";
import { type Message, messageOf } from "../message.ts";
import { isForMany } from "../receptions.ts";

export type Role = "client" | "director" | "router" | "server";

/** A host, drawn as a vertical line. */
export interface Lifeline {
  readonly name: string;
  readonly role: Role;
  /** In the words of LVS: `CIP 12.11.0.10`, `VIP 12.11.0.101`, `DIP 172.16.1.1`, `LIP ...`, `RIP ...`, `VIP on lo`. */
  readonly addresses: readonly string[];
}

export interface Ladder {
  readonly title: string;
  readonly lifelines: readonly Lifeline[];
  readonly messages: readonly Message[];
  /** What befell hosts meanwhile, in the order of the times. */
  readonly happenings: readonly LadderHappening[];
  /** What came of the request, in a sentence. */
  readonly outcome: string;
}

/** Something that befell a host, which no message tells. */
export interface LadderHappening {
  /** Microseconds. */
  readonly time: number;
  /** Place in `lifelines`. */
  readonly of: number;
  readonly text: string;
  /** The host is dead from now on. */
  readonly isEnd: boolean;
}

/** A row of a drawing. */
export type LadderRow =
  | { readonly message: Message; readonly number: number; readonly happening?: undefined }
  | { readonly happening: LadderHappening; readonly message?: undefined };

/** Messages, counted from 1, and happenings in the order of their times. */
export function ladderRows({ messages, happenings }: Ladder): LadderRow[] {
  const rows: LadderRow[] = [];
  let next = 0;
  for (const [index, message] of messages.entries()) {
    for (; (happenings[next]?.time ?? Number.POSITIVE_INFINITY) <= message.time; next++) {
      const happening = happenings[next];
      if (happening !== undefined) rows.push({ happening });
    }
    rows.push({ message, number: index + 1 });
  }
  return [...rows, ...happenings.slice(next).map((happening) => ({ happening }))];
}

/** Which ARP messages to show: none, those about the virtual address, all. */
export type ArpChoice = "none" | "virtual" | "all";

export interface LadderOptions {
  readonly arp?: ArpChoice;
  /** The lifeline of a host; as it is now by default. */
  readonly lifelineFor?: (name: string) => Lifeline;
}

/** The ladder of everything that was on the wires so far. Hosts that said and heard nothing are left out. */
export function ladderOf(
  topology: Topology,
  title: string,
  end: WebEnd,
  { arp = "virtual", lifelineFor = (name) => lifelineOf(topology, name) }: LadderOptions = {},
): Ladder {
  const shared = movingAddresses(topology);
  const steps = follow(topology.network.hops).filter(({ facts }) => isShown(facts, shared, arp));
  const talking = new Set(
    steps.flatMap(({ hop, facts }) => [hop.from, ...(namedIn(facts) === undefined && !isForMany(hop) ? hop.to : [])]),
  );
  // The server that the first request is for, even if it is dead.
  talking.add(topology.servers[0]?.name ?? "");
  for (const { name } of topology.directors) if (topology.directors.length > 1) talking.add(name);
  const hosts = topology.hosts.filter(({ name }) => talking.has(name));
  const places = new Map(hosts.map(({ name }, place) => [name, place]));
  const messages = folded(steps.map((step) => messageOf(step, places)));
  const lifelines = hosts.map((host) => lifelineFor(host.name));
  return { title, lifelines, messages, happenings: happeningsIn(topology, places), outcome: outcomeOf(end) };
}

function happeningsIn({ network }: Topology, places: ReadonlyMap<string, number>): LadderHappening[] {
  return network.happenings.filter(isTold).map((happening) => ({
    time: happening.time,
    of: places.get(happening.host) ?? 0,
    text: happeningWords(happening),
    isEnd: happening.what === "died",
  }));
}

/** The virtual address, and of two directors all that moves between them. */
const movingAddresses = ({ virtualAddress, director }: Topology): Address[] => [
  virtualAddress,
  ...director.stack.vrrp.routers.flatMap(({ config }) => config.addresses.map(({ address }) => address)),
];

/** A message for every frame of these hops, in their order, between lifelines numbered as the topology's hosts; nothing is left out or folded. */
export function messagesOf({ hosts }: Topology, hops: readonly Hop[]): Message[] {
  const places = new Map(hosts.map(({ name }, place) => [name, place]));
  return follow(hops).map((step) => messageOf(step, places));
}

/** ARP and neighbor discovery as the choice wants them; all else is shown. */
function isShown(facts: FrameFacts, shared: readonly Address[], choice: ArpChoice): boolean {
  const named = namedIn(facts);
  return (
    named === undefined ||
    choice === "all" ||
    (choice === "virtual" && named.some((one) => shared.some((other) => sameAddress(one, other))))
  );
}

/** The addresses that a message of ARP or neighbor discovery is about; `undefined` for any other frame. */
function namedIn({ arp, ip }: FrameFacts): readonly Address[] | undefined {
  if (arp !== undefined) return [arp.targetIp, arp.senderIp];
  const discovery = ip?.transport?.kind === "icmp" ? ip.transport.discovery : undefined;
  return discovery === undefined ? undefined : [discovery.target];
}

/** The lifeline of a host by its name. */
export function lifelineOf(topology: Topology, name: string): Lifeline {
  const host = topology.hosts.find((candidate) => candidate.name === name);
  const role = roleOf(topology, name);
  const addresses = (host?.stack.interfaces ?? []).flatMap((entry) =>
    addressesOf(entry).map((address) => {
      const text = formatAddress(address);
      if (!sameAddress(address, topology.virtualAddress)) return `${prefixOf(topology, role, address)}${text}`;
      return isInner(entry.name) ? `VIP on ${entry.name}` : `VIP ${text}`;
    }),
  );
  return { name, role, addresses };
}

/** Those of an interface, of either family, that somebody gave it. */
export const addressesOf = ({ ipv4, ipv6 }: Interface): Address[] =>
  [...ipv4, ...ipv6].map(({ address }) => address).filter((address) => !isLinkLocal(address));

/** Whether an interface is no port: nobody can ask it who it is. */
export const isInner = (name: string): boolean => name === "lo" || Object.values(TUNNELS).includes(name);

function roleOf({ clients, directors, routers }: Topology, name: string): Role {
  if (clients.some((client) => client.name === name)) return "client";
  if (directors.some((director) => director.name === name)) return "director";
  return routers.some((router) => router.name === name) ? "router" : "server";
}

/** What LVS calls an address of a host in this role. */
function prefixOf({ director }: Topology, role: Role, address: Address): string {
  if (role === "router") return "";
  if (role !== "director") return role === "client" ? "CIP " : "RIP ";
  const isLocal = director.stack.server.services
    .list()
    .some(({ localAddresses }) => localAddresses.some((local) => sameAddress(local.address, address)));
  return isLocal ? "LIP " : "DIP ";
}

export function outcomeOf(end: WebEnd): string {
  switch (end.kind) {
    case "pending":
      return "The client still waits.";
    case "answered":
      return `The client has its page: "${end.body}"`;
    case "cut-off":
      return "The connection was closed before the page was there.";
    case "reset":
      return "The client's connection was reset: connection refused.";
    case "timed-out":
      return "The client gives up: no reply in time.";
    case "unreachable":
      return `The client gives up: ${end.icmp}.`;
  }
}

/** Whether the director hands a packet on with nothing changed but MAC addresses and TTL: direct routing. */
export const isHandedOver = ({ lifelines }: Ladder, { from, macOnly }: Message): boolean =>
  macOnly && lifelines[from]?.role === "director";

/** More times than these are not listed. */
const MOST_TIMES = 8;

/** When a message was said again: `again at 1, 3 s`. */
export function againWords(again: readonly number[]): string {
  const seconds = again.map((time) => (time / 1e6).toFixed(0));
  return seconds.length > MOST_TIMES
    ? `again ${seconds.length} times, at ${seconds[0]} to ${seconds.at(-1)} s`
    : `again at ${seconds.join(", ")} s`;
}

/** Nearer in time, the same words are another message: acknowledgements look alike. Microseconds. */
const REPETITION = 500_000;

/** What is said again, word for word, is said once, with the times of the others. */
function folded(messages: readonly Message[]): Message[] {
  const said = new Map<string, number[]>();
  const kept: Message[] = [];
  for (const message of messages) {
    const key = JSON.stringify([message.from, message.to, message.label, message.lines, message.lost]);
    const again = said.get(key);
    const first = kept.find((other) => other.again === again);
    const since = message.time - (first?.time ?? message.time);
    if (again !== undefined && (since === 0 || since >= REPETITION)) again.push(message.time);
    else {
      const times: number[] = [];
      if (again === undefined) said.set(key, times);
      kept.push({ ...message, again: times });
    }
  }
  return kept;
}
