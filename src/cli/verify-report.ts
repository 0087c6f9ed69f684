/** What is told of one verified case: the same facts on a terminal, as JSON and as JUnit XML. */
import { amount } from "../core/amount.ts";
import { sentence } from "../core/explain/sentences/sentences.ts";
import type { CaseResult } from "../core/replay/case-result.ts";
import type { Difference } from "../core/replay/difference.ts";
import { differenceLines, differenceTitle, differingFields } from "../core/replay/difference-text.ts";
import type { CaseLocation, NoCase } from "../io/recorded-cases.ts";
import type { CaseFailure } from "../io/verify-case.ts";
import { type ExitCode, FAILED, WRONG_USAGE } from "./failure.ts";
import { coloured } from "./output.ts";

/**
 * `idle`: nothing was balanced, although there are services. `expected`: it fails, and is listed as one that does. `unexpected`: it is
 * listed, and does not fail.
 */
export type Outcome = "match" | "differs" | "idle" | "error" | "expected" | "unexpected";

export interface CaseReport {
  readonly name: string;
  readonly path: string;
  readonly outcome: Outcome;
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
  readonly differences: CaseResult["differences"];
  /** How long it took. */
  readonly seconds: number;
}

/** What is known of a case before it is verified. */
export interface Expectation {
  readonly allowIdle: boolean;
  /** Why it is expected to fail; `undefined` if it is not. */
  readonly reason: string | undefined;
}

const NO_DIFFERENCES: CaseResult["differences"] = { total: 0, groups: [] };

export function reportOf(
  location: CaseLocation,
  result: CaseResult | CaseFailure,
  { allowIdle, reason }: Expectation,
  seconds: number,
): CaseReport {
  const { name, path } = location;
  if ("errors" in result) {
    const code = result.fault === "usage" ? WRONG_USAGE : FAILED;
    return errorReport(name, path, result.errors, code, seconds);
  }
  const { frames, expectations = 0, difference, differences, notes } = result;
  const idle = allowIdle ? undefined : result.idle;
  const title = difference === undefined ? (idle ?? "") : differenceTitle(difference);
  const fails = title !== "";
  const lines = difference === undefined ? [] : [...differenceLines(difference), ...groupLines(differences)];
  const outcome = fails ? (difference === undefined ? "idle" : "differs") : "match";
  const code = fails ? FAILED : 0;
  const report = { name, path, outcome, code, frames, expectations, title, lines, notes, seconds } as const;
  return asExpected({ ...report, difference, differences }, reason);
}

/** A listed case passes where it fails, and is an alarm where it does not. */
function asExpected(report: CaseReport, reason: string | undefined): CaseReport {
  if (reason === undefined) return report;
  if (report.outcome !== "match")
    return { ...report, outcome: "expected", code: 0, title: reason, lines: [report.title] };
  return { ...report, outcome: "unexpected", code: FAILED, title: `it matches, but is listed as failing: ${reason}` };
}

/** More than one difference, by kind. */
function groupLines({ total, groups }: CaseResult["differences"]): string[] {
  if (total < 2) return [];
  const widest = Math.max(...groups.map(({ count }) => String(count).length));
  const counted = groups.reduce((sum, { count }) => sum + count, 0);
  return [
    "",
    `${total} differences${counted < total ? `, of which the first ${counted} are these` : " in all"}:`,
    ...groups.map(({ count, title, places }) => {
      const more = count - places.length;
      const where = places.length === 0 ? "" : `: ${places.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
      return `  ${String(count).padStart(widest)}  ${title}${where}`;
    }),
  ];
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
  const nothing = { frames: 0, expectations: 0, notes: [], difference: undefined, differences: NO_DIFFERENCES };
  return { name, path, outcome: "error", code, title, lines, ...nothing, seconds };
}

const COLOURS = {
  match: "green",
  expected: "yellow",
  differs: "red",
  idle: "red",
  unexpected: "red",
  error: "red",
} as const satisfies Record<Outcome, string>;

/** Lines for people. The details of errors go elsewhere. */
export function reportText({ name, path, outcome, frames, expectations, title, lines, notes }: CaseReport): string {
  const word = coloured(COLOURS[outcome], outcome.padEnd("differs".length));
  if (outcome === "error") return `${word}  ${name}\n`;
  const compared = expectations > 0 && frames === 0 ? amount(expectations, "expectation") : amount(frames, "frame");
  const head = `${word}  ${name}  (${compared})`;
  const details = title === "" ? [] : [`${path}: ${title}`, ...lines].map((line) => `    ${line}`.trimEnd());
  return `${[head, ...notes.map((note) => `    note: ${note}`), ...details].join("\n")}\n`;
}

/** The report as plain values, frames in hexadecimal digits. */
export function reportJson(report: CaseReport): object {
  const { name, path, outcome, frames, title, lines, notes, difference, differences } = report;
  const errors = outcome === "error" ? { errors: [title, ...lines] } : {};
  const reason = ["idle", "expected", "unexpected"].includes(outcome) ? { reason: title } : {};
  return {
    name,
    path,
    outcome,
    frames,
    notes,
    ...errors,
    ...reason,
    ...(difference && { difference: differenceJson(difference), differences }),
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
