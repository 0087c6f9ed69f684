/**
 * Transcripts: what a director was told, what it received and what it sent, one JSON value a line. Line 1 describes the director, every
 * further line is one event in order. A transcript is a recording of the kernel to compare with, or what the emulator did.
 */

import type { HostConfig } from "../host/config/config.ts";
import { describeProblem, PlainValue, type Problem } from "../host/config/plain-value.ts";
import { HOST_KEYS, readHostConfig, readHz, readKernel } from "../host/config/reader.ts";
import type { KernelConfig } from "../kernel/releases.ts";
import { kernelOf, REFERENCE_KERNEL } from "../kernel/releases.ts";
import type { Expectation } from "./expectation.ts";
import { modulesShown } from "./modules-shown.ts";
import { EventReader } from "./transcript-events.ts";

/** The director of a transcript. */
export interface TranscriptHead extends HostConfig {
  readonly name?: string;
  /** What the recorded kernel calls itself, `Linux 6.1.176`; absent in a transcript that says `hz` and `release` instead. */
  readonly recordedOn?: string;
}

/** One line after the first. `t` is the clock in seconds; it never goes back. */
export type TranscriptEvent = EventKind & {
  /** What is to come of it, in words; of events of a case that people have written. */
  readonly expect?: readonly Expectation[];
};

type EventKind =
  /** A control command with its exit code and what it printed. */
  | {
      readonly do: "ipvsadm";
      readonly t: number;
      readonly args: string;
      readonly code: number;
      readonly out: string;
      readonly err: string;
      /** Nobody has written down what it printed: it only has to end with 0. */
      readonly open?: true;
    }
  /** A frame that arrives at the director; `packet` are the words that made it, if there were any. */
  | {
      readonly do: "rx";
      readonly t: number;
      readonly dev: string;
      readonly frame: Uint8Array;
      readonly packet?: string;
      /** Of an arrival that stands for many: payload bytes of each packet; their checksums are left to be made. */
      readonly segment?: number;
    }
  /** A frame that the director sends after the event before it. */
  | { readonly do: "tx"; readonly t: number; readonly dev: string; readonly frame: Uint8Array }
  /** Time passes. */
  | { readonly do: "sleep"; readonly t: number; readonly seconds: number }
  | { readonly do: "sysctl"; readonly t: number; readonly key: string; readonly value: number | string }
  /** What a file of /proc/net says; `open` as above. */
  | {
      readonly do: "proc";
      readonly t: number;
      readonly name: string;
      readonly out: string;
      readonly open?: true;
    };

/** `lines[i]` is the line, from 1, that `events[i]` stands in. */
export interface Transcript {
  readonly head: TranscriptHead;
  readonly events: readonly TranscriptEvent[];
  readonly lines: readonly number[];
}

/** A mistake in a transcript, to stand behind its file's name: `FILE:LINE: message`. */
export interface TranscriptError {
  readonly line: number;
  readonly message: string;
}

export type ParsedTranscript =
  | { readonly kind: "transcript"; readonly transcript: Transcript }
  | { readonly kind: "errors"; readonly errors: readonly TranscriptError[] };

/** A line as it was parsed: a plain value, and where it stands. */
export interface ValueLine {
  readonly line: number;
  readonly value: unknown;
}

/**
 * Parses all of a transcript, or lists everything that is wrong with it. Blank lines after the first are passed over, and
 * so is a byte order mark.
 */
export function parseTranscript(text: string): ParsedTranscript {
  const errors: TranscriptError[] = [];
  const [first = "", ...rest] = text.replace(/^\uFEFF/, "").split("\n");
  const head = parseJson(first, 1, errors);
  const events = rest.flatMap((lineText, index) => {
    const event = lineText.trim() === "" ? undefined : parseJson(lineText, index + 2, errors);
    return event === undefined ? [] : [event];
  });
  return readTranscript(head, events, errors);
}

function parseJson(text: string, line: number, errors: TranscriptError[]): ValueLine | undefined {
  try {
    return { line, value: JSON.parse(text) };
  } catch {
    const what = line === 1 ? "the description of the director" : "an event";
    errors.push({ line, message: `expected ${what} as one JSON object, got ${quoted(text)}` });
    return undefined;
  }
}

/** How mistakes are told of a form that is not JSON: the line of one in the director's description, and its words. */
export interface Telling {
  readonly headLine: (problem: Problem) => number;
  readonly describe: (problem: Problem) => string;
}

const AS_JSON: Telling = { headLine: () => 1, describe: describeProblem };

/**
 * A transcript of its lines as plain values: the one reader, whatever form they were written in. `errors` are those found
 * so far.
 */
export function readTranscript(
  first: ValueLine | undefined,
  rest: readonly ValueLine[],
  errors: TranscriptError[],
  { headLine, describe }: Telling = AS_JSON,
): ParsedTranscript {
  const problems: Problem[] = [];
  const read = first && readHead(new PlainValue(first.value, [], problems));
  const head = problems.length === 0 ? read : undefined;
  for (const problem of problems) errors.push({ line: headLine(problem), message: describe(problem) });
  const reader = new EventReader(head);
  const events: TranscriptEvent[] = [];
  const lines: number[] = [];
  for (const { line, value } of rest) {
    const wrong: Problem[] = [];
    const read = reader.read(new PlainValue(value, [], wrong));
    for (const message of new Set(wrong.map(describe))) errors.push({ line, message });
    for (const event of wrong.length === 0 ? read : []) {
      events.push(event);
      lines.push(line);
    }
  }
  errors.sort((a, b) => a.line - b.line);
  if (head === undefined || errors.length > 0) return { kind: "errors", errors };
  const modules = head.modules ?? modulesShown(events);
  return { kind: "transcript", transcript: { head: { ...head, ...(modules && { modules }) }, events, lines } };
}

const quoted = (text: string): string =>
  text.length > 60 ? `${JSON.stringify(text.slice(0, 60))}...` : JSON.stringify(text);

function readHead(top: PlainValue): TranscriptHead | undefined {
  if (!top.hasFields(["transcript", "name", "clock", ...HOST_KEYS])) return undefined;
  const version = top.field("transcript");
  if (version.value !== 1) version.expected("version 1 of transcripts");
  const name = optionalText(top.field("name"));
  const { value: recordedOn } = top.field("kernel");
  const kernel = readRecordedKernel(top);
  return {
    ...readHostConfig(top, kernel),
    ...(name !== undefined && { name }),
    ...(typeof recordedOn === "string" && { recordedOn }),
  };
}

/** `kernel` is what a kernel calls itself, or `hz` and `release`; `clock` is its tick counter at t=0, and says its HZ for certain. */
function readRecordedKernel(top: PlainValue): KernelConfig {
  const said = top.field("kernel");
  const kernel = typeof said.value === "string" ? kernelOf(said.value) : (readKernel(said) ?? REFERENCE_KERNEL);
  const clock = top.field("clock");
  if (!clock.present || !clock.hasFields(["hz", "ticks"])) return kernel;
  const hz = readHz(clock.field("hz")) ?? kernel.hz;
  const { value: ticks } = clock.field("ticks");
  if (typeof ticks === "number" && ticks >= 0 && ticks <= Number.MAX_SAFE_INTEGER) return { ...kernel, hz, ticks };
  clock.field("ticks").expected("a tick counter, 0 or more");
  return kernel;
}

const optionalText = (field: PlainValue): string | undefined => (field.present ? field.text("a text") : undefined);
