/** One transcript: what the emulator makes of its inputs, held against what the real director did. */
import type { Transcript, TranscriptEvent } from "../capture/transcript.ts";
import { summary } from "../explain/summary.ts";
import type { WalkEvent } from "../trace/events.ts";
import type { CaseResult } from "./case-result.ts";
import { compareTranscripts, type TranscriptFinding } from "./compare.ts";
import type { Difference } from "./difference.ts";
import { withFittedPhase } from "./tick-phase.ts";
import { runTranscript } from "./transcript-run.ts";

/** Runs the transcript, under the phase of the tick that fits it best, and compares, up to the first difference. */
export function verifyTranscript(recording: Transcript): CaseResult {
  const transcript = withFittedPhase(recording);
  const events = runTranscript(transcript);
  const { frames, first } = compareTranscripts(transcript, events);
  return {
    frames,
    difference: first && describe(transcript, first),
    notes: [],
    made: { head: recording.head, events },
  };
}

function describe(transcript: Transcript, { index, finding }: TranscriptFinding): Difference {
  const lineOf = (at: number): string => `line ${transcript.lines[at] ?? 1}`;
  const frame = finding.kind === "frame" ? (finding.expected ?? finding.got) : undefined;
  const at = finding.kind === "frame" ? (finding.expected?.at ?? index) : index;
  const event = transcript.events[index];
  return {
    place: lineOf(at),
    cause: frame === undefined || event === undefined ? "" : `${lineOf(index)}: ${inWords(event)}`,
    finding,
    walk: frame === undefined ? [] : walkAfter(transcript, index),
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
      return `a frame arrives on ${event.dev}: ${summary(event.frame)}`;
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
