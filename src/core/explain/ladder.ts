/**
 * A ladder: who said what to whom, in order, with what changed in each packet on the way. This is the data; ladder-text.ts,
 * svg.ts, mermaid.ts and html.ts draw it.
 */
import type { Hop } from "../network/network.ts";
import { type Topology, VIRTUAL_ADDRESS } from "../network/topologies.ts";
import type { WebEnd } from "../network/web.ts";
import { formatIpv4 } from "../wire/address.ts";
import { ARP_REQUEST } from "../wire/arp.ts";
import { macText } from "../wire/ethernet.ts";
import { DESTINATION_UNREACHABLE, FRAGMENTATION_NEEDED, icmpName } from "../wire/icmp.ts";
import { ACK, FIN, RST, SYN } from "../wire/tcp.ts";
import type { FrameFacts, IcmpFacts } from "./facts.ts";
import { type End, follow, type Step } from "./flow.ts";
import { addressesLine, chunkName } from "./summary.ts";

export type Role = "client" | "director" | "router" | "server";

/** A host, drawn as a vertical line. */
export interface Lifeline {
  readonly name: string;
  readonly role: Role;
  /** In the words of LVS: `CIP 12.11.0.10`, `VIP 12.11.0.101`, `DIP 172.16.1.1`, `LIP ...`, `RIP ...`, `VIP on lo`. */
  readonly addresses: readonly string[];
}

/** A piece of a line about a packet; `changed` if the host that sent it made it other than it came. */
export interface Piece {
  readonly text: string;
  readonly changed: boolean;
}

/** A frame from one lifeline to another, or to all others. */
export interface Message {
  /** Number of the hop in the network's record. */
  readonly hop: number;
  /** Microseconds. */
  readonly time: number;
  /** Places in `lifelines`. */
  readonly from: number;
  readonly to: readonly number[];
  readonly kind: "arp" | "tcp" | "udp" | "sctp" | "icmp" | "other";
  /** A few letters for the arrow: `SYN`, `SYN ACK`, `GET /`, `571 bytes`. */
  readonly label: string;
  /** The tunnel's header, the packet, and what else there is to say; each a line. */
  readonly lines: readonly (readonly Piece[])[];
  readonly ttl: number | undefined;
  readonly sourceMac: string;
  readonly destinationMac: string;
  /** The same packet one hop before came to this message's sender. */
  readonly forwarded: boolean;
  /** Nothing but MAC addresses and TTL is other than one hop before. */
  readonly macOnly: boolean;
  /** Why the receiver did nothing with it; empty if it did. */
  readonly lost: string;
  /** Microseconds at which the very same was said once more. */
  readonly again: readonly number[];
}

export interface Ladder {
  readonly title: string;
  readonly lifelines: readonly Lifeline[];
  readonly messages: readonly Message[];
  /** What came of the request, in a sentence. */
  readonly outcome: string;
}

/** Which ARP messages to show: none, those about the virtual address, all. */
export type ArpChoice = "none" | "virtual" | "all";

/** The ladder of everything that was on the wires so far. Hosts that said and heard nothing are left out. */
export function ladderOf(topology: Topology, title: string, end: WebEnd, arp: ArpChoice = "virtual"): Ladder {
  const steps = follow(topology.network.hops).filter(({ facts }) => isShown(facts, arp));
  const talking = new Set(steps.flatMap(({ hop, facts }) => [hop.from, ...(facts.arp === undefined ? hop.to : [])]));
  // The server that the first request is for, even if it is dead.
  talking.add(topology.servers[0]?.name ?? "");
  const hosts = topology.hosts.filter(({ name }) => talking.has(name));
  const places = new Map(hosts.map(({ name }, place) => [name, place]));
  const messages = folded(steps.map((step) => messageOf(step, places)));
  const lifelines = hosts.map((host) => lifelineOf(topology, host.name));
  return { title, lifelines, messages, outcome: outcomeOf(end) };
}

/** A message for every frame of these hops, in their order, between lifelines numbered as the topology's hosts; nothing is left out or folded. */
export function messagesOf({ hosts }: Topology, hops: readonly Hop[]): Message[] {
  const places = new Map(hosts.map(({ name }, place) => [name, place]));
  return follow(hops).map((step) => messageOf(step, places));
}

function isShown({ arp }: FrameFacts, choice: ArpChoice): boolean {
  if (arp === undefined || choice === "all") return true;
  return choice === "virtual" && (arp.targetIp === VIRTUAL_ADDRESS || arp.senderIp === VIRTUAL_ADDRESS);
}

/** The lifeline of a host by its name. */
export function lifelineOf(topology: Topology, name: string): Lifeline {
  const host = topology.hosts.find((candidate) => candidate.name === name);
  const role = roleOf(topology, name);
  const addresses = (host?.stack.interfaces ?? []).flatMap((port) =>
    port.addresses.map(({ ip }) => {
      if (ip !== topology.virtualAddress) return `${prefixOf(topology, role, ip)}${formatIpv4(ip)}`;
      return port.name === "lo" || port.name === "tunl0" ? `VIP on ${port.name}` : `VIP ${formatIpv4(ip)}`;
    }),
  );
  return { name, role, addresses };
}

function roleOf({ clients, director, routers }: Topology, name: string): Role {
  if (clients.some((client) => client.name === name)) return "client";
  if (name === director.name) return "director";
  return routers.some((router) => router.name === name) ? "router" : "server";
}

/** What LVS calls an address of a host in this role. */
function prefixOf({ director }: Topology, role: Role, address: number): string {
  if (role === "router") return "";
  if (role !== "director") return role === "client" ? "CIP " : "RIP ";
  const isLocal = director.stack.server.services
    .list()
    .some(({ localAddresses }) => localAddresses.some(({ ip }) => ip === address));
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
      return "The client gives up: no answer in time.";
    case "unreachable":
      return `The client gives up: ${end.icmp}.`;
  }
}

