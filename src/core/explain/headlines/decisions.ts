/** What can be asked before a frame arrives: the decisions that are about to be made, and what they will be. */
import type { Reception } from "../../simulator/network.ts";
import type { Topology } from "../../simulator/topologies.ts";
import { formatAddress, sameAddress } from "../../wire/address.ts";
import { ACK, RST, SYN } from "../../wire/tcp.ts";
import type { FlowStep } from "../flow.ts";
import { hostWithMac, isDirector, isServer, serverAt } from "./host-words.ts";
import { flagsOf, responsesOf } from "./reply.ts";
import { resolutionOf } from "./resolution-headline.ts";

/** A question with a few choices, one of which is right. */
export interface Decision {
  /** Who replies for the virtual address; whom the director picks; what it changes; where a reply goes; what a client does. */
  readonly kind: "reply" | "pick" | "change" | "route" | "client";
  readonly question: string;
  readonly choices: readonly string[];
  /** Place of the right one among the choices. */
  readonly right: number;
}

/** The decisions about a frame, in the order they are made; its receptions say what they were. Empty for most frames. */
export function decisionsOf(topology: Topology, step: FlowStep): Decision[] {
  const { hop, facts } = step;
  const resolution = resolutionOf(step);
  if (resolution !== undefined) {
    const released = hop.receptions.filter(
      ({ host, events }) => isServer(topology, host) && responsesOf(events).length > 0,
    );
    if (!resolution.asks) return released.flatMap((reception) => ofServer(topology, reception));
    const isVirtual = sameAddress(resolution.target, topology.virtualAddress);
    return isVirtual ? [whoReplies(topology, resolution.repliers)] : [];
  }
  const flags = flagsOf(facts) & (SYN | ACK);
  return hop.receptions.flatMap((reception) => {
    if (isDirector(topology, reception.host)) return ofDirector(topology, reception);
    if (flags === SYN && isServer(topology, reception.host)) return ofServer(topology, reception);
    return flags === (SYN | ACK) && isClient(topology, reception.host) ? [ofClient(step, reception)] : [];
  });
}

const isClient = ({ clients }: Topology, name: string): boolean => clients.some((client) => client.name === name);

const WHO_REPLIES = ["only the director", "only a real server", "the director and a real server", "nobody"] as const;

function whoReplies(topology: Topology, repliers: readonly string[]): Decision {
  const others = repliers.some((name) => !isDirector(topology, name));
  const itself = repliers.some((name) => isDirector(topology, name));
  return {
    kind: "reply",
    question: `Who replies to "who has ${formatAddress(topology.virtualAddress)}"?`,
    choices: WHO_REPLIES,
    right: itself ? (others ? 2 : 0) : others ? 1 : 3,
  };
}

const CHANGES = [
  "the destination address",
  "both addresses",
  "only the MAC addresses",
  "nothing: it wraps the packet",
] as const;
const CHANGE_OF: Readonly<Record<string, number>> = { Masq: 0, FullNat: 1, Route: 2, Tunnel: 3 };

/** The scheduler's pick, and for the first packet of a connection what becomes of it. */
function ofDirector(topology: Topology, { events }: Reception): Decision[] {
  const scheduled = events.find((event) => event.kind === "scheduled");
  if (scheduled?.kind !== "scheduled") return [];
  const choices = [...topology.servers.map(({ name }) => name), "none of them"];
  const picked = choices.indexOf(serverAt(topology, scheduled.picked));
  const pick: Decision = {
    kind: "pick",
    question: `Which server does the director pick by ${scheduled.scheduler}?`,
    choices,
    right: picked < 0 ? choices.length - 1 : picked,
  };
  const method = events.find((event) => event.kind === "method");
  const right = method?.kind === "method" ? CHANGE_OF[method.method] : undefined;
  if (right === undefined) return [pick];
  return [pick, { kind: "change", question: "What of the packet does the director change?", choices: CHANGES, right }];
}

const ROUTES = ["back through the director", "past the director", "it sends none"] as const;

/** Where a server's reply to a SYN goes; undecided while it asks for the next hop. */
function ofServer(topology: Topology, { host, events, verdict }: Reception): Decision[] {
  if (events.some((event) => event.kind === "neighbor" && event.what === "awaited")) return [];
  const [reply] = responsesOf(events);
  const question = `Where does ${host}'s reply go?`;
  if (reply === undefined)
    return verdict === "delivered" ? [] : [{ kind: "route", question, choices: ROUTES, right: 2 }];
  const next = hostWithMac(topology, reply.facts.destinationMac);
  const returns = (next !== undefined && isDirector(topology, next.name)) || topology.mode === "fullnat";
  return [{ kind: "route", question, choices: ROUTES, right: returns ? 0 : 1 }];
}

const CLIENT_DOES = ["accepts it", "refuses it with a reset", "never gets it"] as const;

function ofClient({ inside }: FlowStep, { host, events, verdict }: Reception): Decision {
  const from = inside === undefined ? "" : ` from ${formatAddress(inside.source.address)}`;
  const refuses = responsesOf(events).some(({ facts }) => (flagsOf(facts) & RST) !== 0);
  return {
    kind: "client",
    question: `What does ${host} do with the SYN ACK${from}?`,
    choices: CLIENT_DOES,
    right: refuses ? 1 : verdict === "delivered" ? 0 : 2,
  };
}
