/** A made-up packet on a director: what would become of it. The director is one rebuilt for the purpose: nobody else sees it. */

import { type MarkConfig, prefixed } from "../host/config.ts";
import type { Director } from "../host/director.ts";
import { makeMarks } from "../host/marks.ts";
import type { WalkEvent } from "../trace/events.ts";
import { firstWord, formatIpv4 } from "../wire/address.ts";
import { ARP_REPLY, ARP_REQUEST, arpFrame } from "../wire/arp.ts";
import { macText } from "../wire/ethernet.ts";
import { Frame } from "../wire/frame.ts";
import { PROTOCOL_TCP, PROTOCOL_UDP } from "../wire/ipv4.ts";
import { type Explanation, explanationOf } from "./explanation.ts";
import { factsOf } from "./facts.ts";
import { type MadeUpPacket, PacketError } from "./made-up-packet.ts";
import { packetBytes } from "./packet-bytes.ts";

/** Neighbors that answer because they are asked: no more than this, should each answer raise a further question. */
const MOST_QUESTIONS = 8;

/** A MAC address for a neighbor that nobody knows: 02:fe and its IPv4 address. */
const madeUpMac = (address: number): number => 0x02fe_0000_0000 + address;

/**
 * Sends the packet into the director at its present time. Neighbors that the director asks for by ARP are taken to
 * answer; a rule that marks the packet is added if it is to have a mark. Throws PacketError if it is to arrive on an
 * interface that is not there.
 */
export function whatIf(director: Director, packet: MadeUpPacket): Explanation {
  const port = portOf(director, packet);
  const entry = director.interfaces[port];
  const bytes = packetBytes(packet, madeUpMac(packet.source), entry?.mac ?? 0);
  if (packet.mark !== 0 && packet.protocol !== "icmp")
    director.marks.push(...makeMarks([markRule(packet)], director.addresses));
  const seconds = director.now / 1e6;
  const events = walkOf(director, bytes, port);
  const assumptions: string[] = [];
  for (
    let asked = questionOf(events);
    asked !== undefined && assumptions.length < MOST_QUESTIONS;
    asked = questionOf(events)
  ) {
    assumptions.push(`${formatIpv4(asked.target)} answers ARP: it is at ${macText(madeUpMac(asked.target))}`);
    answer(director, asked, events);
  }
  return explanationOf({ number: undefined, seconds, port: entry?.name ?? "", bytes }, events, assumptions);
}

function portOf(director: Director, { dev, source }: MadeUpPacket): number {
  if (dev === undefined) return Math.max(0, director.routes.lookup(source)?.ifindex ?? 0);
  const port = director.ifindexOf(dev);
  const names = director.interfaces.map(({ name }) => name).join(", ");
  if (port < 0) throw new PacketError(`"on ${dev}": expected one of the director's interfaces, ${names}`);
  return port;
}

const markRule = ({ protocol, destination, destinationPort, mark }: MadeUpPacket): MarkConfig => ({
  protocol: protocol === "udp" ? PROTOCOL_UDP : PROTOCOL_TCP,
  destination: prefixed(destination, 32),
  portFirst: destinationPort,
  portLast: destinationPort,
  mark,
});

function walkOf(director: Director, bytes: Uint8Array, port: number): WalkEvent[] {
  const events: WalkEvent[] = [];
  director.trace = { add: (event) => events.push(event) };
  // The caller's clock may have begun at any time; the director's own only goes on by being told so.
  director.receive(Frame.of(bytes), port, Number.NaN);
  director.trace = undefined;
  return events;
}

interface Question {
  readonly port: string;
  readonly target: number;
  readonly sender: number;
  readonly senderMac: number;
}

/** The last thing the director sent, if it is a question by ARP that it waits for. */
function questionOf(events: readonly WalkEvent[]): Question | undefined {
  const sent = events.findLast((event) => event.kind === "sent");
  const arp = sent?.kind === "sent" ? factsOf(sent.bytes)?.arp : undefined;
  if (sent?.kind !== "sent" || arp?.operation !== ARP_REQUEST) return undefined;
  return {
    port: sent.dev,
    target: firstWord(arp.targetIp),
    sender: firstWord(arp.senderIp),
    senderMac: arp.senderMac,
  };
}

/** The neighbor answers; what waited for it goes out, and the walk ends as it would have. */
function answer(director: Director, { port, target, sender, senderMac }: Question, events: WalkEvent[]): void {
  const mac = madeUpMac(target);
  const reply = arpFrame({
    operation: ARP_REPLY,
    senderMac: mac,
    senderIp: target,
    targetMac: senderMac,
    targetIp: sender,
    to: senderMac,
  });
  const released = walkOf(director, reply.contents(), director.ifindexOf(port)).filter(
    ({ kind }) => kind === "sent" || kind === "arp",
  );
  const end = events.findIndex((event) => event.kind === "verdict");
  const verdict = events[end];
  events.splice(end, 1);
  const parked = verdict?.kind === "verdict" && verdict.verdict === "parked";
  events.push(
    ...released,
    ...(parked
      ? [{ kind: "verdict", verdict: "sent", sentence: "", kernel: "" } as const]
      : verdict === undefined
        ? []
        : [verdict]),
  );
}
