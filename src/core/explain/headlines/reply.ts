/** A real server's reply: back through the director, straight to the client from the virtual address, or wrong. */
import type { Topology } from "../../simulator/topologies.ts";
import type { WalkEvent } from "../../trace/events.ts";
import { type Address, formatAddress, sameAddress } from "../../wire/address.ts";
import { ACK, FIN, RST, SYN } from "../../wire/tcp.ts";
import { type FrameFacts, factsOf } from "../decode/facts.ts";
import { hasAddress, hostWithMac } from "./host-words.ts";
import type { Statement } from "./statement.ts";

/** A packet that a host sent while it dealt with a frame. */
export interface Response {
  readonly facts: FrameFacts;
  readonly bytes: Uint8Array;
  readonly source: Address;
  readonly destination: Address;
}

/** The packets among what was sent, without neighbor discovery. */
export function responsesOf(events: readonly WalkEvent[]): Response[] {
  return events.flatMap((event) => {
    const facts = event.kind === "sent" ? factsOf(event.bytes) : undefined;
    const header = facts?.ip?.headers.at(-1);
    if (event.kind !== "sent" || facts === undefined || header === undefined) return [];
    const transport = facts.ip?.transport;
    if (transport?.kind === "icmp" && transport.discovery !== undefined) return [];
    return [{ facts, bytes: event.bytes, source: header.source, destination: header.destination }];
  });
}

/** TCP's flags; 0 for all else. */
export const flagsOf = ({ ip }: FrameFacts): number => (ip?.transport?.kind === "tcp" ? (ip.transport.flags ?? 0) : 0);

/** The statement about a reply of the server of this name. */
export function replyStatement(topology: Topology, server: string, reply: Response): Statement {
  const { directors, virtualAddress, routers } = topology;
  const { facts, source, destination } = reply;
  if ((flagsOf(facts) & RST) !== 0) {
    return { text: `${server} refuses the connection: nothing listens on port ${topology.port}.`, breaks: true };
  }
  const replies = `${server} replies${replyWords(facts)}`;
  const next = hostWithMac(topology, facts.destinationMac);
  if (directors.some((director) => hasAddress(director, destination))) {
    return { text: `${replies} to ${formatAddress(destination)}, an address of the director.`, breaks: false };
  }
  if (directors.some((director) => director === next))
    return { text: `${replies} through the director, its gateway.`, breaks: false };
  if (!sameAddress(source, virtualAddress)) {
    const text = `${server} replies past the director, from its own address ${formatAddress(source)}. Nobody rewrites it.`;
    return { text, breaks: true };
  }
  const route = routers.some((router) => router === next)
    ? "through the router to the client"
    : "straight to the client";
  return { text: `${replies} ${route}. The director never sees it.`, breaks: false };
}

function replyWords(facts: FrameFacts): string {
  const flags = flagsOf(facts);
  const transport = facts.ip?.transport;
  if (transport?.kind === "tcp" && transport.payload > 0) return " with its page";
  if ((flags & (SYN | ACK)) === (SYN | ACK)) return "";
  return (flags & FIN) === 0 ? "" : " with a FIN";
}
