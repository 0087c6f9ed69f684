/** What a request meant once it is over: how it ended, and how much of it the director saw. */

import { amount } from "../../amount.ts";
import type { Host } from "../../simulator/host.ts";
import type { Hop } from "../../simulator/network.ts";
import type { Topology } from "../../simulator/topologies.ts";
import type { WebEnd } from "../../simulator/web.ts";
import { formatAddress } from "../../wire/address.ts";
import { directorTalkIn } from "../decode/between-directors.ts";
import { outcomeOf } from "../drawings/ladder.ts";
import { type FlowStep, follow } from "../flow.ts";

/** How many packets there were, and how many of them came to the director. A packet forwarded is one packet. */
export interface Seen {
  readonly packets: number;
  readonly byDirector: number;
}

/** Counts the packets of the hops, which are in order; ARP and neighbor discovery are none. */
export function seenByDirector({ directors }: Topology, hops: readonly Hop[]): Seen {
  const seen = new Map<FlowStep, boolean>();
  for (const step of follow(hops)) {
    const transport = step.facts.ip?.transport;
    if (step.facts.ip === undefined || (transport?.kind === "icmp" && transport.discovery !== undefined)) continue;
    if (directorTalkIn(step.facts, step.hop.bytes) !== undefined) continue;
    let first = step;
    while (first.before !== undefined) first = first.before;
    const { from, receptions } = step.hop;
    const sees = ({ name }: Host): boolean =>
      from === name || receptions.some(({ host, verdict }) => host === name && verdict !== "host-down");
    seen.set(first, seen.get(first) === true || directors.some(sees));
  }
  return { packets: seen.size, byDirector: [...seen.values()].filter(Boolean).length };
}

/** Two sentences: what the client has, and what the director saw. */
export function endingOf(topology: Topology, end: WebEnd, hops: readonly Hop[]): string {
  const { packets, byDirector } = seenByDirector(topology, hops);
  const outcome = withStop(outcomeOf(end));
  const takeover = takeoverWords(topology, end, hops);
  if (takeover !== "") return `${outcome} ${takeover}`;
  if (byDirector === 0) return `${outcome} The director saw 0 packets of this connection: nothing was balanced.`;
  const half = byDirector === packets ? "" : ": the replies went past it";
  return `${outcome} The director saw ${byDirector} of ${amount(packets, "packet")}${half}.`;
}

/** Of a request under which a director died; empty if none did. */
function takeoverWords({ network, directors }: Topology, end: WebEnd, hops: readonly Hop[]): string {
  const [first, last] = [hops[0]?.time ?? 0, hops.at(-1)?.time ?? 0];
  const died = network.happenings.find(({ what, time }) => what === "died" && time >= first && time < last);
  if (died === undefined || directors.length === 1) return "";
  const took = network.happenings.find(
    (happening) => happening.what === "moved" && happening.state === "master" && happening.time > died.time,
  );
  if (took === undefined) return `${died.host} died, and nobody took over.`;
  const takeover = `${died.host} died, and ${took.host} took over ${((took.time - died.time) / 1e6).toFixed(1)} s later`;
  if (end.kind === "answered") return `${takeover}: the connection went on.`;
  return `${takeover}, but ${end.kind === "reset" ? "did not know the connection" : "the client was gone"}.`;
}

/** A quotation that ends with a full stop ends the sentence, too. */
const withStop = (text: string): string => (/\."?$/.test(text) ? text : `${text}.`);

/** What a viewer is asked before the first packet. */
export function firstQuestion({ virtualAddress, servers, faults, mode, directors }: Topology): string {
  const address = formatAddress(virtualAddress);
  if (directors.length > 1)
    return `Two directors, of which one has ${address}. What becomes of a client's connection when it dies?`;
  const which =
    servers.length === 1 ? "How does the request get to the server" : `Which of the ${servers.length} servers replies`;
  if (faults.length > 0) return `The client asks ${address} for a page. Something is wrong here: what will break?`;
  const route = mode === "nat" || mode === "fullnat" ? "who changes the addresses" : "where does the reply go";
  return `The client asks ${address} for a page. ${which}, and ${route}?`;
}
