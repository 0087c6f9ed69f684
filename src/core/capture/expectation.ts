/**
 * What is to come of an event, in words, for people who write a case by hand:
 *
 *   sent [DEV] [to A[:P]] [from A[:P]] [via A] [mac M] [ttl N] [PROTOCOL] [FLAGS] [MESSAGE] [N times]    such a frame; so many of them
 *   sent nothing
 *   dropped [REASON]           a name of trace/verdict.ts, such as no-destination
 *   delivered | parked | held
 *   picks A[:P] | picks nobody a new connection's real server
 *   known [A[:P]] | new        a packet of a known connection, to this real server; or the first of one
 *   prints "TEXT" | prints nothing                 a command: one of its lines has this text
 *   fails ["TEXT"] | code N    a command: its exit code is not 0, and what it says has this text
 *
 * `to` and `from` are of any header of the frame: a tunnel's or the packet's inside. `via` is the next hop, by its MAC address.
 */

import { type MadeUpProtocol, PROTOCOLS_IN_WORDS } from "../packet/made-up-packet.ts";
import { flagsOf, ICMP_MESSAGES, ICMPV6_MESSAGES } from "../packet/packet-words.ts";
import { splitWords, textOf } from "../packet/words.ts";
import { DROP_REASONS } from "../trace/verdict.ts";
import { type Address, parseAddress, parseMac } from "../wire/address.ts";
import { macNumber } from "../wire/ethernet.ts";

/** An address, and a port if that matters. */
export interface Endpoint {
  readonly address: Address;
  readonly port: number | undefined;
}

/** What a sent frame has to be; what is absent does not matter. */
export interface SentWish {
  readonly dev?: string;
  readonly to?: Endpoint;
  readonly from?: Endpoint;
  readonly via?: Address;
  readonly mac?: number;
  readonly ttl?: number;
  readonly protocol?: MadeUpProtocol;
  readonly flags?: number;
  /** A name of an ICMP or ICMPv6 message. */
  readonly message?: string;
  /** Exactly so many; at least one if absent. */
  readonly times?: number;
}

export type Wish =
  | { readonly kind: "sent"; readonly frame: SentWish }
  | { readonly kind: "sent-nothing" }
  /** Dropped for the reason, or ended so; a drop for any reason if there is none. */
  | { readonly kind: "ended"; readonly verdict: "delivered" | "parked" | "held" }
  | { readonly kind: "dropped"; readonly reason: string | undefined }
  /** `undefined` is nobody. */
  | { readonly kind: "picks"; readonly destination: Endpoint | undefined }
  | { readonly kind: "known"; readonly destination: Endpoint | undefined }
  | { readonly kind: "new" }
  /** `` is nothing. */
  | { readonly kind: "prints"; readonly text: string }
  | { readonly kind: "fails"; readonly text: string }
  | { readonly kind: "code"; readonly code: number };

export interface Expectation {
  /** The words. */
  readonly text: string;
  readonly wish: Wish;
}

/** What was expected of words that are none. */
export interface ExpectationFault {
  readonly expected: string;
}

const KINDS =
  'sent, dropped, delivered, parked, held, picks, known, new, prints, fails or code, such as "sent eth1 to 10.2.0.2:80"';

/** Reads one expectation; `devices` are the director's interfaces. */
export function parseExpectation(text: string, devices: ReadonlySet<string>): Expectation | ExpectationFault {
  const words = splitWords(text);
  const wish = readWish(words, devices);
  return "expected" in wish ? wish : { text: text.trim(), wish };
}

