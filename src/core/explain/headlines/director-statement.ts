/** What the director does with a packet, in a sentence: picks a server, knows the connection, changes an address back, drops. */
import type { Reception } from "../../simulator/network.ts";
import type { Topology } from "../../simulator/topologies.ts";
import type { WalkEvent } from "../../trace/events.ts";
import { AF_INET, formatAddress, formatEndpoint } from "../../wire/address.ts";
import { RST } from "../../wire/tcp.ts";
import type { FlowStep } from "../flow.ts";
import { dropSentence } from "../sentences/drops.ts";
import { verdictSentence } from "../sentences/sentences.ts";
import { serverAt } from "./host-words.ts";
import { nounOf } from "./nouns.ts";
import { flagsOf } from "./reply.ts";
import type { Statement } from "./statement.ts";

type EventOf<Kind extends WalkEvent["kind"]> = Extract<WalkEvent, { readonly kind: Kind }>;

const last = <Kind extends WalkEvent["kind"]>(events: readonly WalkEvent[], kind: Kind): EventOf<Kind> | undefined =>
  events.findLast((event): event is EventOf<Kind> => event.kind === kind);

export function directorStatement(topology: Topology, { facts, hop }: FlowStep, { events }: Reception): Statement {
  const label = nounOf(facts, hop.bytes);
  const end = last(events, "verdict");
  const why = end === undefined || end.verdict === "tunnel-error" ? "" : dropSentence(end.verdict);
  if (facts.ip?.transport?.kind === "tcp" && last(events, "host") !== undefined && topology.directors.length > 1)
    return { text: "The director does not know the connection: nobody told it. It resets it.", breaks: true };
  if (why !== "") {
    return { text: `The director drops the ${label}. ${why}`, breaks: (flagsOf(facts) & RST) === 0 };
  }
  if (end?.verdict === "held")
    return { text: "The director keeps the fragment until the whole datagram is here.", breaks: false };
  const method = last(events, "method");
  const connection = last(events, "connection");
  if (method !== undefined) {
    const { text, first } = choice(topology, events);
    return { text: `${text} ${first ? "It" : "and"} ${handling(topology, method)}.${waiting(events)}`, breaks: false };
  }
  if (connection?.found === "answer") return { text: answerText(topology), breaks: false };
  if (last(events, "icmp") !== undefined || facts.ip?.transport?.kind === "icmp") {
    if (last(events, "host") !== undefined || end?.verdict === "delivered")
      return { text: "The director replies itself: a ping to the virtual address is not balanced.", breaks: false };
  }
  return { text: `The director gets the ${label}: ${verdictSentence(events)}.`, breaks: false };
}

/** Why this server; `first` for a new connection, whose decision is a sentence of its own. */
function choice(topology: Topology, events: readonly WalkEvent[]): { readonly text: string; readonly first: boolean } {
  const scheduled = last(events, "scheduled");
  const template = last(events, "template");
  if (scheduled !== undefined) {
    return {
      text: `The director picks ${serverAt(topology, scheduled.picked)} by ${scheduled.scheduler}.`,
      first: true,
    };
  }
  if (template?.what === "found") {
    return { text: "The director knows this client: its persistence template names the server.", first: true };
  }
  return { text: "The director knows the connection", first: false };
}

/** What the method does to the packet: begins with a verb. */
function handling(topology: Topology, { method, destination }: EventOf<"method">): string {
  const server = serverAt(topology, destination);
  switch (method) {
    case "Masq":
      return `rewrites the destination to ${server}, ${destination}`;
    case "Route":
      return `sends the frame to ${server}'s MAC address; the IP addresses stay`;
    case "Tunnel":
      return `puts the packet inside another one, addressed to ${server}`;
    case "FullNat":
      return `rewrites both addresses: ${server} sees the director as its client`;
    default:
      return `sends it to ${server}`;
  }
}

/** The packet may have to wait for the next hop's MAC address. */
function waiting(events: readonly WalkEvent[]): string {
  const awaited = events.find((event) => event.kind === "neighbor" && event.what === "awaited");
  if (awaited?.kind !== "neighbor") return "";
  const by = awaited.address.family === AF_INET ? "ARP" : "neighbor discovery";
  return ` First it asks by ${by} where ${formatAddress(awaited.address)} is.`;
}

/** Of a reply. */
function answerText({ mode, virtualAddress, port }: Topology): string {
  const virtual = formatEndpoint(virtualAddress, port);
  return mode === "fullnat"
    ? `The director rewrites both addresses back: to the client, the reply comes from ${virtual}.`
    : `The director rewrites the source to ${virtual}: the client knows no other address.`;
}
