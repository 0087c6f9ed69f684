/** What is told of one verified case. */
import type { CaseResult } from "../core/replay/case-result.ts";
import type { FrameFinding } from "../core/replay/difference.ts";
import { differenceLines, differenceTitle, differingFields } from "../core/replay/difference-text.ts";
import { sentence } from "../core/explain/sentences.ts";
import type { NoCase, CaseLocation } from "../io/recorded-cases.ts";
import { type ExitCode, FAILED } from "./failure.ts";
import { coloured } from "./output.ts";
import type { CaseFailure } from "./verify-case.ts";

export interface CaseReport {
  readonly name: string;
  readonly path: string;
  readonly outcome: "match" | "differs" | "error";
  /** The exit code that it stands for. */
  readonly code: 0 | ExitCode;
  /** Frames compared. */
  readonly frames: number;
  /** What is wrong in one line, and the details. */
  readonly title: string;
  readonly lines: readonly string[];
  readonly notes: readonly string[];
  readonly seconds: number;
  readonly result: CaseResult | undefined;
}
