/** Each step of a packet's walk as a sentence for people. The switch is exhaustive: a new kind of event needs a sentence to compile. */

import type { Candidate, WalkEvent } from "../trace/events.ts";
import { type Address, AF_INET, formatAddress, formatEndpoint } from "../wire/address.ts";
import { ARP_REQUEST } from "../wire/arp.ts";
import { decode } from "./decode.ts";
import { methodWords } from "./method-words.ts";
import { summary } from "./summary.ts";
import { syncSentence } from "./sync-message.ts";
import { amount, candidateWords, connectionWords, endsWords, listed } from "./words.ts";

export { verdictSentence } from "./verdict-sentence.ts";

type EventOf<Kind extends WalkEvent["kind"]> = Extract<WalkEvent, { readonly kind: Kind }>;

/** One sentence, or a few short ones, about an event: what matched, who was picked and why, what was before and what is after. */
export function sentence(event: WalkEvent): string {
  switch (event.kind) {
    case "received":
      return `A frame arrives on ${event.dev}: ${summary(event.bytes)}.${syncSentence(decode(event.bytes))}`;
    case "arp":
      return arpSentence(event);
    case "discovery":
      return discoverySentence(event);
    case "neighbor":
      return neighborSentence(event);
    case "marked":
      return `A rule for arriving packets gives it the firewall mark ${event.mark}.`;
    case "held":
      return heldSentence(event);
    case "reassembled":
      return `The datagram is whole: ${amount(event.fragments, "fragment")} make one packet of ${amount(event.length, "byte")}.`;
    case "routed":
      return routedSentence(event);
    default:
      return balancingSentence(event);
  }
}

/** What IPVS itself did. */
function balancingSentence(
  event: Exclude<
    WalkEvent,
    EventOf<"received" | "arp" | "discovery" | "neighbor" | "marked" | "held" | "reassembled" | "routed">
  >,
): string {
  switch (event.kind) {
    case "service":
      return serviceSentence(event);
    case "no-service":
      return "No virtual service has this protocol, address and port, nor a service for all ports: it is none of IPVS's business.";
    case "connection":
      return knownConnectionSentence(event);
    case "not-schedulable":
      return `It opens no connection: ${event.why}.`;
    case "reuse":
      return `The known connection is not used any more: ${event.why}. It is scheduled anew.`;
    case "template":
      return templateSentence(event);
    case "scheduled":
      return scheduledSentence(event);
    case "created":
      return `A new connection: ${endsWords(event.connection)}.`;
    case "local-port":
      return localPortSentence(event);
    case "engine":
      return engineSentence(event);
    case "untracked":
      return "Connection tracking does not count it as part of the connection: nothing in it is shifted or rewritten.";
    case "helper":
      return helperSentence(event);
    case "sync-record":
      return syncRecordSentence(event);
    case "sync-refused":
      return `The backup does not take what it hears: ${event.why}.`;
    case "state":
      return stateSentence(event);
    case "expired":
      return `A connection expired in the state ${event.connection.state}: ${endsWords(event.connection)}.`;
    default:
      return leavingSentence(event);
  }
}

/** What becomes of the packet on its way out. */
function leavingSentence(
  event: EventOf<"method" | "ttl" | "mtu" | "rewritten" | "icmp" | "fragmented" | "host" | "sent" | "verdict">,
): string {
  switch (event.kind) {
    case "method":
      return methodSentence(event);
    case "ttl":
      return `The ${event.family === AF_INET ? "TTL" : "hop limit"} goes down from ${event.before} to ${event.after}.`;
    case "mtu":
      return mtuSentence(event);
    case "rewritten":
      return rewrittenSentence(event);
    case "icmp":
      return `The director tells ${formatAddress(event.to)} by ${icmpOf(event.to)}: ${event.about} (type ${event.type}, code ${event.code}).`;
    case "fragmented":
      return `It went out in ${amount(event.pieces.length, "fragment")}, with ${listed(event.pieces.map(String))} bytes of payload.`;
    case "host":
      return `The director itself is meant: ${event.what}.`;
    case "sent":
      return `It leaves by ${event.dev}: ${summary(event.bytes)}.${syncSentence(decode(event.bytes))}`;
    case "verdict":
      return endSentence(event);
  }
}