function readWish([kind, ...rest]: readonly string[], devices: ReadonlySet<string>): Wish | ExpectationFault {
  const [first, second] = rest;
  const alone = (wish: Wish): Wish | ExpectationFault =>
    first === undefined ? wish : { expected: `nothing behind "${kind}"` };
  switch (kind) {
    case "sent":
      return first === "nothing" ? { kind: "sent-nothing" } : readSent(rest, devices);
    case "delivered":
    case "parked":
    case "held":
      return alone({ kind: "ended", verdict: kind });
    case "dropped":
      if (first !== undefined && !REASONS.has(first)) return { expected: `a reason such as ${likeReason(first)}` };
      return second === undefined ? { kind, reason: first } : { expected: `nothing behind "${first}"` };
    case "picks":
    case "known": {
      if (kind === "picks" ? first === "nobody" : first === undefined) return { kind, destination: undefined };
      const destination = parseEndpoint(first ?? "");
      return destination === undefined
        ? { expected: `a real server such as 10.2.0.2 or 10.2.0.2:80 behind "${kind}"` }
        : { kind, destination };
    }
    case "new":
      return alone({ kind });
    case "prints":
    case "fails": {
      if (kind === "prints" ? first === "nothing" : first === undefined) return { kind, text: "" };
      const text = textOf(first ?? "");
      return text === undefined ? { expected: `a text in quotes behind "${kind}"` } : { kind, text };
    }
    case "code":
      return /^\d{1,3}$/.test(first ?? "") ? { kind, code: Number(first) } : { expected: 'an exit code behind "code"' };
    default:
      return { expected: KINDS };
  }
}

const REASONS: ReadonlySet<string> = new Set(DROP_REASONS.map(({ name }) => name));

/** Reasons that share a word with the one that there is not; all of them if none does. */
function likeReason(word: string): string {
  const parts = word
    .split("-")
    .filter((part) => part.length > 2)
    .map((part) => part.slice(0, 5));
  const like = [...REASONS].filter((name) => parts.some((part) => name.includes(part)));
  return (like.length > 0 ? like : [...REASONS]).join(", ");
}

function readSent(words: readonly string[], devices: ReadonlySet<string>): Wish | ExpectationFault {
  const frame: { -readonly [key in keyof SentWish]: SentWish[key] } = {};
  const left = [...words];
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    const fault = readCondition(frame, word, left, devices);
    if (fault !== undefined) return { expected: fault };
  }
  return { kind: "sent", frame };
}

/** One condition, `word` and those of `left` that belong to it; what was expected if it is none. */
function readCondition(
  frame: { -readonly [key in keyof SentWish]: SentWish[key] },
  word: string,
  left: string[],
  devices: ReadonlySet<string>,
): string | undefined {
  const next = (): string => left.shift() ?? "";
  const protocol = PROTOCOLS_IN_WORDS.find((name) => name === word);
  const number = (text: string): number | undefined => (/^\d{1,6}$/.test(text) ? Number(text) : undefined);
  /** Sets the field; what was expected if there is nothing to set. */
  const set = <Key extends keyof SentWish>(key: Key, value: SentWish[Key], what: string): string | undefined => {
    frame[key] = value;
    return value === undefined ? `${what} behind "${word}"` : undefined;
  };
  if (word === "to" || word === "from")
    return set(word, parseEndpoint(next()), "an address such as 10.2.0.2 or 10.2.0.2:80");
  if (word === "via") return set("via", parseAddress(next()), "the address of the next hop");
  if (word === "mac") return set("mac", macOf(next()), "a MAC address such as 02:00:00:00:01:64");
  if (word === "ttl") return set("ttl", number(next()), "a TTL");
  if (protocol !== undefined) return set("protocol", protocol, "");
  if (number(word) !== undefined) return next() === "times" ? set("times", number(word), "") : `times behind "${word}"`;
  if (devices.has(word)) return set("dev", word, "");
  if (Object.hasOwn(ICMP_MESSAGES, word) || Object.hasOwn(ICMPV6_MESSAGES, word)) return set("message", word, "");
  if (flagsOf(word) !== undefined) return set("flags", flagsOf(word), "");
  return `an interface (${[...devices].join(", ")}), to, from, via, mac, ttl, a protocol, flags, an ICMP message or "N times", not "${word}"`;
}

const macOf = (text: string): number | undefined => {
  const mac = parseMac(text);
  return mac === undefined ? undefined : macNumber(mac);
};

/** `10.2.0.2`, `10.2.0.2:80`, `fd00::2`, `[fd00::2]:80`. */
export function parseEndpoint(text: string): Endpoint | undefined {
  const alone = parseAddress(text);
  if (alone !== undefined) return { address: alone, port: undefined };
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? [];
  const address = parseAddress(bracketed ?? plain ?? "");
  if (address === undefined || Number(port) > 0xffff) return undefined;
  return { address, port: Number(port) };
}
