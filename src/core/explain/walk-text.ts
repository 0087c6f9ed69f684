/** The walk of a packet as lines: what came, each step, what went out with the fields that changed, and the end. */
import type { Cause } from "../trace/causes/causes.ts";
import type { WalkEvent } from "../trace/events.ts";
import type { FieldChange } from "./decode/changes.ts";
import { isChanged } from "./decode/changes.ts";
import { decode } from "./decode/decode.ts";
import { factsOf } from "./decode/facts.ts";
import type { Explanation, RecordedFrame, SentFrame } from "./explanation.ts";
import { causeText } from "./sentences/causes/causes.ts";
import { scheduledHead, sentence, verdictSentence } from "./sentences/sentences.ts";
import { EMPTY, hanging, line, type Span, type StyledLine, span } from "./styled.ts";
import { flowLine, summary } from "./summary.ts";

const DEFAULT_WIDTH = 110;
const STEP = "  ";
const MARGIN = "      ";

/** Everything about one packet. */
export function walkText(explanation: Explanation, width = DEFAULT_WIDTH): StyledLine[] {
  const { events, sent, assumptions } = explanation;
  const end = events.findIndex(({ kind }) => kind === "verdict");
  const steps = events.slice(1, end < 0 ? undefined : end).filter(isStep);
  const later = end < 0 ? [] : events.slice(end + 1);
  const verdict = events[end];
  return [
    head(explanation),
    ...stepLines(steps, 1, width),
    ...assumptions.flatMap((words) => hanging(`${MARGIN}assumed: `, words, width, "dim")),
    ...sent.flatMap((frame) => sentLines(frame, width)),
    ...(verdict === undefined ? [] : hanging(`${STEP}=>  `, sentence(verdict), width, toneOf(explanation))),
    ...events.flatMap((event) => (event.kind === "cause" ? causeLines(event.cause, width) : [])),
    ...laterLines(later, width),
  ];
}

/** What went out is shown field by field, behind the steps, and causes behind the end; a parked packet's end is told by what follows. */
const isStep = ({ kind }: WalkEvent): boolean => kind !== "sent" && kind !== "verdict" && kind !== "cause";

/** One line about a packet. */
export function briefText(explanation: Explanation): StyledLine {
  const { number, seconds, port, bytes } = explanation;
  return [
    span(briefStart(number, seconds, port), "dim"),
    span(shortSummary(bytes)),
    span("  => ", "dim"),
    span(verdictSentence(explanation.events), toneOf(explanation)),
  ];
}

/** A frame that went into no director, in one line. */
export function otherStoryText(story: Exclude<RecordedFrame, { kind: "walk" }>): StyledLine {
  const { number, seconds, port, bytes } = story;
  const words =
    story.kind === "passed-over"
      ? `passed over: ${story.why}`
      : story.cause === undefined
        ? "the recorded director sent it; here nothing like it is sent"
        : `the director sent it because of packet ${story.cause}`;
  const tone = story.kind === "sent" && story.cause !== undefined ? "dim" : "bad";
  return [
    span(briefStart(number, seconds, port), "dim"),
    span(shortSummary(bytes), "dim"),
    span("  => ", "dim"),
    span(words, tone),
  ];
}

const briefStart = (number: number | undefined, seconds: number, port: string): string =>
  `${String(number ?? "").padStart(5)} ${seconds.toFixed(6).padStart(12)}  ${port.padEnd(5)} `;

/** Without length and TTL. */
function shortSummary(bytes: Uint8Array): string {
  const packet = factsOf(bytes)?.ip;
  return packet === undefined ? summary(bytes) : flowLine(packet);
}

function head({ number, seconds, port, bytes }: Explanation): StyledLine {
  const who = number === undefined ? "what if" : `packet ${number}`;
  return [span(who, "title"), span(`  ${seconds.toFixed(6)} s  ${port}  `, "dim"), span(summary(bytes), "strong")];
}

