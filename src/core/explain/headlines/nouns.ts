/** What a frame is called in a sentence, behind "the": `SYN`, `request`, `datagram`, `fragment`, `ICMP error`. */
import { AF_INET } from "../../wire/address.ts";
import { isIcmpError } from "../../wire/icmp.ts";
import { isIcmpv6Error } from "../../wire/icmpv6.ts";
import { FRAGMENT_OFFSET, MORE_FRAGMENTS } from "../../wire/ipv4.ts";
import type { FrameFacts } from "../decode/facts.ts";
import type { IcmpFacts } from "../decode/packet-facts.ts";
import { labelOf } from "../message.ts";

export function nounOf(facts: FrameFacts, bytes: Uint8Array): string {
  const inner = facts.ip?.headers.at(-1);
  const transport = facts.ip?.transport;
  const pieces = facts.ip?.headers.some(({ fragment }) => (fragment & (FRAGMENT_OFFSET | MORE_FRAGMENTS)) !== 0);
  if (inner !== undefined && pieces === true) return "fragment";
  if (errorIn(facts) !== undefined) return "ICMP error";
  if (transport?.kind === "udp") return "datagram";
  const label = labelOf(facts, bytes);
  if (transport?.kind !== "tcp" || transport.payload === 0) return label;
  return label.startsWith("GET ") ? "request" : /^\d{3} /.test(label) ? "page" : "data";
}

/** The ICMP error in a frame. */
export function errorIn({ ip }: FrameFacts): IcmpFacts | undefined {
  const message = ip?.transport;
  if (message?.kind !== "icmp") return undefined;
  const isError = message.family === AF_INET ? isIcmpError(message.type) : isIcmpv6Error(message.type);
  return isError ? message : undefined;
}
