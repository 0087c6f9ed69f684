/** A whole walk in one short line: the comment of a packet in a capture, and what a comparison prints. */

import type { WalkEvent, WalkKind } from "../../trace/events.ts";
import { type Address, AF_INET, ANY, formatAddress, formatEndpoint } from "../../wire/address.ts";
import { ARP_REQUEST } from "../../wire/arp.ts";
import { factsOf } from "../decode/facts.ts";
import { packetLine, summary } from "../summary.ts";
import { dropSentence } from "./drops.ts";
import { icmpAbout } from "./host.ts";
import { methodWords } from "./method-words.ts";

type EventOf<Kind extends WalkKind> = Extract<WalkEvent, { readonly kind: Kind }>;

const isOf = <Kind extends WalkKind>(event: WalkEvent, kind: Kind): event is EventOf<Kind> => event.kind === kind;

/** The first event of a kind. */
function first<Kind extends WalkKind>(events: readonly WalkEvent[], kind: Kind): EventOf<Kind> | undefined {
  for (const event of events) if (isOf(event, kind)) return event;
  return undefined;
}

/** The last event of a kind. */
function last<Kind extends WalkKind>(events: readonly WalkEvent[], kind: Kind): EventOf<Kind> | undefined {
  for (let at = events.length - 1; at >= 0; at--) {
    const event = events[at];
    if (event !== undefined && isOf(event, kind)) return event;
  }
  return undefined;
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
  if (scheduled !== undefined)
    return [
      `${scheduled.scheduler} picks ${scheduled.picked === "" ? "no server" : `${scheduled.picked}, but no connection is made`}`,
    ];
  if (found?.found === "answer") return [`reply of ${endpointOf(found)}`];
  if (found?.found === "request") return ["known connection"];
  return [];
}

const endpointOf = ({ connection }: WalkEvent<"connection">): string =>
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
  const icmp =
    told === undefined
      ? ""
      : `; ${told.to.family === AF_INET ? "ICMP" : "ICMPv6"} ${icmpAbout(told)} to ${formatAddress(told.to)}`;
  switch (end?.verdict) {
    case undefined:
      return lateWords(events);
    case "sent":
      return sentWords(events) + icmp;
    case "delivered":
      return deliveredWords(events);
    case "parked":
      return waitingWords(awaitedIn(events) ?? ANY);
    case "held":
      return "waits for the other fragments";
    case "accepted":
      return "left to the host's own stack";
    default:
      return `dropped (${end?.verdict}): ${dropSentence(end?.verdict ?? "").replace(/\.$/, "")}${icmp}`;
  }
}

/** What came later by itself, as an ICMP error about those that waited in vain, has next hops of its own. */
const awaitedIn = (events: readonly WalkEvent[]): Address | undefined =>
  events.flatMap((event) => (event.kind === "neighbor" && event.what === "awaited" ? [event.address] : [])).at(-1);

const waitingWords = (address: Address): string => `waits for the MAC address of ${formatAddress(address)}`;

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

/** ARP, neighbor discovery, a ping, a closed port: what the director itself said, or learnt. */
function deliveredWords(events: readonly WalkEvent[]): string {
  const told = toldWords(events);
  if (told !== "") return told;
  const sender = resolutionSender(events);
  const neighbor = last(events, "neighbor");
  if (sender !== undefined && neighbor?.what === "refused")
    return `the director keeps ${neighbor.mac} for ${formatAddress(sender.address)}: another ${sender.by} reply came first`;
  if (sender !== undefined)
    return `the director learns the MAC address of ${formatAddress(sender.address)} by ${sender.by}`;
  const sent = last(events, "sent");
  const facts = sent === undefined ? undefined : factsOf(sent.bytes)?.ip;
  return facts === undefined ? "delivered to the director itself" : `the director itself replies: ${packetLine(facts)}`;
}

/** Where the director said that it is; empty if nobody asked. */
function toldWords(events: readonly WalkEvent[]): string {
  const reply = events.find(
    (event): event is WalkEvent<"arp"> => event.kind === "arp" && event.operation !== ARP_REQUEST,
  );
  if (reply !== undefined) return `the director answers ARP: ${formatAddress(reply.sender)} is at ${reply.mac}`;
  const advertised = events.find(
    (event): event is WalkEvent<"discovery"> => event.kind === "discovery" && event.what === "advertises",
  );
  return advertised === undefined
    ? ""
    : `the director advertises itself: ${formatAddress(advertised.target)} is at ${advertised.mac}`;
}

/** Who told by ARP or neighbor discovery where he is; `undefined` for any other frame. */
function resolutionSender(
  events: readonly WalkEvent[],
): { readonly by: string; readonly address: Address } | undefined {
  const arrived = last(events, "received");
  const { arp, ip } = (arrived === undefined ? undefined : factsOf(arrived.bytes)) ?? {};
  if (arp !== undefined) return { by: "ARP", address: arp.senderIp };
  const discovery = ip?.transport?.kind === "icmp" ? ip.transport.discovery : undefined;
  const source = ip?.headers[0]?.source;
  if (discovery === undefined || source === undefined) return undefined;
  return { by: "neighbor discovery", address: discovery.asks ? source : discovery.target };
}