/** Numbered sentences, from `first`; a scheduler with its candidates below it. */
export function stepLines(events: readonly WalkEvent[], first: number, width: number): StyledLine[] {
  return events.flatMap((event, index) => {
    const start = `${String(first + index).padStart(4)}  `;
    if (event.kind !== "scheduled" || event.candidates.length === 0) return hanging(start, sentence(event), width);
    return [...hanging(start, scheduledHead(event), width), ...candidateLines(event)];
  });
}

/** The scheduler's candidates as a table, the one it picked marked. */
function candidateLines({ candidates, picked }: Extract<WalkEvent, { kind: "scheduled" }>): StyledLine[] {
  const widest = Math.max(...candidates.map(({ destination }) => destination.length));
  return candidates.map(({ destination, weight, active, inactive, numbers }) => {
    const counts = `weight ${weight}  active ${active}  inactive ${inactive}`;
    const mine = destination === picked;
    return [
      span(`${MARGIN}${mine ? "-> " : "   "}`, "good"),
      span(`${destination.padEnd(widest)}  ${counts}  `, mine ? "strong" : "plain"),
      span(numbers, "dim"),
    ];
  });
}

/** Why it ended so, and what would change it. */
function causeLines(cause: Cause, width: number): StyledLine[] {
  const { why, change, isNote } = causeText(cause);
  const lines = isNote === true ? hanging(`${STEP}note `, why, width) : hanging(`${STEP}why  `, why, width, "strong");
  return change === "" ? lines : [...lines, ...hanging(`${STEP}fix  `, change, width)];
}

// --- what went out

function sentLines({ port, bytes, fields }: SentFrame, width: number): StyledLine[] {
  const start: StyledLine = [span(`${STEP}out `, "good"), span(`${port}  `, "dim"), span(summary(bytes), "strong")];
  if (fields !== undefined) return [start, ...changeLines(fields, width)];
  // Of ARP, the one line says all.
  return factsOf(bytes)?.arp === undefined ? [start, ...madeLines(bytes, width)] : [start];
}

/** The fields of a frame that the director made itself, or that waited. */
function madeLines(bytes: Uint8Array, width: number): StyledLine[] {
  return decode(bytes).flatMap(({ name, fields }) =>
    hanging(`${MARGIN}${name}: `, fields.map((field) => `${field.name} ${field.value}`).join(", "), width, "dim"),
  );
}

/** Fields that changed, before and after; the names of the others in one line. */
function changeLines(fields: readonly FieldChange[], width: number): StyledLine[] {
  const changed = fields.filter(isChanged);
  const nameOf = ({ layer, field }: FieldChange): string => `${layer} ${field}`;
  const names = Math.max(...changed.map((change) => nameOf(change).length), 0);
  const befores = Math.max(...changed.map(({ before }) => before?.length ?? 0), 0);
  const rows = changed.map((change): StyledLine => {
    const { before = "", after = "gone" } = change;
    return [
      span(`${MARGIN}${nameOf(change).padEnd(names)}  `),
      span(`${before.padEnd(befores)}  `, "dim"),
      span("-> ", "dim"),
      span(after, "changed"),
    ];
  });
  const same = fields.filter((change) => !isChanged(change)).map(nameOf);
  return [...rows, ...(same.length === 0 ? [] : hanging(`${MARGIN}unchanged: `, same.join(", "), width, "dim"))];
}

function toneOf({ verdict }: Explanation): Span["tone"] {
  if (verdict === "sent" || verdict === "delivered") return "good";
  return verdict === "parked" || verdict === "held" || verdict === "" ? "plain" : "bad";
}

/** What the director did by itself after the packet, before the next one came. */
function laterLines(events: readonly WalkEvent[], width: number): StyledLine[] {
  if (events.length === 0) return [];
  return [
    line(`${STEP}later, by itself:`, "dim"),
    ...events.flatMap((event) => hanging(MARGIN, sentence(event), width)),
    EMPTY,
  ].slice(0, -1);
}
