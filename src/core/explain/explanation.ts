/** The walk of one packet, ready to be told: what came, what happened, what went out and what of it is other than it came. */
import type { WalkEvent } from "../trace/events.ts";
import { compare, type FieldChange } from "./decode/changes.ts";
import { factsOf } from "./decode/facts.ts";
import { causeText } from "./sentences/causes/causes.ts";
import { sentence, verdictSentence } from "./sentences/sentences.ts";
import { summary } from "./summary.ts";

/** A frame that the director sent. */
export interface SentFrame {
  readonly port: string;
  readonly bytes: Uint8Array;
  /** Every header field beside that of the packet that came; `undefined` for a frame that the director itself made. */
  readonly fields: readonly FieldChange[] | undefined;
}

export interface Explanation {
  /** Number of the frame, from 1; `undefined` for a made-up packet. */
  readonly number: number | undefined;
  /** Since the beginning. */
  readonly seconds: number;
  readonly port: string;
  readonly bytes: Uint8Array;
  readonly events: readonly WalkEvent[];
  readonly sent: readonly SentFrame[];
  /** `sent`, `delivered`, `parked`, `held`, or the reason of the drop. */
  readonly verdict: string;
  /** Answers of neighbors that nobody gave, in words: what-if only. */
  readonly assumptions: readonly string[];
}

/** What came, and when. */
export type Arrived = Pick<Explanation, "number" | "seconds" | "port" | "bytes">;

/** A frame of the recording that did not go into the director. */
interface UnreceivedFrame {
  /** From 1. */
  readonly number: number;
  readonly seconds: number;
  /** Name of the interface; empty if it is none of the director's. */
  readonly port: string;
  readonly bytes: Uint8Array;
}

/** A frame of the recording. */
export type RecordedFrame =
  | { readonly kind: "walk"; readonly number: number; readonly explanation: Explanation }
  /** One that the recorded director sent; `cause` is the frame that has this one sent here, if there is one. */
  | (UnreceivedFrame & { readonly kind: "sent"; readonly cause: number | undefined })
  | (UnreceivedFrame & { readonly kind: "passed-over"; readonly why: string });

export function explanationOf(
  arrived: Arrived,
  events: readonly WalkEvent[],
  assumptions: readonly string[] = [],
): Explanation {
  const verdict = events.findLast((event) => event.kind === "verdict");
  return {
    ...arrived,
    events,
    sent: sentFrames(arrived.bytes, events),
    verdict: verdict?.kind === "verdict" ? verdict.verdict : "",
    assumptions,
  };
}

/** Frames that the director made itself come behind an event that says so: an ICMP message, an ARP one, a reset; and those to many are its own always. */
function sentFrames(received: Uint8Array, events: readonly WalkEvent[]): SentFrame[] {
  const frames: SentFrame[] = [];
  const whole = !events.some(({ kind }) => kind === "reassembled");
  let own = !carriesPacket(received);
  for (const event of events) {
    if (event.kind === "icmp" || event.kind === "host") own = true;
    if (event.kind !== "sent") continue;
    const isPacket = carriesPacket(event.bytes);
    const fields = isPacket && whole && !own && !goesToMany(event.bytes) ? compare(received, event.bytes) : undefined;
    frames.push({ port: event.dev, bytes: event.bytes, fields });
    if (isPacket) own = !carriesPacket(received);
  }
  return frames;
}

/** No director passes on what goes to many: it is the director's own. */
const goesToMany = (bytes: Uint8Array): boolean => ((bytes[0] ?? 0) & 1) !== 0;

/** Whether a frame is about anything but who is where: ARP and neighbor discovery are not. */
export function carriesPacket(bytes: Uint8Array): boolean {
  const ip = factsOf(bytes)?.ip;
  return ip !== undefined && !(ip.transport?.kind === "icmp" && ip.transport.discovery !== undefined);
}

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** The explanation as JSON has it: frames in hexadecimal, each event with its sentence. */
export function explanationJson(explanation: Explanation): object {
  const { number, seconds, port, bytes, events, sent, verdict, assumptions } = explanation;
  return {
    ...(number === undefined ? {} : { packet: number }),
    seconds,
    port,
    summary: summary(bytes),
    frame: hex(bytes),
    verdict,
    sentence: verdictSentence(events),
    causes: events.flatMap((event) =>
      event.kind === "cause" ? [{ kind: event.cause.kind, ...causeText(event.cause) }] : [],
    ),
    steps: events.map(step),
    sent: sent.map(({ port: to, bytes: frame, fields }) => ({
      port: to,
      summary: summary(frame),
      frame: hex(frame),
      ...(fields && { fields }),
    })),
    ...(assumptions.length > 0 && { assumptions }),
  };
}

/** A step's sentence first, then what it consists of. */
function step(event: WalkEvent): object {
  const told = sentence(event);
  const facts = "bytes" in event ? { ...event, bytes: hex(event.bytes) } : event;
  return Object.assign({ sentence: told }, facts, { sentence: told });
}
