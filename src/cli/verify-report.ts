/** What is told of one verified case: the same facts on a terminal, as JSON and as JUnit XML. */
import { sentence } from "../core/explain/sentences.ts";
import type { CaseResult } from "../core/replay/case-result.ts";
import type { Difference } from "../core/replay/difference.ts";
import { differenceLines, differenceTitle, differingFields } from "../core/replay/difference-text.ts";
import type { CaseLocation, NoCase } from "../io/recorded-cases.ts";
import type { CaseFailure } from "../io/verify-case.ts";
import { type ExitCode, FAILED, WRONG_USAGE } from "./failure.ts";
import { coloured } from "./output.ts";

export interface CaseReport {
  readonly name: string;
  readonly path: string;
  readonly outcome: "match" | "differs" | "error";
  /** The exit code that it stands for. */
  readonly code: 0 | ExitCode;
  /** Frames of the recording that were compared. */
  readonly frames: number;
  /** Expectations in words. */
  readonly expectations: number;
  /** What is wrong in one line, and the details; nothing for a match. */
  readonly title: string;
  readonly lines: readonly string[];
  readonly notes: readonly string[];
  readonly difference: Difference | undefined;
  /** How long it took. */
  readonly seconds: number;
}

export function reportOf(location: CaseLocation, result: CaseResult | CaseFailure, seconds: number): CaseReport {
  const { name, path } = location;
  if ("errors" in result) {
    const code = result.fault === "usage" ? WRONG_USAGE : FAILED;
    return errorReport(name, path, result.errors, code, seconds);
  }
  const { frames, expectations = 0, difference, notes } = result;
  if (difference === undefined) {
    const said = { title: "", lines: [], notes, difference };
    return { name, path, outcome: "match", code: 0, frames, expectations, ...said, seconds };
  }
  const title = differenceTitle(difference);
  return {
    name,
    path,
    outcome: "differs",
    code: FAILED,
    frames,
    expectations,
    title,
    lines: differenceLines(difference),
    notes,
    difference,
    seconds,
  };
}

export const noCaseReport = ({ path, message }: NoCase): CaseReport =>
  errorReport(path, path, [`${path}: ${message}`], WRONG_USAGE, 0);

function errorReport(
  name: string,
  path: string,
  errors: readonly string[],
  code: ExitCode,
  seconds: number,
): CaseReport {
  const [title = "", ...lines] = errors;
  return {
    name,
    path,
    outcome: "error",
    code,
    frames: 0,
    expectations: 0,
    title,
    lines,
    notes: [],
    difference: undefined,
    seconds,
  };
}

const COLOURS = { match: "green", differs: "red", error: "red" } as const;

/** Lines for people. The details of errors go elsewhere. */
export function reportText({ name, path, outcome, frames, expectations, title, lines, notes }: CaseReport): string {
  const word = coloured(COLOURS[outcome], outcome.padEnd("differs".length));
  if (outcome === "error") return `${word}  ${name}\n`;
  const compared = expectations > 0 && frames === 0 ? amount(expectations, "expectation") : amount(frames, "frame");
  const head = `${word}  ${name}  (${compared})`;
  const details = outcome === "differs" ? [`${path}: ${title}`, ...lines].map((line) => `    ${line}`.trimEnd()) : [];
  return `${[head, ...notes.map((note) => `    note: ${note}`), ...details].join("\n")}\n`;
}

const amount = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** The report as plain values, frames in hexadecimal digits. */
export function reportJson({ name, path, outcome, frames, title, lines, notes, difference }: CaseReport): object {
  const errors = outcome === "error" ? { errors: [title, ...lines] } : {};
  return {
    name,
    path,
    outcome,
    frames,
    notes,
    ...errors,
    ...(difference && { difference: differenceJson(difference) }),
  };
}

function differenceJson(difference: Difference): object {
  const { place, cause, finding, walk } = difference;
  const { kind, expected, got } = finding;
  const shown =
    kind === "frame"
      ? { expected: frameJson(expected), got: frameJson(got), fields: differingFields(finding) }
      : { what: finding.what, expected, got };
  return { kind, place, title: differenceTitle(difference), cause, ...shown, walk: walk.map(sentence) };
}

type FrameFinding = Extract<Difference["finding"], { readonly kind: "frame" }>;

const frameJson = (frame: FrameFinding["expected"]): object | null =>
  frame === undefined ? null : { port: frame.dev, frame: Buffer.from(frame.bytes).toString("hex") };
