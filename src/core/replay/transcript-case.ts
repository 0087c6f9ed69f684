/** One transcript: what the emulator makes of its inputs, held against what the real director did. */
import { parseExpectation } from "../capture/expectation.ts";
import type { Transcript, TranscriptEvent } from "../capture/transcript.ts";
import { summary } from "../explain/summary.ts";
import type { Trace, WalkEvent } from "../trace/events.ts";
import type { CaseResult } from "./case-result.ts";
import { compareTranscripts, type TranscriptFinding } from "./compare.ts";
import type { Difference } from "./difference.ts";
import { DifferenceGroups, MOST_DIFFERENCES } from "./difference-groups.ts";
import { expectationTexts, type Outcome, unmetExpectation } from "./expectations.ts";
import { withFittedPhase } from "./tick-phase.ts";
import { runTranscript } from "./transcript-run.ts";

/** Runs the transcript, under the phase of the tick that fits it best, and compares, up to `most` differences. */
export function verifyTranscript(recording: Transcript, most = MOST_DIFFERENCES): CaseResult {
  if (recording.head.kernel?.ticks !== undefined) return verifyAs(withFittedPhase(recording), recording, most);
  const result = verifyAs(recording, recording, most);
  // Nearly all match as they are: then there is nothing to fit.
  if (result.difference === undefined) return result;
  const fitted = withFittedPhase(recording);
  return fitted === recording ? result : verifyAs(fitted, recording, most);
}

function verifyAs(transcript: Transcript, recording: Transcript, most: number): CaseResult {
  const walks = new Map<number, WalkEvent[]>();
  const events = runTranscript(transcript, (event, index) =>
    event.expect === undefined ? undefined : walkAt(walks, index),
  );
  const { frames, first, findings } = compareTranscripts(transcript, events, most);
  const unmet = firstUnmet(transcript, events, walks);
  const groups = new DifferenceGroups(most);
  for (const found of unmet === undefined ? findings : [unmet, ...findings])
    groups.add(placeOf(transcript, found), found.finding);
  const found = unmet !== undefined && (first === undefined || unmet.index <= first.index) ? unmet : first;
  return {
    frames,
    expectations: transcript.events.reduce((sum, { expect = [] }) => sum + expect.length, 0),
    difference: found && describe(transcript, found),
    differences: { total: groups.total, groups: groups.list() },
    idle: undefined,
    notes: clockNotes(recording, transcript),
    made: { head: recording.head, events },
  };
}

/** What was taken of the kernel's clock, where the recording does not say it. */
function clockNotes({ head: { kernel: recorded } }: Transcript, { head: { kernel } }: Transcript): readonly string[] {
  if (recorded?.ticks !== undefined || kernel?.ticks === undefined) return [];
  return [`the recording has no tick counter: one of ${kernel.ticks} ticks at t=0 fits best`];
}

/** The first difference of a transcript as it is, its phase fitted already; found as cheaply as can be. */
export function firstDifference(transcript: Pick<Transcript, "head" | "events">): TranscriptFinding | undefined {
  const walks = new Map<number, WalkEvent[]>();
  const events = runTranscript(transcript, (event, index) =>
    event.expect === undefined ? undefined : walkAt(walks, index),
  );
  const { first } = compareTranscripts(transcript, events);
  const unmet = firstUnmet(transcript, events, walks);
  return unmet !== undefined && (first === undefined || unmet.index <= first.index) ? unmet : first;
}

function walkAt(walks: Map<number, WalkEvent[]>, index: number): Trace {
  const walk: WalkEvent[] = [];
  walks.set(index, walk);
  return { add: (event) => walk.push(event) };
}