/** What errors and pings of an address's family are called. */
const icmpOf = ({ family }: Address): string => (family === AF_INET ? "ICMP" : "ICMPv6");

function arpSentence({ operation, sender, target, what }: EventOf<"arp">): string {
  return operation === ARP_REQUEST
    ? `The director asks by ARP who has ${formatAddress(target)}, the answer to go to ${formatAddress(sender)}.`
    : `The director answers ${formatAddress(target)} by ARP: ${formatAddress(sender)} ${what}.`;
}

function discoverySentence({ what, target, other, mac }: EventOf<"discovery">): string {
  return what === "solicits"
    ? `The director asks by neighbor discovery who has ${formatAddress(target)}, the answer to go to ${formatAddress(other)}.`
    : `The director tells ${formatAddress(other)} by neighbor discovery: ${formatAddress(target)} is at ${mac}.`;
}

function neighborSentence({ what, address, mac, state }: EventOf<"neighbor">): string {
  const who = formatAddress(address);
  const by = address.family === AF_INET ? "ARP" : "neighbor discovery";
  if (what === "awaited") return `At which MAC address ${who} is, nobody has said yet: the packet waits for ${by}.`;
  if (what === "learnt")
    return `${by === "ARP" ? by : "Neighbor discovery"} says that the neighbor ${who} is at ${mac} (${state} from now on).`;
  if (what === "refused") return `The director does not take this: for it, ${who} stays at ${mac} (${state}).`;
  return `The next hop ${who} is at ${mac} (${state}).`;
}

function heldSentence({ identification, offset, have }: EventOf<"held">): string {
  const id = identification.toString(16).padStart(4, "0");
  return `A fragment, from byte ${offset} of the datagram with id 0x${id}: kept until the rest is here; ${amount(have, "byte")} are here now.`;
}

function routedSentence({ destination, to, dev, via }: EventOf<"routed">): string {
  const who = formatAddress(destination);
  if (to === "local") return `The route: ${who} is an address of the director itself.`;
  if (to === "none") return `The route: there is none to ${who}.`;
  return `The route: ${who} is reached by ${dev}${via === undefined ? ", directly" : `, through the gateway ${formatAddress(via)}`}.`;
}

const HOW: Readonly<Record<EventOf<"service">["how"], string>> = {
  mark: "its firewall mark names it",
  exact: "protocol, address and port match",
  fallback: "no service has just this port, and this one takes what is left",
};

const serviceSentence = ({ service, how }: EventOf<"service">): string =>
  `It is meant for the virtual service ${service}: ${HOW[how]}.`;

function knownConnectionSentence({ found, connection }: EventOf<"connection">): string {
  if (found === "no-answer") return "It is no real server's answer in any connection: plain forwarding.";
  if (connection === undefined) return "It belongs to no known connection.";
  if (found === "own")
    return `The director's own packet goes to the client of the connection ${connectionWords(connection)}.`;
  return found === "answer"
    ? `It is a real server's answer in the connection ${connectionWords(connection)}.`
    : `It belongs to the known connection ${connectionWords(connection)}.`;
}

function templateSentence({ what, connection }: EventOf<"template">): string {
  const words = connection === undefined ? "" : ` ${connectionWords(connection)}`;
  switch (what) {
    case "found":
      return `The service is persistent, and the template${words} binds this client to its real server: nobody asks the scheduler.`;
    case "created":
      return `A new template binds the client to this real server from now on:${words}.`;
    case "invalid":
      return `The service is persistent, but the template${words} cannot be used any more: its real server is gone or quiesced.`;
    case "none":
      return "The service is persistent, but no template binds this client yet: the scheduler decides.";
  }
}

function scheduledSentence(event: EventOf<"scheduled">): string {
  const { candidates } = event;
  return candidates.length === 0
    ? scheduledHead(event)
    : `${scheduledHead(event)} It saw ${candidates.map(candidateWords).join("; ")}.`;
}

