/** What was expected of an event, in words, beside what came of it. */
import type { Endpoint, Expectation, SentWish, Wish } from "../capture/expectation.ts";
import { macTowards } from "../capture/packet-place.ts";
import type { TranscriptEvent, TranscriptHead } from "../capture/transcript.ts";
import { factsOf } from "../explain/decode/facts.ts";
import { packetWords } from "../packet/packet-text.ts";
import { ICMP_MESSAGES, ICMPV6_MESSAGES } from "../packet/packet-words.ts";
import { protocolOf } from "../packet/read-frame.ts";
import { quoted } from "../packet/words.ts";
import type { ConnectionView, WalkEvent } from "../trace/events.ts";
import { DROP_REASONS } from "../trace/verdict.ts";
import { AF_INET, formatAddress, formatEndpoint, sameAddress } from "../wire/address.ts";
import { macText } from "../wire/ethernet.ts";
import { flagsText, RST } from "../wire/tcp.ts";

/** What came of an event. */
export interface Outcome {
  /** The event as the emulator lived it: a command with what it printed. */
  readonly event: TranscriptEvent;
  readonly walk: readonly WalkEvent[];
  readonly sent: readonly SentBytes[];
}

interface SentBytes {
  readonly dev: string;
  readonly frame: Uint8Array;
}

/** The first expectation that is not met, beside what came instead; `undefined` if all are. */
export function unmetExpectation(
  head: TranscriptHead,
  expectations: readonly Expectation[],
  outcome: Outcome,
): { readonly expected: string; readonly got: string } | undefined {
  const unmet = expectations.find(({ wish }) => !isMet(head, wish, outcome));
  if (unmet !== undefined) return { expected: unmet.text, got: outcomeWords(outcome) };
  const { event } = outcome;
  const wantsFailure = expectations.some(({ wish }) => wish.kind === "fails" || wish.kind === "code");
  if (event.do !== "ipvsadm" || event.code === 0 || wantsFailure) return undefined;
  return { expected: "code 0", got: outcomeWords(outcome) };
}

function isMet(head: TranscriptHead, wish: Wish, { event, walk, sent }: Outcome): boolean {
  switch (wish.kind) {
    case "sent": {
      const fitting = sent.filter((frame) => fits(head, wish.frame, frame)).length;
      return wish.frame.times === undefined ? fitting > 0 : fitting === wish.frame.times;
    }
    case "sent-nothing":
      return sent.length === 0;
    case "ended":
      return verdictsOf(walk).includes(wish.verdict);
    case "dropped":
      return verdictsOf(walk).some((verdict) =>
        wish.reason === undefined ? isDrop(verdict) : verdict === wish.reason,
      );
    case "picks":
      return wish.destination === undefined
        ? picked(walk).length === 0
        : picked(walk).some((end) => isEnd(end, wish.destination));
    case "known":
      return known(walk).some((end) => isEnd(end, wish.destination));
    case "new":
      return walk.some(({ kind }) => kind === "created");
    case "prints":
      return wish.text === "" ? printed(event) === "" : hasText(printed(event), wish.text);
    case "fails":
      return event.do === "ipvsadm" && event.code !== 0 && hasText(`${event.out}\n${event.err}`, wish.text);
    case "code":
      return event.do === "ipvsadm" && event.code === wish.code;
  }
}

const REASONS: ReadonlySet<string> = new Set(DROP_REASONS.map(({ name }) => name));
const isDrop = (verdict: string): boolean => REASONS.has(verdict);

const verdictsOf = (walk: readonly WalkEvent[]): string[] =>
  walk.flatMap((event) => (event.kind === "verdict" ? [event.verdict] : []));

/** The real servers of the connections that were made, templates aside. */
const picked = (walk: readonly WalkEvent[]): ConnectionView[] =>
  walk.flatMap((event) => (event.kind === "created" && !event.connection.template ? [event.connection] : []));

const known = (walk: readonly WalkEvent[]): ConnectionView[] =>
  walk.flatMap((event) =>
    event.kind === "connection" &&
    event.connection !== undefined &&
    (event.found === "request" || event.found === "answer")
      ? [event.connection]
      : [],
  );

const isEnd = ({ destinationAddress, destinationPort }: ConnectionView, wanted: Endpoint | undefined): boolean =>
  wanted === undefined ||
  (sameAddress(destinationAddress, wanted.address) && (wanted.port ?? destinationPort) === destinationPort);

const printed = (event: TranscriptEvent): string => (event.do === "ipvsadm" || event.do === "proc" ? event.out : "");

/** Whether a line has the text; blanks count as one. */
const hasText = (output: string, text: string): boolean => oneBlank(output).includes(oneBlank(text));
const oneBlank = (text: string): string => text.replaceAll(/\s+/g, " ");

// --- frames

