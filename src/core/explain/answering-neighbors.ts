/** Neighbors that answer whatever director asks for them: where nobody else is there to do it. */
import type { Director } from "../host/director.ts";
import { heard } from "../host/listening.ts";
import { madeUpMac } from "../packet/made-up-mac.ts";
import type { WalkEvent } from "../trace/events.ts";
import { type Address, formatAddress } from "../wire/address.ts";
import { ARP_REPLY, ARP_REQUEST, arpFrame } from "../wire/arp.ts";
import { ETHERNET_TYPE, ETHERTYPE_IPV6, macText } from "../wire/ethernet.ts";
import { Frame } from "../wire/frame.ts";
import { NEIGHBOR_ADVERTISEMENT } from "../wire/icmpv6.ts";
import { discoveryFrame, OVERRIDE, SOLICITED } from "../wire/neighbor-discovery.ts";
import { factsOf } from "./decode/facts.ts";

/** Neighbors that answer because they are asked: no more than this, should each answer raise a further question. */
const MOST_QUESTIONS = 8;

/**
 * Answers what the director asked in its last walk, as long as it asks. What waited goes out, and the walk ends as it would have:
 * `events` grow by that. What each neighbor said, in words.
 */
export function letNeighborsAnswer(director: Director, events: WalkEvent[]): string[] {
  const said: string[] = [];
  for (
    let asked = questionOf(events);
    asked !== undefined && said.length < MOST_QUESTIONS;
    asked = questionOf(events)
  ) {
    const how = asked.by === "ARP" ? "answers ARP" : "advertises itself";
    said.push(`${formatAddress(asked.target)} ${how}: it is at ${macText(madeUpMac(asked.target))}`);
    answer(director, asked, events);
  }
  return said;
}

/** The walk of a frame at the director's present time: the caller's clock may have begun at any time, and the director's own only goes on by being told so. */
export const walkOf = (director: Director, bytes: Uint8Array, port: number): WalkEvent[] => [
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
  const [verdict] = end < 0 ? [] : events.splice(end, 1);
  const parked = verdict?.kind === "verdict" && verdict.verdict === "parked";
  events.push(
    ...released,
    ...(parked ? [{ kind: "verdict", verdict: "sent", kernel: "" } as const] : verdict === undefined ? [] : [verdict]),
  );
}
