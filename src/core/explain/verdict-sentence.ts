/** A whole walk in one short line: the comment of a packet in a capture, and what a comparison prints. */

import type { WalkEvent } from "../trace/events.ts";
import { ANY, formatAddress, formatEndpoint } from "../wire/address.ts";
import { ARP_REQUEST } from "../wire/arp.ts";
import { factsOf } from "./facts.ts";
import { methodWords } from "./method-words.ts";
import { packetLine, summary } from "./summary.ts";

type EventOf<Kind extends WalkEvent["kind"]> = Extract<WalkEvent, { readonly kind: Kind }>;

/** The first event of a kind. */
function first<Kind extends WalkEvent["kind"]>(events: readonly WalkEvent[], kind: Kind): EventOf<Kind> | undefined {
  return events.find((event): event is EventOf<Kind> => event.kind === kind);
}

/** The last event of a kind. */
function last<Kind extends WalkEvent["kind"]>(events: readonly WalkEvent[], kind: Kind): EventOf<Kind> | undefined {
  return events.findLast((event): event is EventOf<Kind> => event.kind === kind);
}

/**
 * One line about the events of one packet's walk, without a full stop:
 * `new connection by rr, NAT to 10.2.0.2:80, SYN_RECV; sent on eth1`, `dropped (ttl-exceeded): The TTL ran out here; ...`.
 */
export function verdictSentence(events: readonly WalkEvent[]): string {
  const parts = [...roleWords(events), ...changeWords(events)];
  const what = parts.join(", ");
  const end = endWords(events);
  return what === "" ? end : `${what}; ${end}`;
}

/** What the packet was to IPVS. */
function roleWords(events: readonly WalkEvent[]): string[] {
  const scheduled = last(events, "scheduled");
  const template = last(events, "template");
  const found = first(events, "connection");
  const waits = last(events, "verdict")?.verdict === "held";
  if (waits) return ["a fragment"];
  if (last(events, "created") !== undefined) {
    const by =
      scheduled === undefined && template?.what === "found" ? "its template" : (scheduled?.scheduler ?? "no scheduler");
    return [`new connection by ${by}`];
  }
  if (scheduled !== undefined) return [`${scheduled.scheduler} picks nobody`];
  if (found?.found === "answer") return [`answer of ${endpointOf(found)}`];
  if (found?.found === "request") return ["known connection"];
  return [];
}

const endpointOf = ({ connection }: EventOf<"connection">): string =>
  connection === undefined
    ? "a real server"
    : formatEndpoint(connection.destinationAddress, connection.destinationPort);

/** Where it goes, what changed in it, and the connection's state. */
function changeWords(events: readonly WalkEvent[]): string[] {
  const words: string[] = [];
  const method = last(events, "method");
  if (method !== undefined)
    words.push(`${methodWords(method.method).short} to ${method.destination || "a deleted real server"}`);
  const found = first(events, "connection");
  const rewritten = last(events, "rewritten");
  if (found?.found === "answer" && rewritten !== undefined) words.push(`${rewritten.what} becomes ${rewritten.after}`);
  const state = last(events, "state");
  if (state !== undefined && state.protocol !== "UDP") {
    words.push(state.before === state.after ? state.after : `${state.before} -> ${state.after}`);
  }
  return words;
}

function endWords(events: readonly WalkEvent[]): string {
  const end = last(events, "verdict");
  const told = last(events, "icmp");
  const icmp = told === undefined ? "" : `; ICMP ${told.about} to ${formatAddress(told.to)}`;
  switch (end?.verdict) {
    case undefined:
      return lateWords(events);
    case "sent":
      return sentWords(events) + icmp;
    case "delivered":
      return deliveredWords(events);
    case "parked":
      return `waits until ${formatAddress(last(events, "neighbor")?.address ?? ANY)} answers ARP`;
    case "held":
      return "waits for the rest of its datagram";
    case "accepted":
      return "left to the host";
    default:
      return `dropped (${end?.verdict}): ${end?.sentence.replace(/\.$/, "")}${icmp}`;
  }
}

/** What the director does by itself, without a frame that arrives. */
const lateWords = (events: readonly WalkEvent[]): string => {
  const sent = last(events, "sent");
  return sent === undefined ? "nothing happened" : `sent on ${sent.dev}: ${summary(sent.bytes)}`;
};

function sentWords(events: readonly WalkEvent[]): string {
  const frames = events.filter((event) => event.kind === "sent");
  const pieces = last(events, "fragmented")?.pieces.length ?? 1;
  const port = frames.at(-1)?.dev ?? "";
  const forwarded = last(events, "method") === undefined && first(events, "connection")?.found !== "answer";
  const plain = forwarded ? `plain forwarding to ${forwardedTo(events)}, ` : "";
  return `${plain}sent on ${port}${pieces > 1 ? ` in ${pieces} fragments` : ""}`;
}

const forwardedTo = (events: readonly WalkEvent[]): string => formatAddress(last(events, "routed")?.destination ?? ANY);

/** ARP, a ping, a closed port: what the director itself said. */
function deliveredWords(events: readonly WalkEvent[]): string {
  const arrived = last(events, "received");
  const arp = arrived === undefined ? undefined : factsOf(arrived.bytes)?.arp;
  const answer = events.find(
    (event): event is EventOf<"arp"> => event.kind === "arp" && event.operation !== ARP_REQUEST,
  );
  if (answer !== undefined) return `the director answers ARP: ${formatAddress(answer.sender)} ${answer.what}`;
  const neighbor = last(events, "neighbor");
  if (arp !== undefined && neighbor?.what === "refused")
    return `the director keeps ${neighbor.mac} for ${formatAddress(arp.senderIp)}: another ARP reply came first`;
  if (arp !== undefined) return `the director learns by ARP where ${formatAddress(arp.senderIp)} is`;
  const sent = last(events, "sent");
  const facts = sent === undefined ? undefined : factsOf(sent.bytes)?.ip;
  return facts === undefined ? "taken by the director itself" : `the director itself answers: ${packetLine(facts)}`;
}
