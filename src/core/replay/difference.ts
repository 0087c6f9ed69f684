/** The first difference between a recording and what the emulator did, as data; difference-text.ts prints it. */
import type { WalkEvent } from "../trace/events.ts";
import { firstParting } from "./alignment.ts";
import type { Pair } from "./listings.ts";
import { type SentFrame, sameFrame } from "./sent-frame.ts";

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

/** The first frame that differs; `undefined` if the sequences are the same. */
export function compareFrames(expected: readonly SentFrame[], got: readonly SentFrame[]): FrameFinding | undefined {
  const parting = firstParting(expected, got, sameFrame);
  if (parting === undefined) return undefined;
  const { kind, expectedAt, gotAt } = parting;
  return {
    kind: "frame",
    expected: kind === "unexpected" ? undefined : expected[expectedAt],
    got: kind === "missing" ? undefined : got[gotAt],
  };
}

/** A finding if the texts of the pair differ. */
export const compareTexts = (what: string, { expected, got }: Pair): Finding | undefined =>
  expected === got ? undefined : { kind: "text", what, expected, got };
