/** What did not go well on the wires of a network, one sentence each: packets dropped, resets, ICMP errors. */

import { directorTalkIn } from "../explain/decode/between-directors.ts";
import type { FrameFacts } from "../explain/decode/facts.ts";
import type { IcmpFacts } from "../explain/decode/packet-facts.ts";
import { type FlowStep, follow } from "../explain/flow.ts";
import { tellingReceptions } from "../explain/receptions.ts";
import { dropSentence } from "../explain/sentences/drops.ts";
import { sentence } from "../explain/sentences/sentences.ts";
import { flowLine, summary } from "../explain/summary.ts";
import type { Network, Reception } from "../simulator/network.ts";
import { AF_INET, ANY, formatAddress, formatEndpoint } from "../wire/address.ts";
import { ARP_REPLY, ARP_REQUEST } from "../wire/arp.ts";
import { isIcmpError } from "../wire/icmp.ts";
import { isIcmpv6Error } from "../wire/icmpv6.ts";
import { RST } from "../wire/tcp.ts";

interface Incident {
  /** Microseconds. */
  readonly time: number;
  readonly text: string;
  /** The same for what differs only in passing things: the client's port, the amount of data. */
  readonly kind: string;
}

/** The incidents so far in the order of their times; what happened again and again is told once, with a count. */
export function incidents(network: Network): string[] {
  const steps = follow(network.hops);
  const all = [...steps.flatMap(incidentsOf), ...unanswered(steps)].toSorted((a, b) => a.time - b.time);
  const counts = new Map<string, number>();
  for (const { kind } of all) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const firsts = all.filter(({ kind }, index) => all.findIndex((other) => other.kind === kind) === index);
  return firsts.map(({ time, text, kind }) => {
    const count = counts.get(kind) ?? 1;
    return `${(time / 1e6).toFixed(4)} s: ${text}${count === 1 ? "" : ` (${count} times)`}`;
  });
}

function incidentsOf(step: FlowStep): Incident[] {
  const { hop, facts } = step;
  const packet = packetText(facts, hop.bytes);
  const drops = droppedBy(step).map((reception) => {
    const text = `${reception.host} drops [${packet}]. ${whyDropped(reception)}`;
    return { time: reception.time, text, kind: withoutPassing(text) };
  });
  const sent = step.before === undefined ? originText(step, packet) : undefined;
  return sent === undefined ? drops : [{ time: hop.time, text: sent, kind: withoutPassing(sent) }, ...drops];
}

/** Those that dropped it. Directors that tell each other of themselves lose nothing where nobody listens. */
const droppedBy = ({ hop, facts }: FlowStep): readonly Reception[] =>
  directorTalkIn(facts, hop.bytes) === undefined ? tellingReceptions(hop).filter(isDropped) : [];

/** What the sender of a packet of its own says with it, if that is bad news. */
function originText({ hop, facts }: FlowStep, packet: string): string | undefined {
  const transport = facts.ip?.transport;
  if (transport?.kind === "icmp" && isError(transport)) return `${hop.from} reports: [${packet}].`;
  if (transport?.kind !== "tcp" || ((transport.flags ?? 0) & RST) === 0) return undefined;
  const { source = ANY, destination = ANY } = facts.ip?.headers[0] ?? {};
  const refused = `${formatEndpoint(destination, transport.destinationPort)} > ${formatEndpoint(source, transport.sourcePort)}`;
  return `${hop.from} refuses [${refused}] with a reset: it has no such connection, and nobody listens there.`;
}

const isError = ({ family, type }: IcmpFacts): boolean =>
  family === AF_INET ? isIcmpError(type) : isIcmpv6Error(type);

/** Questions by ARP that nobody answered. */
function unanswered(steps: readonly FlowStep[]): Incident[] {
  const answered = new Set(
    steps.map(({ facts: { arp } }) => (arp?.operation === ARP_REPLY ? formatAddress(arp.senderIp) : undefined)),
  );
  return steps.flatMap(({ hop, facts: { arp } }) => {
    if (arp?.operation !== ARP_REQUEST || answered.has(formatAddress(arp.targetIp))) return [];
    const text = `${hop.from} asks by ARP who has ${formatAddress(arp.targetIp)}, and nobody answers.`;
    return [{ time: hop.time, text, kind: text }];
  });
}

/** A frame in a few words; of an ICMP error, not the packet that it is about. */
const packetText = (facts: FrameFacts, bytes: Uint8Array): string =>
  facts.ip === undefined ? summary(bytes) : flowLine(facts.ip).replace(/ about \[.*/, "");

/** Ends that are no loss: what needs no answer, what was told on. */
const HARMLESS = new Set(["sent", "delivered", "parked", "held", "host-reset", "tunnel-error"]);

const isDropped = ({ verdict }: Reception): boolean => !HARMLESS.has(verdict);

const OTHER_REASONS: Readonly<Record<string, string>> = {
  "host-down": "It is dead.",
  firewall: "Its firewall lets no ICMP in.",
};

/** The sentence of the reason, which speaks of the director, about the host that dropped it. */
function whyDropped({ host, verdict, events }: Reception): string {
  const size = events.find((event) => event.kind === "mtu" && !event.fits);
  if (size !== undefined) return `${sentence(size).replace(/\.$/, "")} (${verdict}).`;
  const reason = dropSentence(verdict) || (OTHER_REASONS[verdict] ?? "");
  return `${reason.replace("the director", host).replace("The director", host).replace(/\.$/, "")} (${verdict}).`;
}

/** Ports that are counted up, one for each connection, and how much data there is. */
const PASSING = /:\d{4,5}\b| \(\d+ bytes? of data\)/g;

const withoutPassing = (text: string): string => text.replace(PASSING, "");
