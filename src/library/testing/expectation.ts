/** What became of a packet, as a test says what it expects: `expectSent(r).on("eth1").to("10.2.0.2:80").checksumsRight()`. */
import { UsageError } from "../errors.ts";
import type { Received, SentFrame, Verdict } from "../walk.ts";
import { got } from "../wrong-use.ts";
import { AssertionError, same } from "./assertion.ts";
import { type Check, expectFrame, onPort, toMac } from "./checks.ts";

/** A frame that was sent, and what is expected of it. Each method throws an AssertionError, or returns the same expectation. */
export interface SentExpectation {
  /** The frame itself. */
  readonly frame: SentFrame;
  /** The name of the interface that it left by. */
  on(port: string): SentExpectation;
  /** Where it goes: `10.2.0.2:80`, `[2001:db8::2]:80`, or an address alone. */
  to(end: string): SentExpectation;
  /** Where it comes from, in the same form. */
  from(end: string): SentExpectation;
  /** The next hop, by its MAC address. */
  nextHop(mac: string): SentExpectation;
  /** Lengths, header checksum and transport checksum are right. */
  checksumsRight(): SentExpectation;
  /** Further checks: `.with(ttl(63), flags("S"))`. */
  with(...checks: readonly Check[]): SentExpectation;
}

/** What a test is told of: `Director.receive` and `Director.advance` return more. */
export type Told = Pick<Received, "sent"> & Partial<Pick<Received, "verdict" | "explain">>;

/** The frame that was sent: the only one, or one of several by its number from 1. */
export function expectSent(received: Told, number?: number): SentExpectation {
  if (!Array.isArray(received?.sent))
    throw new UsageError(`expected what receive or advance of a director returned, got ${got(received)}`);
  const { sent } = received;
  const frame = sent[(number ?? 1) - 1];
  if (frame === undefined || (number === undefined && sent.length > 1)) {
    const wanted = number === undefined ? "one frame" : `a frame ${number}`;
    const there = sent.map(({ port, text }) => `${port} ${text}`).join("; ") || "none";
    throw new AssertionError(`expected ${wanted} to be sent, got ${there}${why(received)}`);
  }
  const checked = (...checks: readonly Check[]): SentExpectation => {
    for (const check of checks) {
      if (typeof check !== "function") throw new UsageError(`expected a check such as ttl(63), got ${got(check)}`);
      check(frame);
    }
    return expectation;
  };
  const expectation: SentExpectation = {
    frame,
    on: (port) => checked(onPort(port)),
    to: (end) => checked(atEnd("destination", 1, end)),
    from: (end) => checked(atEnd("source", 0, end)),
    nextHop: (mac) => checked(toMac(mac)),
    checksumsRight: () => checked((one) => expectFrame(one)),
    with: (...checks) => checked(...checks),
  };
  return expectation;
}

/** An end with its port, or the address alone. */
const atEnd =
  (name: "source" | "destination", index: number, end: string): Check =>
  ({ fields }) => {
    const whole = fields.ends.split(" > ")[index] ?? "";
    same(end === fields[name] ? end : whole, end, `${name} of ${fields}`);
  };

/** How the walk ended: `sent`, or the reason of a drop. */
export function expectVerdict(received: Pick<Received, "verdict"> & Told, verdict: Verdict): void {
  if (received.verdict === verdict) return;
  const message = `expected the verdict ${verdict}, got ${received.verdict}${why(received)}`;
  throw new AssertionError(message, received.verdict, verdict);
}

/** The walk below a message. */
const why = ({ explain }: Told): string => (explain === undefined ? "" : `\n\n${explain().trimEnd()}`);