function fits(head: TranscriptHead, wish: SentWish, { dev, frame }: SentBytes): boolean {
  const facts = factsOf(frame);
  if (facts === undefined) return false;
  const { headers = [], transport } = facts.ip ?? {};
  const ports = transport !== undefined && "sourcePort" in transport ? transport : undefined;
  const end = (wanted: Endpoint | undefined, address: "source" | "destination", port: number | undefined): boolean =>
    wanted === undefined ||
    (headers.some((header) => sameAddress(header[address], wanted.address)) &&
      (wanted.port === undefined || wanted.port === port));
  const { flags, message, via, mac, ttl, protocol } = wish;
  return (
    (wish.dev ?? dev) === dev &&
    end(wish.to, "destination", ports?.destinationPort) &&
    end(wish.from, "source", ports?.sourcePort) &&
    (via === undefined || facts.destinationMac === macTowards(head, dev, via)) &&
    (mac ?? facts.destinationMac) === facts.destinationMac &&
    (ttl === undefined || headers.some((header) => header.ttl === ttl)) &&
    (protocol === undefined || protocolsIn(frame).includes(protocol)) &&
    (flags === undefined || (transport?.kind === "tcp" && transport.flags === flags)) &&
    (message === undefined || isMessage(transport, message))
  );
}

/** What a frame is, and what it carries. */
function protocolsIn(frame: Uint8Array): string[] {
  const own = protocolOf(frame);
  const { transport } = factsOf(frame)?.ip ?? {};
  return [
    ...(own === undefined ? [] : [own]),
    ...(transport === undefined || transport.kind === "icmp" ? [] : [transport.kind]),
  ];
}

type Transport = NonNullable<NonNullable<ReturnType<typeof factsOf>>["ip"]>["transport"];

function isMessage(transport: Transport, name: string): boolean {
  if (transport?.kind !== "icmp") return false;
  return [ICMP_MESSAGES, ICMPV6_MESSAGES].some((messages, index) => {
    const [type, code] = messages[name] ?? [];
    return (transport.family === AF_INET) === (index === 0) && type === transport.type && code === transport.code;
  });
}

// --- in words

/** What came of an event, as expectations would say it. */
export const outcomeWords = (outcome: Outcome): string => happenings(outcome).join("\n");

/** Each thing that happened, most telling first. */
function happenings({ event, walk, sent }: Outcome): string[] {
  if (event.do === "ipvsadm") {
    const said = `${event.out}${event.err}`.trim();
    return [
      `code ${event.code}`,
      ...(said === "" ? ["prints nothing"] : said.split("\n").map((line) => `prints ${quoted(line)}`)),
    ];
  }
  if (event.do === "proc") return event.out.trim().split("\n");
  return [
    ...picked(walk).map((view) => `picks ${endText(view)}`),
    ...known(walk).map((view) => `known ${endText(view)}`),
    ...verdictsOf(walk).flatMap((verdict) =>
      verdict === "sent" ? [] : [isDrop(verdict) ? `dropped ${verdict}` : verdict],
    ),
    ...(sent.length === 0 ? ["sent nothing"] : sent.map(sentText)),
  ];
}

const endText = ({ destinationAddress, destinationPort }: ConnectionView): string =>
  formatEndpoint(destinationAddress, destinationPort);

function sentText({ dev, frame }: SentBytes): string {
  const words = packetWords(frame)?.replace(/ from \S+ to \S+$/, "");
  const mac = factsOf(frame)?.destinationMac;
  return `sent ${dev}: ${words ?? `frame of ${frame.length} bytes`}${mac === undefined ? "" : ` (to ${macText(mac)})`}`;
}

/** What to write down of an event, so that a later run is held to it; nothing where nothing can come of it. */
export function expectationTexts({ event, walk, sent }: Outcome): string[] {
  if (event.do === "ipvsadm") return event.code === 0 ? [] : [`fails ${quoted(lastLine(event.err || event.out))}`];
  if (event.do !== "rx" && event.do !== "sleep") return [];
  const frames = sent.flatMap(({ dev, frame }) => shortSent(dev, frame) ?? []);
  const [drop] = verdictsOf(walk).filter(isDrop);
  const ends = verdictsOf(walk).filter(
    (verdict) => verdict === "delivered" || verdict === "held" || verdict === "parked",
  );
  return [
    ...new Set([
      ...picked(walk).map((view) => `picks ${endText(view)}`),
      ...(drop === undefined ? [] : [`dropped ${drop}`]),
      ...frames,
      ...(frames.length === 0 && drop === undefined && event.do === "rx" ? ends.slice(0, 1) : []),
    ]),
  ];
}

const lastLine = (text: string): string => text.trim().split("\n").at(-1) ?? "";

/** Of a frame what people care about: where it goes, and what an ICMP error or a reset is. `undefined` for ARP and the like. */
function shortSent(dev: string, frame: Uint8Array): string | undefined {
  const { headers = [], transport } = factsOf(frame)?.ip ?? {};
  const [outer] = headers;
  if (outer === undefined || (transport?.kind === "icmp" && transport.discovery !== undefined)) return undefined;
  if (transport?.kind === "icmp") {
    const name = messageName(transport);
    return `sent ${dev} to ${formatAddress(outer.destination)}${name === undefined ? " icmp" : ` ${name}`}`;
  }
  const inner = headers.at(-1) ?? outer;
  if (headers.length > 1 || transport === undefined) return `sent ${dev} to ${formatAddress(outer.destination)}`;
  const flags = transport.kind === "tcp" ? (transport.flags ?? 0) : 0;
  const reset = (flags & RST) === 0 ? "" : ` ${flagsText(flags)}`;
  return `sent ${dev} to ${formatEndpoint(inner.destination, transport.destinationPort)}${reset}`;
}

function messageName(transport: Transport): string | undefined {
  return [...Object.keys(ICMP_MESSAGES), ...Object.keys(ICMPV6_MESSAGES)].find((name) => isMessage(transport, name));
}