/** Who was picked, without what the scheduler saw of each. */
export function scheduledHead({ scheduler, state, candidates, picked }: EventOf<"scheduled">): string {
  const who = `The scheduler ${scheduler}${state === "" ? "" : ` (${state})`}`;
  if (candidates.length === 0) return `${who} has nobody to pick from: the service has no real servers.`;
  return picked === ""
    ? `${who} picks nobody: none may take a connection.`
    : `${who} picks ${picked}.${reason(candidates, picked)}`;
}

/** Why one could not be anybody else, where that is all there is to say. */
function reason(candidates: readonly Candidate[], picked: string): string {
  const usable = candidates.filter(({ weight, overloaded }) => weight > 0 && !overloaded);
  return candidates.length > 1 && usable.length === 1 && usable[0]?.destination === picked
    ? " Nobody else may take a connection."
    : "";
}

function localPortSentence({ address, port, attempts }: EventOf<"local-port">): string {
  const tries = attempts === 1 ? "" : `, the first free one after ${amount(attempts, "try").replace("trys", "tries")}`;
  return `Towards the real server the connection leaves from the local address ${formatEndpoint(address, port)}${tries}.`;
}

const engineSentence = ({ engine, data }: EventOf<"engine">): string =>
  data === undefined
    ? `The persistence engine ${engine} finds nothing in it to name a template by.`
    : `The persistence engine ${engine} reads ${data}: beside the client, this names the template.`;

const helperSentence = ({ helper, what, connection }: EventOf<"helper">): string =>
  connection === undefined
    ? `The helper ${helper} reads along: ${what}.`
    : `The helper ${helper} reads along: ${what}. The entry for it is made: ${endsWords(connection)}.`;

function syncRecordSentence({ what, connection }: EventOf<"sync-record">): string {
  const words = connectionWords(connection);
  switch (what) {
    case "told":
      return `The master writes the connection down for its backups: ${words}.`;
    case "created":
      return `The backup hears of a connection that it does not know, and makes the entry: ${words}.`;
    case "updated":
      return `The backup hears more of a connection that it knows: ${words}.`;
    case "replaced":
      return `The backup hears that the connection has another real server now, and replaces its entry: ${words}.`;
  }
}

function stateSentence({ protocol, direction, event, before, after, timeoutSeconds }: EventOf<"state">): string {
  const lives = `it now lives ${timeoutSeconds} s without packets`;
  if (protocol === "UDP") return `UDP has one state; a datagram (${direction}) keeps the connection: ${lives}.`;
  const word = /^[a-z]{3}$/.test(event) ? event.toUpperCase() : event;
  return before === after
    ? `The state stays ${after} after ${word} (${direction}): ${lives}.`
    : `The state goes from ${before} to ${after} after ${word} (${direction}): ${lives}.`;
}

const methodSentence = ({ method, destination }: EventOf<"method">): string =>
  `To ${destination === "" ? "a real server that was deleted" : destination} by ${methodWords(method).long}.`;

function mtuSentence({ family, length, mtu, dontFragment, fits }: EventOf<"mtu">): string {
  if (length <= mtu) return `Its ${amount(length, "byte")} fit into the ${mtu} that may be sent.`;
  const size = `Its ${amount(length, "byte")} are more than the ${mtu} that may be sent`;
  if (!fits) return family === AF_INET ? `${size}, and DF forbids to cut it.` : `${size}, and routers do not cut IPv6.`;
  return dontFragment ? `${size}, but it is let through in spite of DF.` : `${size}: it may be cut.`;
}

function rewrittenSentence({ what, before, after }: EventOf<"rewritten">): string {
  if (before === "none") return `A new ${what}: ${after}.`;
  return after === "none" ? `The ${what} ${before} is taken off.` : `The ${what} ${before} becomes ${after}.`;
}

const ENDS: Readonly<Record<string, string>> = {
  sent: "The end: sent.",
  delivered: "The end: taken by the director itself.",
  parked: "The end for now: the packet waits for the next hop's MAC address.",
  held: "The end for now: the fragment waits for the others.",
  accepted: "The end: left to the host.",
};

const endSentence = ({ verdict, sentence: why, kernel }: EventOf<"verdict">): string =>
  ENDS[verdict] ?? `The end: dropped (${verdict}). ${why} In the kernel: ${kernel}.`;
