/** Follows packets from hop to hop: which frame is the same packet as one before, and what changed in it on the way. */
import type { Hop } from "../simulator/network.ts";
import { type Address, AF_INET, sameAddress } from "../wire/address.ts";
import { type FrameFacts, factsOf } from "./decode/facts.ts";
import type { HeaderFacts, PacketFacts } from "./decode/packet-facts.ts";
import { isForMany } from "./receptions.ts";

/** One end of a packet: address, and port where there is one. */
export interface End {
  readonly address: Address;
  readonly port: number | undefined;
}

/** The client's packet, or the server's: the innermost IP header, and the ports. */
interface Inside {
  readonly source: End;
  readonly destination: End;
  readonly ttl: number;
}

/** What of a packet is not as it was one hop before. */
interface Changes {
  readonly source: boolean;
  readonly destination: boolean;
  /** There is an outer header now, and there was none. */
  readonly wrapped: boolean;
  /** Nothing but MAC addresses and perhaps the TTL. */
  readonly macOnly: boolean;
}

/** A hop with what is in its frame, and how it came to be. */
export interface FlowStep {
  readonly hop: Hop;
  readonly facts: FrameFacts;
  /** Of a packet: its ends. */
  readonly inside: Inside | undefined;
  /** Header of the tunnel, if there is one. */
  readonly outer: HeaderFacts | undefined;
  /** The same packet one hop before, as it came to who sent this one; `undefined` where the packet begins. */
  readonly before: FlowStep | undefined;
  readonly changes: Changes | undefined;
}

/** All hops in order, each with the one before of the same packet. Frames shorter than an Ethernet header are left out. */
export function follow(hops: readonly Hop[]): FlowStep[] {
  const steps: FlowStep[] = [];
  for (const hop of hops) {
    const facts = factsOf(hop.bytes);
    if (facts === undefined) continue;
    const inside = facts.ip === undefined ? undefined : insideOf(facts.ip);
    const outer = facts.ip !== undefined && facts.ip.headers.length > 1 ? facts.ip.headers[0] : undefined;
    // Nobody forwards what is for a group.
    const before =
      inside === undefined || isForMany(hop) ? undefined : steps.findLast((step) => isSamePacket(step, hop, facts));
    const changes = before && changesOf(before, inside, outer);
    steps.push({ hop, facts, inside, outer, before, changes });
  }
  return steps;
}

function insideOf({ headers, transport }: PacketFacts): Inside | undefined {
  const inner = headers.at(-1);
  if (inner === undefined) return undefined;
  const ports = transport === undefined || transport.kind === "icmp" ? undefined : transport;
  return {
    source: { address: inner.source, port: ports?.sourcePort },
    destination: { address: inner.destination, port: ports?.destinationPort },
    ttl: inner.ttl,
  };
}

/**
 * Forwarding keeps identification, fragment offset and kind of message; addresses, TTL and outer headers may change. IPv6 has no
 * identification: there the flow label and what TCP counts tell packets apart.
 */
function isSamePacket(step: FlowStep, hop: Hop, facts: FrameFacts): boolean {
  const before = step.facts.ip;
  const after = facts.ip;
  if (before === undefined || after === undefined || !step.hop.to.includes(hop.from)) return false;
  return essence(before) === essence(after);
}

function essence({ headers, transport }: PacketFacts): string {
  const inner = headers.at(-1);
  const kind =
    transport?.kind === "tcp"
      ? transport.flags
      : transport?.kind === "icmp"
        ? `${transport.type}.${transport.code}`
        : "";
  const counted = transport?.kind === "tcp" ? [transport.sequence, transport.acknowledgement, transport.payload] : [];
  const label = inner === undefined || inner.family === AF_INET ? [] : [inner.flowLabel, ...counted];
  return [inner?.identification, inner?.fragment, inner?.protocol, kind, ...label].join(" ");
}

const sameEnd = (a: End | undefined, b: End | undefined): boolean =>
  a === undefined || b === undefined ? a === b : sameAddress(a.address, b.address) && a.port === b.port;

function changesOf(before: FlowStep, inside: Inside | undefined, outer: HeaderFacts | undefined): Changes {
  const source = !sameEnd(before.inside?.source, inside?.source);
  const destination = !sameEnd(before.inside?.destination, inside?.destination);
  const wrapped = before.outer === undefined && outer !== undefined;
  const unwrapped = before.outer !== undefined && outer === undefined;
  return { source, destination, wrapped, macOnly: !source && !destination && !wrapped && !unwrapped };
}