/** What came of each event that is no frame of the director's: by its index, with the frames that were sent behind it. */
export function outcomesOf(
  { events }: Pick<Transcript, "events">,
  made: readonly TranscriptEvent[],
  walks: ReadonlyMap<number, readonly WalkEvent[]>,
): Map<number, Outcome> {
  const outcomes = new Map<
    number,
    Outcome & { readonly sent: { readonly dev: string; readonly frame: Uint8Array }[] }
  >();
  const told = [...events.entries()].filter(([, event]) => event.do !== "tx");
  let next = 0;
  for (const event of made) {
    if (event.do === "tx") {
      outcomes.get(told[next - 1]?.[0] ?? -1)?.sent.push(event);
      continue;
    }
    const [index = -1] = told[next++] ?? [];
    outcomes.set(index, { event, walk: walks.get(index) ?? [], sent: [] });
  }
  return outcomes;
}

/** The transcript with what happens in it as expectations: of arrivals, waits and commands that have none, and record no frame. */
export function withExpectations(transcript: Transcript): Transcript {
  const walks = new Map<number, WalkEvent[]>();
  const made = runTranscript(transcript, (_, index) => walkAt(walks, index));
  const outcomes = outcomesOf(transcript, made, walks);
  const devices = new Set(transcript.head.interfaces.map(({ name }) => name));
  const events = transcript.events.map((event, index): TranscriptEvent => {
    const outcome = outcomes.get(index);
    if (event.expect !== undefined || outcome === undefined) return event;
    const expect = expectationTexts(outcome).flatMap((text) => {
      const read = parseExpectation(text, devices);
      return "text" in read ? [read] : [];
    });
    return expect.length === 0 ? event : { ...event, expect };
  });
  return { ...transcript, events };
}

/** The first event of which something else came than was expected in words. */
function firstUnmet(
  transcript: Pick<Transcript, "head" | "events">,
  made: readonly TranscriptEvent[],
  walks: ReadonlyMap<number, readonly WalkEvent[]>,
): TranscriptFinding | undefined {
  const outcomes = outcomesOf(transcript, made, walks);
  for (const [index, event] of transcript.events.entries()) {
    const outcome = outcomes.get(index);
    const isOpen = event.do === "ipvsadm" && event.open === true;
    if (outcome === undefined || (event.expect === undefined && !isOpen)) continue;
    const unmet = unmetExpectation(transcript.head, event.expect ?? [], outcome);
    if (unmet !== undefined) return { index, finding: { kind: "expectation", what: inWords(event), ...unmet } };
  }
  return undefined;
}

const lineOf = ({ lines }: Transcript, at: number): string => `line ${lines[at] ?? 1}`;

const placeOf = (transcript: Transcript, { index, finding }: TranscriptFinding): string =>
  lineOf(transcript, finding.kind === "frame" ? (finding.expected?.at ?? index) : index);

function describe(transcript: Transcript, found: TranscriptFinding): Difference {
  const { index, finding } = found;
  const frame = finding.kind === "frame" ? (finding.expected ?? finding.got) : undefined;
  const isWalk = frame !== undefined || (finding.kind === "expectation" && transcript.events[index]?.do === "rx");
  const event = transcript.events[index];
  return {
    place: placeOf(transcript, found),
    cause: frame === undefined || event === undefined ? "" : `${lineOf(transcript, index)}: ${inWords(event)}`,
    finding,
    walk: isWalk ? walkAfter(transcript, index) : [],
  };
}

/** Everything the director told from this event on, up to the next one. */
function walkAfter(transcript: Transcript, index: number): WalkEvent[] {
  const walk: WalkEvent[] = [];
  const listener = { add: (event: WalkEvent) => walk.push(event) };
  runTranscript(transcript, (_, at) => (at === index ? listener : undefined));
  return walk;
}

function inWords(event: TranscriptEvent): string {
  switch (event.do) {
    case "rx":
      return event.packet ?? `a frame arrives on ${event.dev}: ${summary(event.frame)}`;
    case "tx":
      return `a frame is sent on ${event.dev}`;
    case "ipvsadm":
      return `ipvsadm ${event.args}`;
    case "sleep":
      return `${event.seconds} s pass`;
    case "sysctl":
      return `${event.key} = ${event.value}`;
    case "proc":
      return `/proc/net/${event.name} is read`;
  }
}
