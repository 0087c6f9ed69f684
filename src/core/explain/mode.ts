/** One request and its answer through a forwarding method, with built-in hosts: everything that `tapvs explain nat` shows, as data. */
import { methodCalled } from "../ipvs/forwarding/methods.ts";
import { type Fault, type FaultName, faultOf, faultsOf } from "../simulator/faults.ts";
import type { Mode } from "../simulator/layout.ts";
import type { Hop } from "../simulator/network.ts";
import { buildTopology, request, type Topology } from "../simulator/topologies.ts";
import type { SyncChoice } from "../simulator/two-directors.ts";
import type { WebEnd } from "../simulator/web.ts";
import type { WalkEvent } from "../trace/events.ts";
import { AF_INET, AF_INET6, type Family } from "../wire/address.ts";
import { ACK, SYN } from "../wire/tcp.ts";
import { factsOf } from "./decode/facts.ts";
import { type ArpChoice, type Ladder, ladderOf, lifelineOf } from "./drawings/ladder.ts";
import { follow } from "./flow.ts";
import { headlineOf } from "./headlines/headline.ts";
import { type Requirement, requirementsOf } from "./requirements.ts";

export interface ModeOptions {
  /** AF_INET by default. */
  readonly family?: Family;
  /** Clients of IPv6, real servers of IPv4: for FULLNAT. */
  readonly nat64?: boolean;
  readonly fault?: FaultName;
  readonly servers?: number;
  readonly arp?: ArpChoice;
  /** Two directors, of which one takes over from the other. */
  readonly pair?: { readonly sync: SyncChoice; readonly masterDies: boolean };
}

export interface ModeExplanation {
  readonly mode: Mode;
  /** `NAT (masquerading)`. */
  readonly name: string;
  /** What it does to a packet, in a few sentences. */
  readonly words: string;
  readonly topology: Topology;
  readonly end: WebEnd;
  readonly ladder: Ladder;
  /** The walk of the client's SYN through the director; empty if it never came there. */
  readonly walk: readonly WalkEvent[];
  readonly requirements: readonly Requirement[];
  /** The fault that is switched on. */
  readonly fault: Fault | undefined;
  /** Number of the hop from which it goes wrong; `undefined` if all goes well. */
  readonly culprit: number | undefined;
  /** All that this mode can have. */
  readonly faults: readonly Fault[];
}

export const MODE_NAMES: Readonly<Record<Mode, string>> = {
  nat: "NAT (masquerading)",
  dr: "Direct routing",
  tun: "IPIP tunnel",
  fullnat: "Full NAT",
};

/** `ipvsadm -m, --masquerading`. */
export function modeOption(mode: Mode): string {
  const { short, long } = methodCalled(mode).option;
  return `ipvsadm -${short}, --${long}`;
}

/** What each mode does to a packet, in a few sentences. */
export const MODE_WORDS: Readonly<Record<Mode, string>> = {
  nat:
    "The director replaces the virtual address and port with the real server's, and in replies the real server's with the virtual ones. " +
    "Requests and replies both pass the director, so it is the servers' gateway.",
  dr:
    "The director rewrites the Ethernet addresses and lowers the TTL; addresses, ports and data stay. So the frame reaches the real server's network card. " +
    "The server has the virtual address too, accepts the packet, and replies to the client directly. The director never sees the reply.",
  tun:
    "The director lowers the packet's TTL and puts it into another packet to the real server (IP in IP, 20 bytes more). The server decapsulates it, " +
    "finds the virtual address on its tunl0, and replies to the client directly. It can be anywhere that packets can reach.",
  fullnat:
    "The director replaces both ends: the client's address with a local one of its own, the virtual address with the real server's. " +
    "The server replies to the local address, so replies come back to the director wherever the server is.",
};

const IPV6_NAMES: Partial<Record<Mode, string>> = { tun: "IPv6 tunnel" };

/** Its name, with the family where that is not IPv4. */
export const modeName = (mode: Mode, family: Family): string =>
  family === AF_INET ? MODE_NAMES[mode] : (IPV6_NAMES[mode] ?? `${MODE_NAMES[mode]} in IPv6`);

const IPV6_WORDS: Partial<Record<Mode, string>> = {
  dr:
    "The director rewrites the Ethernet addresses and lowers the hop limit; addresses, ports and data stay. So the frame reaches the real server's network card. " +
    "The server has the virtual address too, on lo, accepts the packet, and replies to the client directly. The director never sees the reply.",
  tun:
    "The director lowers the packet's hop limit and puts it into another packet to the real server (IPv6 in IPv6, 40 bytes more). The server decapsulates it, " +
    "finds the virtual address on its ip6tnl0, and replies to the client directly. It can be anywhere that packets can reach.",
};

