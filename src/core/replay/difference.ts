/** Differences between a recording and what the emulator did, as data; difference-text.ts prints them. */
import type { WalkEvent } from "../trace/events.ts";
import { partings } from "./alignment.ts";
import type { Pair } from "./listings.ts";
import { FRAMES, type SentFrame } from "./sent-frame.ts";

/** A frame that is missing (no `got`), one too many (no `expected`), or another. */
export interface FrameFinding {
  readonly kind: "frame";
  readonly expected: SentFrame | undefined;
  readonly got: SentFrame | undefined;
}

/** `expected` is the recording's, `got` the emulator's. */
export type Finding =
  | FrameFinding
  | { readonly kind: "text"; readonly what: string; readonly expected: string; readonly got: string }
  /** What was expected in words, and what came instead, a line each. */
  | { readonly kind: "expectation"; readonly what: string; readonly expected: string; readonly got: string }
  | { readonly kind: "code"; readonly what: string; readonly expected: number; readonly got: number };

export interface Difference {
  /** Where it is in the recording: `line 17`, `packet 23`; `` where the finding says it. */
  readonly place: string;
  /** What the emulator had been told: `line 16: a frame arrives on eth0`; `` if that says nothing. */
  readonly cause: string;
  readonly finding: Finding;
  /** The walk of the packet that led there; empty if it was none. */
  readonly walk: readonly WalkEvent[];
}

/** The frames that differ; none if the sequences are the same. */
export const compareFrames = (expected: readonly SentFrame[], got: readonly SentFrame[]): FrameFinding[] =>
  partings(expected, got, FRAMES).map(([recorded, made]) => ({ kind: "frame", expected: recorded, got: made }));

/** A finding if the texts of the pair differ. */
export const compareTexts = (what: string, { expected, got }: Pair): Finding | undefined =>
  expected === got ? undefined : { kind: "text", what, expected, got };
