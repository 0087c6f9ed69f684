/** A made-up packet on a director: what would become of it. The director is one rebuilt for the purpose: nobody else sees it. */

import type { MarkConfig } from "../host/config.ts";
import type { Director } from "../host/director.ts";
import { heard } from "../host/listening.ts";
import { makeMarks } from "../host/marks.ts";
import { madeUpMac } from "../packet/made-up-mac.ts";
import { type MadeUpPacket, PacketError } from "../packet/made-up-packet.ts";
import { packetBytes } from "../packet/packet-bytes.ts";
import type { WalkEvent } from "../trace/events.ts";
import { type Address, formatAddress, longestPrefix } from "../wire/address.ts";
import { ARP_REPLY, ARP_REQUEST, arpFrame } from "../wire/arp.ts";
import { ETHERNET_TYPE, ETHERTYPE_IPV6, macText } from "../wire/ethernet.ts";
import { Frame } from "../wire/frame.ts";
import { NEIGHBOR_ADVERTISEMENT } from "../wire/icmpv6.ts";
import { PROTOCOL_TCP, PROTOCOL_UDP } from "../wire/ipv4.ts";
import { discoveryFrame, OVERRIDE, SOLICITED } from "../wire/neighbor-discovery.ts";
import { type Explanation, explanationOf } from "./explanation.ts";
import { factsOf } from "./facts.ts";

/** Neighbors that answer because they are asked: no more than this, should each answer raise a further question. */
const MOST_QUESTIONS = 8;

/**
 * Sends the packet into the director at its present time. Neighbors that the director asks for are taken to
 * answer; a rule that marks the packet is added if it is to have a mark. Throws PacketError if it is to arrive on an
 * interface that is not there.
 */
export function whatIf(director: Director, packet: MadeUpPacket): Explanation {
  const port = portOf(director, packet);
  const entry = director.interfaces[port];
  const bytes = packetBytes(packet, madeUpMac(packet.source), entry?.mac ?? 0);
  if (packet.mark !== 0 && (packet.protocol === "tcp" || packet.protocol === "udp"))
    director.marks.push(...makeMarks([markRule(packet)], director.addresses));
  const seconds = director.now / 1e6;
  const events = walkOf(director, bytes, port);
  const assumptions: string[] = [];
  for (
    let asked = questionOf(events);
    asked !== undefined && assumptions.length < MOST_QUESTIONS;
    asked = questionOf(events)
  ) {
    const how = asked.by === "ARP" ? "answers ARP" : "advertises itself";
    assumptions.push(`${formatAddress(asked.target)} ${how}: it is at ${macText(madeUpMac(asked.target))}`);
    answer(director, asked, events);
  }
  return explanationOf({ number: undefined, seconds, port: entry?.name ?? "", bytes }, events, assumptions);
}

function portOf(director: Director, { dev, source }: MadeUpPacket): number {
  if (dev === undefined) return Math.max(0, director.routes.lookup(director.addresses.of(source))?.ifindex ?? 0);
  const port = director.ifindexOf(dev);
  const names = director.interfaces.map(({ name }) => name).join(", ");
  if (port < 0) throw new PacketError(`"on ${dev}": expected one of the director's interfaces, ${names}`);
  return port;
}

const markRule = ({ protocol, destination, destinationPort, mark }: MadeUpPacket): MarkConfig => ({
  protocol: protocol === "udp" ? PROTOCOL_UDP : PROTOCOL_TCP,
  destination: { address: destination, prefix: longestPrefix(destination.family) },
  portFirst: destinationPort,
  portLast: destinationPort,
  mark,
});

// The caller's clock may have begun at any time; the director's own only goes on by being told so.
const walkOf = (director: Director, bytes: Uint8Array, port: number): WalkEvent[] => [
  ...heard(director, () => director.receive(Frame.of(bytes), port, Number.NaN)).events,
];

interface Question {
  readonly by: "ARP" | "neighbor discovery";
  readonly port: string;
  readonly target: Address;
  readonly sender: Address;
  readonly senderMac: number;
}

/** The last thing the director sent, if it is a question for a neighbor that it waits for. */
function questionOf(events: readonly WalkEvent[]): Question | undefined {
  const sent = events.findLast((event) => event.kind === "sent");
  const facts = sent?.kind === "sent" ? factsOf(sent.bytes) : undefined;
  if (sent?.kind !== "sent" || facts === undefined) return undefined;
  const { arp, ip, sourceMac: senderMac } = facts;
  const port = sent.dev;
  if (arp?.operation === ARP_REQUEST) return { by: "ARP", port, target: arp.targetIp, sender: arp.senderIp, senderMac };
  const { headers = [], transport } = ip ?? {};
  const discovery = transport?.kind === "icmp" ? transport.discovery : undefined;
  const sender = headers[0]?.source;
  if (sender === undefined || discovery?.asks !== true) return undefined;
  return { by: "neighbor discovery", port, target: discovery.target, sender, senderMac };
}

/** What the neighbor answers. */
function answerFrame({ addresses }: Director, { by, target, sender, senderMac }: Question): Frame {
  const mac = madeUpMac(target);
  const [own, asker] = [addresses.of(target), addresses.of(sender)];
  if (by === "ARP")
    return arpFrame({
      operation: ARP_REPLY,
      senderMac: mac,
      senderIp: own,
      targetMac: senderMac,
      targetIp: asker,
      to: senderMac,
    });
  const ends = { source: own, destination: asker, target: own, from: mac, to: senderMac };
  const flags = SOLICITED | OVERRIDE;
  const frame = discoveryFrame({ type: NEIGHBOR_ADVERTISEMENT, flags, ...ends, tellsMac: true }, addresses);
  frame.view.setUint16(frame.start + ETHERNET_TYPE, ETHERTYPE_IPV6);
  return frame;
}

/** The neighbor answers; what waited for it goes out, and the walk ends as it would have. */
function answer(director: Director, question: Question, events: WalkEvent[]): void {
  const reply = answerFrame(director, question);
  const released = walkOf(director, reply.contents(), director.ifindexOf(question.port)).filter(
    ({ kind }) => kind === "sent" || kind === "arp",
  );
  const end = events.findIndex((event) => event.kind === "verdict");
  const verdict = events[end];
  events.splice(end, 1);
  const parked = verdict?.kind === "verdict" && verdict.verdict === "parked";
  events.push(
    ...released,
    ...(parked ? [{ kind: "verdict", verdict: "sent", kernel: "" } as const] : verdict === undefined ? [] : [verdict]),
  );
}
