/** Each step of a packet's walk as a sentence for people: one table. A kind of event without its sentence does not compile. */
import { amount } from "../../amount.ts";
import type { WalkEvent, WalkKind } from "../../trace/events.ts";
import type { DropName, VerdictName } from "../../trace/verdict.ts";
import { AF_INET, formatAddress } from "../../wire/address.ts";
import { BROADCAST, ETHERNET_HEADER, macText } from "../../wire/ethernet.ts";
import { decode } from "../decode/decode.ts";
import { factsOf } from "../decode/facts.ts";
import { syncSentence } from "../decode/sync-message.ts";
import { vrrpRefusedSentence, vrrpSentence } from "../decode/vrrp.ts";
import { summary } from "../summary.ts";
import { causeWords } from "./causes/causes.ts";
import { DROP_SENTENCES, isDropName } from "./drops.ts";
import {
  arpSentence,
  discoverySentence,
  heldSentence,
  icmpAbout,
  icmpOf,
  mtuSentence,
  neighborSentence,
  rewrittenSentence,
  routedSentence,
} from "./host.ts";
import {
  engineSentence,
  helperSentence,
  knownConnectionSentence,
  localPortSentence,
  methodSentence,
  notSchedulableSentence,
  reuseSentence,
  scheduledSentence,
  serviceSentence,
  stateSentence,
  syncRecordSentence,
  templateSentence,
} from "./ipvs.ts";
import { REFUSALS } from "./sync-refusals.ts";
import { endsWords, listed } from "./words.ts";

export { scheduledHead } from "./ipvs.ts";
export { verdictSentence } from "./verdict.ts";

/** How a walk ends that is no drop. */
const ENDS: Readonly<Record<Exclude<VerdictName, DropName>, string>> = {
  sent: "The end: sent.",
  delivered: "The end: delivered to the director itself.",
  parked: "The end for now: the packet waits for the next hop's MAC address.",
  held: "The end for now: the fragment waits for the other fragments.",
  accepted: "The end: left to the host's own stack.",
};

const SENTENCES: { readonly [Kind in WalkKind]: (event: WalkEvent<Kind>) => string } = {
  received: ({ dev, bytes }) => `A frame arrives on ${dev}: ${summary(bytes)}.${syncSentence(decode(bytes))}`,
  arp: arpSentence,
  discovery: discoverySentence,
  neighbor: neighborSentence,
  marked: ({ mark }) => `A rule in PREROUTING gives it the firewall mark ${mark}.`,
  held: heldSentence,
  reassembled: ({ fragments, length }) =>
    `The datagram is complete: ${amount(fragments, "fragment")}, reassembled into ${amount(length, "byte")}.`,
  routed: routedSentence,
  service: serviceSentence,
  "no-service": () => "No virtual service matches its protocol, address and port: IPVS ignores it.",
  connection: knownConnectionSentence,
  "not-schedulable": notSchedulableSentence,
  reuse: reuseSentence,
  template: templateSentence,
  scheduled: scheduledSentence,
  created: ({ connection }) => `A new connection is created: ${endsWords(connection)}.`,
  engine: engineSentence,
  untracked: () =>
    "Connection tracking does not see it as part of the connection: its sequence numbers and payload stay as they are.",
  helper: helperSentence,
  "sync-record": syncRecordSentence,
  "sync-refused": ({ why }) => `The backup refuses the message: ${REFUSALS[why]}.`,
  vrrp: vrrpSentence,
  "vrrp-refused": vrrpRefusedSentence,
  "local-port": localPortSentence,
  state: stateSentence,
  method: methodSentence,
  ttl: ({ family, before, after }) =>
    `The ${family === AF_INET ? "TTL" : "hop limit"} drops from ${before} to ${after}.`,
  mtu: mtuSentence,
  rewritten: rewrittenSentence,
  host: () => "The packet is for the director itself: no program listens on that port, so it sends a reset.",
  icmp: (event) =>
    `The director sends ${icmpOf(event.to)} to ${formatAddress(event.to)}: ${icmpAbout(event)} (type ${event.type}, code ${event.code}).`,
  fragmented: ({ pieces }) =>
    `It leaves as ${amount(pieces.length, "fragment")} with ${listed(pieces.map(String))} bytes of payload.`,
  sent: ({ dev, bytes }) =>
    `It leaves by ${dev} to ${receiver(bytes)}: ${summary(bytes)}.${syncSentence(decode(bytes))}`,
  expired: ({ connection }) => `A connection expired in the state ${connection.state}: ${endsWords(connection)}.`,
  cause: ({ cause }) => causeWords(cause),
  verdict: ({ verdict, kernel }) =>
    isDropName(verdict)
      ? `The end: dropped (${verdict}). ${DROP_SENTENCES[verdict]} In the kernel: ${kernel}.`
      : ENDS[verdict],
};

/** To whose MAC address a frame goes. */
function receiver(bytes: Uint8Array): string {
  const mac = bytes.length < ETHERNET_HEADER ? 0 : factsOf(bytes)?.destinationMac;
  return mac === undefined || mac === 0 || mac === BROADCAST ? "all hosts" : macText(mac);
}

/** One sentence, or a few short ones, about an event: what matched, who was picked and why, what was before and what is after. */
export const sentence = <Kind extends WalkKind>(event: WalkEvent<Kind>): string => SENTENCES[event.kind](event);
