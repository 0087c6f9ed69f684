/** Headlines of IP packets: what the director, a router, a real server or a client does with one. */
import type { Reception } from "../../simulator/network.ts";
import type { Topology } from "../../simulator/topologies.ts";
import { formatAddress, sameAddress } from "../../wire/address.ts";
import { FIN, RST, SYN } from "../../wire/tcp.ts";
import type { FlowStep } from "../flow.ts";
import { dropSentence } from "../sentences/drops.ts";
import { icmpWords } from "../summary.ts";
import { directorStatement } from "./director-statement.ts";
import { hostAt, hostWithMac, hostWords, isDirector, isServer } from "./host-words.ts";
import { errorIn, nounOf } from "./nouns.ts";
import { flagsOf, type Response, replyStatement, responsesOf } from "./reply.ts";
import type { Statement } from "./statement.ts";

/** The statement about a packet that a host got. */
export function packetHeadline(topology: Topology, step: FlowStep, reception: Reception): Statement {
  const { host, verdict } = reception;
  const { subject } = hostWords(topology, host);
  const responses = responsesOf(reception.events);
  const label = nounOf(step.facts, step.hop.bytes);
  if (verdict === "host-down") return deadStatement(topology, step.hop.from, host, label);
  if (verdict === "firewall") {
    const text = `A firewall before ${hostWords(topology, host).object} drops the ${label}. Nobody is told.`;
    return { text, breaks: true };
  }
  const report = responses.find(({ facts }) => errorIn(facts) !== undefined);
  if (report !== undefined) return reportStatement(topology, subject, label, errorIn(step.facts) !== undefined, report);
  if (isDirector(topology, host)) return named(topology, host, directorStatement(topology, step, reception));
  const end = reception.events.find((event) => event.kind === "verdict");
  const why = end?.kind === "verdict" && verdict !== "host-reset" ? dropSentence(end.verdict) : "";
  if (why !== "") {
    return { text: `${subject} drops the ${label}. ${why.replace(/[Tt]he director/g, host)}`, breaks: true };
  }
  if (isServer(topology, host)) return serverStatement(topology, step, reception, responses[0]);
  return topology.routers.some(({ name }) => name === host)
    ? routerStatement(topology, step, reception, responses[0])
    : clientStatement(topology, step, host, responses[0]);
}

/** Of one of two directors, by its name. */
const named = ({ directors }: Topology, host: string, { text, breaks }: Statement): Statement =>
  directors.length === 1 ? { text, breaks } : { text: text.replace(/\b[Tt]he director\b/g, host), breaks };

/** Where another director takes over, who sends to a dead one only has to send again. */
function deadStatement(topology: Topology, from: string, host: string, label: string): Statement {
  const text = `Nobody takes the ${label}: ${host} is dead.`;
  if (!isDirector(topology, host) || topology.directors.length === 1) return { text, breaks: true };
  return { text: `${text} ${hostWords(topology, from).subject} will send it again.`, breaks: false };
}

/** `told`: what arrived is itself an error, about a packet that was forwarded. */
function reportStatement(
  topology: Topology,
  subject: string,
  label: string,
  told: boolean,
  response: Response,
): Statement {
  const error = errorIn(response.facts);
  const to = hostAt(topology, response.destination);
  const whom = to === undefined ? formatAddress(response.destination) : hostWords(topology, to.name).object;
  const words = error === undefined ? "" : icmpWords(error);
  if (told) return { text: `${subject} passes the error on: it tells ${whom} ${words}.`, breaks: true };
  return { text: `${subject} cannot send the ${label} on, and tells ${whom}: ${words}.`, breaks: true };
}

const isReset = (response: Response | undefined): boolean =>
  response !== undefined && (flagsOf(response.facts) & RST) !== 0;

// --- real servers

function serverStatement(
  topology: Topology,
  step: FlowStep,
  reception: Reception,
  response: Response | undefined,
): Statement {
  const { host } = reception;
  const label = nounOf(step.facts, step.hop.bytes);
  if (!isDirector(topology, step.hop.from) && topology.clients.some(({ name }) => name === step.hop.from)) {
    const from = hostWords(topology, step.hop.from).subject;
    const text = `${from}'s ${label} goes straight to ${host}. The director never sees it, so nothing is balanced.`;
    return { text, breaks: true };
  }
  if (response !== undefined) return replyStatement(topology, host, response);
  const waits = awaited(reception);
  if (waits !== "")
    return { text: `${host} takes the ${label}. Before it can reply, it asks where ${waits} is.`, breaks: false };
  if ((flagsOf(step.facts) & RST) !== 0)
    return { text: `${host} forgets the connection: the client has reset it.`, breaks: false };
  return { text: `${host} takes the ${label}${unwrapped(step)}.`, breaks: false };
}

const unwrapped = ({ outer }: FlowStep): string => (outer === undefined ? "" : " out of the tunnel");

/** The next hop whose MAC address the host must find out first; empty if it knows. */
function awaited({ events }: Reception): string {
  const event = events.find((candidate) => candidate.kind === "neighbor" && candidate.what === "awaited");
  return event?.kind === "neighbor" ? formatAddress(event.address) : "";
}

// --- routers and clients

function routerStatement(
  topology: Topology,
  step: FlowStep,
  reception: Reception,
  response: Response | undefined,
): Statement {
  const { subject } = hostWords(topology, reception.host);
  const label = nounOf(step.facts, step.hop.bytes);
  const waits = awaited(reception);
  if (waits !== "")
    return { text: `${subject} asks where ${waits} is before it forwards the ${label}.`, breaks: false };
  if (response === undefined) return { text: `${subject} takes the ${label}.`, breaks: false };
  const to = hostWithMac(topology, response.facts.destinationMac);
  const whom = to === undefined ? "the next hop" : hostWords(topology, to.name).object;
  const inside = step.outer === undefined ? "" : " It reads only the outer header.";
  return { text: `${subject} forwards the ${label} to ${whom}.${inside}`, breaks: false };
}

function clientStatement(topology: Topology, step: FlowStep, host: string, response: Response | undefined): Statement {
  const { subject } = hostWords(topology, host);
  const label = nounOf(step.facts, step.hop.bytes);
  const source = step.inside?.source.address;
  const from = source === undefined ? "" : formatAddress(source);
  const error = errorIn(step.facts);
  if (error !== undefined) return { text: `${subject} is told: ${icmpWords(error)}.${resent(response)}`, breaks: true };
  if (isReset(response)) {
    const called = source !== undefined && sameAddress(source, topology.virtualAddress);
    const why = called ? "its connection there is gone" : `it never called ${from}`;
    return { text: `${subject} refuses it: ${why}.`, breaks: true };
  }
  const flags = flagsOf(step.facts);
  if ((flags & RST) !== 0) return { text: `${subject}'s connection is refused.`, breaks: true };
  const transport = step.facts.ip?.transport;
  if (transport?.kind === "tcp" && transport.payload > 0)
    return { text: `${subject} gets its page, from the address it called.`, breaks: false };
  if ((flags & SYN) !== 0)
    return {
      text: `${subject} gets a reply from ${from}, the address it called. The connection is open.`,
      breaks: false,
    };
  if ((flags & FIN) !== 0) return { text: `${subject} acknowledges: both sides have closed.`, breaks: false };
  return { text: `${subject} gets the ${label} from ${from}.`, breaks: false };
}

/** After "too big": the same in smaller packets. */
const resent = (response: Response | undefined): string =>
  response === undefined ? "" : " It sends the data again, in smaller packets.";
