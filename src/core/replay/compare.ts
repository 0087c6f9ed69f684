/**
 * A transcript of the emulator beside the recording it was made from. What may differ, and nothing else:
 * - what nobody can foretell of packets that the director itself originates (unforetold.ts);
 * - the order of connections in their listing, and 2 s of what they have left (listings.ts);
 * - a repeated ARP request;
 * - in files of /proc/net the order of services and the rates, besides what the listings of ipvsadm may differ in.
 */
import type { Transcript, TranscriptEvent } from "../capture/transcript.ts";
import { compareFrames, compareTexts, type Finding } from "./difference.ts";
import { connectionListings, listsConnections, plainTexts, procFiles } from "./listings.ts";
import { AskedOnce, type SentFrame } from "./sent-frame.ts";
import { masked, type Originator, originatorOf } from "./unforetold.ts";

/** An event with the frames that were sent after it; the first may have none, for frames sent before all else. */
interface Step {
  readonly event: TranscriptEvent | undefined;
  /** Index of the event among all; -1 if there is none. */
  readonly index: number;
  readonly sent: readonly SentFrame[];
}

export interface TranscriptFinding {
  /** Index of the recorded event at which, or after which, the transcripts differ; -1 before the first. */
  readonly index: number;
  readonly finding: Finding;
}

export interface TranscriptComparison {
  /** How many frames of the recording were compared. */
  readonly frames: number;
  readonly first: TranscriptFinding | undefined;
  /** All, in order, up to `most`. */
  readonly findings: readonly TranscriptFinding[];
}

/** Compares event by event, until there are `most` differences. */
export function compareTranscripts(
  recording: Pick<Transcript, "head" | "events">,
  made: readonly TranscriptEvent[],
  most = 1,
): TranscriptComparison {
  const own = originatorIn(recording);
  const expected = stepsOf(recording.events, own);
  const got = stepsOf(recordsFrames(recording) ? made : made.filter((event) => event.do !== "tx"), own);
  let frames = 0;
  const findings: TranscriptFinding[] = [];
  for (let at = 0; at < Math.max(expected.length, got.length); at++) {
    const step = expected[at];
    const other = got[at];
    frames += step?.sent.length ?? 0;
    const index = step?.index ?? expected.at(-1)?.index ?? -1;
    for (const finding of compareSteps(step, other)) findings.push({ index, finding });
    if (findings.length >= most) break;
  }
  return { frames, first: findings[0], findings: findings.slice(0, most) };
}

/** How many events differ, in what they say or in the frames sent after them. */
export function countDifferences(
  recording: Pick<Transcript, "head" | "events">,
  made: readonly TranscriptEvent[],
): number {
  const own = originatorIn(recording);
  const expected = stepsOf(recording.events, own);
  const got = stepsOf(recordsFrames(recording) ? made : made.filter((event) => event.do !== "tx"), own);
  let count = Math.abs(expected.length - got.length);
  for (const [at, step] of expected.entries()) if (compareSteps(step, got[at]).length > 0) count++;
  return count;
}

/** A case that says in words what is to come, and records no frame, is not held to frames. */
const recordsFrames = ({ events }: Pick<Transcript, "events">): boolean =>
  events.some((event) => event.do === "tx") || !events.some(({ expect }) => expect !== undefined);

const originatorIn = ({ head, events }: Pick<Transcript, "head" | "events">): Originator =>
  originatorOf(
    head,
    events.flatMap((event) => (event.do === "ipvsadm" ? [event.args] : [])),
  );

function stepsOf(events: readonly TranscriptEvent[], own: Originator): Step[] {
  const asked = new AskedOnce();
  const steps: (Step & { readonly sent: SentFrame[] })[] = [{ event: undefined, index: -1, sent: [] }];
  for (const [index, event] of events.entries()) {
    if (event.do !== "tx") {
      steps.push({ event, index, sent: [] });
      continue;
    }
    const step = steps.at(-1);
    const { dev, frame: bytes } = event;
    const frame = { dev, bytes, masked: masked(bytes, own), time: event.t * 1e6, at: index, cause: step?.index ?? -1 };
    if (asked.counts(frame)) step?.sent.push(frame);
  }
  return steps;
}

function compareSteps(expected: Step | undefined, got: Step | undefined): readonly Finding[] {
  const said =
    compareTexts("event", plainTexts(inputOf(expected?.event), inputOf(got?.event))) ??
    compareResults(expected?.event, got?.event);
  return said === undefined ? compareFrames(expected?.sent ?? [], got?.sent ?? []) : [said];
}

/** What an event says that no director has a say in. */
function inputOf(event: TranscriptEvent | undefined): string {
  if (event === undefined) return "";
  switch (event.do) {
    case "ipvsadm":
      return `ipvsadm ${event.args}`;
    case "proc":
      return `proc ${event.name}`;
    case "sysctl":
      return `sysctl ${event.key}=${event.value}`;
    case "sleep":
      return `sleep ${event.seconds}`;
    default:
      return `${event.do} ${event.dev}`;
  }
}

/** What a command or a file said. */
function compareResults(expected: TranscriptEvent | undefined, got: TranscriptEvent | undefined): Finding | undefined {
  if (expected !== undefined && "open" in expected && expected.open === true) return undefined;
  if (expected?.do === "proc" && got?.do === "proc") {
    return compareTexts(`/proc/net/${expected.name}`, procFiles(expected.name, expected.out, got.out));
  }
  if (expected?.do !== "ipvsadm" || got?.do !== "ipvsadm") return undefined;
  const what = `ipvsadm ${expected.args}`;
  if (expected.code !== got.code) return { kind: "code", what, expected: expected.code, got: got.code };
  const texts = listsConnections(expected.args) ? connectionListings : plainTexts;
  return (
    compareTexts(`output of ${what}`, texts(expected.out, got.out)) ??
    compareTexts(`errors of ${what}`, { expected: expected.err.trim(), got: got.err.trim() })
  );
}