// --- messages

function messageOf(step: Step, places: ReadonlyMap<string, number>): Message {
  const { hop, facts } = step;
  const place = (name: string): number[] => {
    const found = places.get(name);
    return found === undefined ? [] : [found];
  };
  return {
    hop: hop.number,
    time: hop.time,
    from: place(hop.from)[0] ?? 0,
    to: hop.to.flatMap(place),
    kind: facts.arp === undefined ? (facts.ip?.transport?.kind ?? "other") : "arp",
    label: labelOf(facts, hop),
    lines: linesOf(step),
    ttl: facts.ip?.headers[0]?.ttl,
    sourceMac: macText(facts.sourceMac),
    destinationMac: macText(facts.destinationMac),
    forwarded: step.before !== undefined,
    macOnly: step.changes?.macOnly === true,
    lost: lostAt(hop),
    again: [],
  };
}

const plain = (text: string): Piece => ({ text, changed: false });

function linesOf({ facts, inside, outer, changes }: Step): Piece[][] {
  if (facts.arp !== undefined) return [[plain(arpText(facts))]];
  if (inside === undefined) return [[plain("not IPv4")]];
  const lines: Piece[][] = [];
  if (outer !== undefined) {
    const text = `${outer.tunnel ?? "IPv4"} ${formatIpv4(outer.source)} > ${formatIpv4(outer.destination)}`;
    lines.push([{ text, changed: changes?.wrapped === true }]);
  }
  lines.push([
    { text: endText(inside.source), changed: changes?.source === true },
    plain(" > "),
    { text: endText(inside.destination), changed: changes?.destination === true },
  ]);
  if (facts.ip?.transport?.kind === "icmp") lines.push(...icmpLines(facts.ip.transport));
  return lines;
}

/** What an ICMP message says, and the packet it is about. */
function icmpLines({ type, code, rest, quoted }: IcmpFacts): Piece[][] {
  const mtu = type === DESTINATION_UNREACHABLE && code === FRAGMENTATION_NEEDED ? `, mtu ${rest & 0xffff}` : "";
  const lines = [[plain(`${icmpName(type, code)}${mtu}`)]];
  const [outer, inner] = quoted?.headers ?? [];
  if (outer === undefined) return lines;
  const tunnel =
    inner === undefined
      ? ""
      : `${outer.tunnel ?? "IPv4"} ${formatIpv4(outer.source)} > ${formatIpv4(outer.destination)}`;
  lines.push([plain(`about ${tunnel || addressesLine(outer, quoted?.transport)}`)]);
  return lines;
}

const endText = ({ address, port }: End): string => `${formatIpv4(address)}${port === undefined ? "" : `:${port}`}`;

function arpText({ arp }: FrameFacts): string {
  if (arp === undefined) return "";
  return arp.operation === ARP_REQUEST
    ? `who has ${formatIpv4(arp.targetIp)}? tell ${formatIpv4(arp.senderIp)}`
    : `${formatIpv4(arp.senderIp)} is at ${macText(arp.senderMac)}`;
}

function labelOf({ arp, ip }: FrameFacts, hop: Hop): string {
  if (arp !== undefined) return arp.operation === ARP_REQUEST ? "ARP?" : "ARP";
  const transport = ip?.transport;
  switch (transport?.kind) {
    case "tcp":
      return transport.payload > 0 ? payloadLabel(hop.bytes, transport.payload) : flagsLabel(transport.flags ?? 0);
    case "udp":
      return `UDP ${transport.payload}`;
    case "sctp":
      return chunkName(transport.chunk);
    case "icmp":
      return icmpLabel(transport.type, transport.code);
    default:
      return "IP";
  }
}

function flagsLabel(flags: number): string {
  const names: readonly (readonly [number, string])[] = [
    [SYN, "SYN"],
    [FIN, "FIN"],
    [RST, "RST"],
    [ACK, "ACK"],
  ];
  return names
    .filter(([bit]) => (flags & bit) !== 0)
    .map(([, name]) => name)
    .join(" ");
}

/** The first words of HTTP, or how much there is. */
function payloadLabel(bytes: Uint8Array, payload: number): string {
  const text = Array.from(bytes.subarray(bytes.length - payload, bytes.length - payload + 16), (byte) =>
    String.fromCharCode(byte),
  ).join("");
  const page = /^GET (\S+)/.exec(text)?.[1];
  const status = /^HTTP\/1\.0 (\d+ \w+)/.exec(text)?.[1];
  if (payload > 100) return `${payload} bytes`;
  return page !== undefined ? `GET ${page}` : (status ?? `${payload} bytes`);
}

function icmpLabel(type: number, code: number): string {
  if (type !== DESTINATION_UNREACHABLE) return icmpName(type, code);
  return code === FRAGMENTATION_NEEDED ? "frag needed" : "unreachable";
}

/** Verdicts that mean the frame was of no use. */
const NOT_LOST = new Set(["sent", "delivered", "parked", "held", "not-for-us", "arp-not-for-us"]);

const LOST_WORDS: Readonly<Record<string, string>> = {
  "reverse-path": "dropped: rp_filter, the way back to the source is another one",
  "too-big": "dropped: too big, and DF is set",
  "tunnel-error": "",
  "host-down": "nobody is there",
  firewall: "dropped by a firewall",
};

function lostAt({ receptions }: Hop): string {
  const lost = receptions.find(({ verdict }) => !NOT_LOST.has(verdict));
  return lost === undefined ? "" : (LOST_WORDS[lost.verdict] ?? `dropped: ${lost.verdict}`);
}

// --- repetitions

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
