/** What a request meant once it is over: how it ended, and how much of it the director saw. */
import type { Hop } from "../../simulator/network.ts";
import type { Topology } from "../../simulator/topologies.ts";
import type { WebEnd } from "../../simulator/web.ts";
import { formatAddress } from "../../wire/address.ts";
import { outcomeOf } from "../drawings/ladder.ts";
import { type FlowStep, follow } from "../flow.ts";
import { amount } from "../sentences/words.ts";

/** How many packets there were, and how many of them came to the director. A packet forwarded is one packet. */
export interface Seen {
  readonly packets: number;
  readonly byDirector: number;
}

/** Counts the packets of the hops, which are in order; ARP and neighbor discovery are none. */
export function seenByDirector({ director }: Topology, hops: readonly Hop[]): Seen {
  const seen = new Map<FlowStep, boolean>();
  for (const step of follow(hops)) {
    const transport = step.facts.ip?.transport;
    if (step.facts.ip === undefined || (transport?.kind === "icmp" && transport.discovery !== undefined)) continue;
    let first = step;
    while (first.before !== undefined) first = first.before;
    seen.set(first, seen.get(first) === true || step.hop.to.includes(director.name) || step.hop.from === director.name);
  }
  return { packets: seen.size, byDirector: [...seen.values()].filter(Boolean).length };
}

/** Two sentences: what the client has, and what the director saw. */
export function endingOf(topology: Topology, end: WebEnd, hops: readonly Hop[]): string {
  const { packets, byDirector } = seenByDirector(topology, hops);
  const outcome = withStop(outcomeOf(end));
  if (byDirector === 0) return `${outcome} The director saw 0 packets of this connection: nothing was balanced.`;
  const half = byDirector === packets ? "" : ": the replies went past it";
  return `${outcome} The director saw ${byDirector} of ${amount(packets, "packet")}${half}.`;
}

/** A quotation that ends with a full stop ends the sentence, too. */
const withStop = (text: string): string => (/\."?$/.test(text) ? text : `${text}.`);

/** What a viewer is asked before the first packet. */
export function firstQuestion({ virtualAddress, servers, faults, mode }: Topology): string {
  const address = formatAddress(virtualAddress);
  const which =
    servers.length === 1 ? "How does the request get to the server" : `Which of the ${servers.length} servers replies`;
  if (faults.length > 0) return `The client asks ${address} for a page. Something is wrong here: what will break?`;
  const route = mode === "nat" || mode === "fullnat" ? "who changes the addresses" : "where does the reply go";
  return `The client asks ${address} for a page. ${which}, and ${route}?`;
}
