/** Which packets somebody wants explained: words such as `tcp port 80 and host 10.1.0.2`, all of which must hold. */
import { type FrameFacts, factsOf } from "../../core/explain/decode/facts.ts";
import { isDrop, verdictName } from "../../core/trace/verdict.ts";
import { type Address, parseAddress, sameAddress } from "../../core/wire/address.ts";
import { PROTOCOL_ICMP, PROTOCOL_TCP, PROTOCOL_UDP } from "../../core/wire/ipv4.ts";
import { PROTOCOL_ICMPV6 } from "../../core/wire/ipv6.ts";

/** A packet whose walk is over. */
export interface WalkedPacket {
  readonly port: string;
  readonly verdict: number;
  readonly bytes: Uint8Array;
}

export type TraceFilter = (packet: WalkedPacket) => boolean;

type Term = (packet: WalkedPacket, facts: FrameFacts | undefined) => boolean;

const PROTOCOLS: Readonly<Record<string, number>> = {
  tcp: PROTOCOL_TCP,
  udp: PROTOCOL_UDP,
  icmp: PROTOCOL_ICMP,
  icmp6: PROTOCOL_ICMPV6,
};

/** What the words mean, for the help text and for messages. */
export const FILTER_WORDS =
  "tcp, udp, icmp, icmp6, arp, host ADDRESS, port NUMBER, dev INTERFACE, dropped, verdict NAME; joined by blanks or 'and'";

/** The filter, or the word that is none. No words let every packet pass. */
export function parseTraceFilter(text: string): TraceFilter | { readonly problem: string } {
  const words = text.split(/[\s,]+/).filter((word) => word !== "" && word !== "and");
  const terms: Term[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? "";
    const simple = simpleTerm(word);
    const term = simple ?? valueTerm(word, words[++index] ?? "");
    if (term === undefined) return { problem: `${word}: expected ${FILTER_WORDS}` };
    terms.push(term);
  }
  return (packet) => {
    const facts = factsOf(packet.bytes);
    return terms.every((term) => term(packet, facts));
  };
}

function simpleTerm(word: string): Term | undefined {
  const protocol = Object.hasOwn(PROTOCOLS, word) ? PROTOCOLS[word] : undefined;
  if (protocol !== undefined) return (_, facts) => facts?.ip?.headers.at(-1)?.protocol === protocol;
  if (word === "arp") return (_, facts) => facts?.arp !== undefined;
  if (word === "dropped") return ({ verdict }) => isDrop(verdict);
  return undefined;
}

function valueTerm(word: string, value: string): Term | undefined {
  switch (word) {
    case "host": {
      const address = parseAddress(value);
      return address === undefined ? undefined : (_, facts) => hasHost(facts, address);
    }
    case "port": {
      const port = /^\d{1,5}$/.test(value) ? Number(value) : undefined;
      return port === undefined ? undefined : (_, facts) => hasPort(facts, port);
    }
    case "dev":
      return value === "" ? undefined : ({ port }) => port === value;
    case "verdict":
      return value === "" ? undefined : ({ verdict }) => verdictName(verdict) === value;
    default:
      return undefined;
  }
}

function hasHost(facts: FrameFacts | undefined, address: Address): boolean {
  const { ip, arp } = facts ?? {};
  const ends = ip?.headers.flatMap(({ source, destination }) => [source, destination]) ?? [];
  const told = arp === undefined ? [] : [arp.senderIp, arp.targetIp];
  return [...ends, ...told].some((end) => sameAddress(end, address));
}

function hasPort(facts: FrameFacts | undefined, port: number): boolean {
  const transport = facts?.ip?.transport;
  if (transport === undefined || transport.kind === "icmp") return false;
  return transport.sourcePort === port || transport.destinationPort === port;
}