/** What a mode does to a packet of a family. */
export const modeWords = (mode: Mode, family: Family): string =>
  (family === AF_INET ? undefined : IPV6_WORDS[mode]) ?? MODE_WORDS[mode];

const NAT64_WORDS =
  "The director replaces the IPv6 header by one of IPv4, and both ends: the client's address by a local one of its own, the virtual address by the real server's. " +
  "The server answers the local address, and the director puts the IPv6 header back. Neither side knows of the other's family.";

/** The command that shows a fault. */
export const faultCommand = (mode: Mode, family: Family, fault: string): string =>
  `tapvs explain ${mode}${family === AF_INET ? "" : " --ipv6"} --fault ${fault}`;

/** Runs a request through the mode's network until nothing is left to happen. Throws RangeError for a wrong number of servers. */
export function explainMode(mode: Mode, options: ModeOptions = {}): ModeExplanation {
  const { nat64 = false, family = nat64 ? AF_INET6 : AF_INET, fault: faultName, servers = 2, arp, pair } = options;
  const fault = faultName === undefined ? undefined : faultOf(faultName, mode, family);
  const topology = buildTopology(mode, {
    family,
    nat64,
    servers,
    faults: fault === undefined ? [] : [fault.name],
    ...(pair !== undefined && { directors: 2, sync: pair.sync }),
  });
  const lifelines = new Map(topology.hosts.map(({ name }) => [name, lifelineOf(topology, name)]));
  const { network } = topology;
  if (pair !== undefined) network.letPass(BEFORE);
  const client = request(topology, fault?.padding ?? 0);
  if (pair?.masterDies === true) network.after(IN_THE_MIDDLE, () => topology.director.die());
  network.run();
  const name = nat64 ? "NAT64 by full NAT" : modeName(mode, family);
  const title = titleOf(name, fault, pair);
  // Where somebody is dead, ARP is where it shows.
  const shown = arp ?? (fault?.name === "dead" ? "all" : "virtual");
  return {
    mode,
    name,
    words: nat64 ? NAT64_WORDS : modeWords(mode, family),
    topology,
    end: client.end,
    ladder: ladderOf(topology, title, client.end, {
      arp: shown,
      lifelineFor: (host) => lifelines.get(host) ?? lifelineOf(topology, host),
    }),
    walk: walkOfSyn(topology),
    requirements: requirementsOf(topology),
    fault,
    culprit: culpritOf(topology),
    // The words of the faults are those of one family, and of one director.
    faults: nat64 || pair !== undefined ? [] : faultsOf(mode, family),
  };
}

/** Microseconds in which the master advertises itself once, and so long before the next time that its death is soon noticed. */
const BEFORE = 800_000;

/** Microseconds after which a connection stands, and nothing was asked for yet. */
const IN_THE_MIDDLE = 2000;

const SYNC_WORDS: Readonly<Record<SyncChoice, string>> = {
  off: "without synchronisation",
  linux: "synchronised as Linux does",
  prompt: "synchronised",
};

function titleOf(name: string, fault: Fault | undefined, pair: ModeOptions["pair"]): string {
  if (fault !== undefined) return `${name}: ${fault.title}`;
  if (pair === undefined) return `${name}: one request and its reply`;
  const what = pair.masterDies ? "one request, and the master dies under it" : "one request and its reply";
  return `${name}, two directors, ${SYNC_WORDS[pair.sync]}: ${what}`;
}

/** The first frame whose headline says that it breaks something. */
export const culpritOf = (topology: Topology): number | undefined =>
  follow(topology.network.hops).find((step) => headlineOf(topology, step).breaks)?.hop.number;

function walkOfSyn({ network, director }: Topology): readonly WalkEvent[] {
  const receptions = network.hops.flatMap((hop) =>
    hop.receptions.flatMap(({ host, events }) => (host === director.name ? [{ hop, events }] : [])),
  );
  const first = receptions.findIndex(({ hop }) => isSyn(hop));
  const events = receptions[first]?.events ?? [];
  const end = events.at(-1);
  if (end?.kind !== "verdict" || end.verdict !== "parked") return events;
  // It waits for ARP: what the reply sets free is the rest of its walk.
  const released = receptions.slice(first).find((other) => other.events.some(isSentSyn));
  return released === undefined ? events : [...events, ...released.events.filter(isOfRelease), SENT_AT_LAST];
}

const isSentSyn = (event: WalkEvent): boolean => event.kind === "sent" && isSyn(event);

const isOfRelease = (event: WalkEvent): boolean => event.kind === "neighbor" || isSentSyn(event);

const SENT_AT_LAST: WalkEvent = { kind: "verdict", verdict: "sent", kernel: "" };

function isSyn({ bytes }: Pick<Hop, "bytes">): boolean {
  const transport = factsOf(bytes)?.ip?.transport;
  return transport?.kind === "tcp" && ((transport.flags ?? 0) & (SYN | ACK)) === SYN;
}
