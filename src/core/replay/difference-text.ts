/** A difference as lines for people, without colour: the fields or lines that differ, and the way that led there. */
import { sentence } from "../explain/sentences.ts";
import { summary } from "../explain/summary.ts";
import type { Difference, Finding, FrameFinding } from "./difference.ts";
import { type FieldDifference, fieldDifferences } from "./frame-fields.ts";
import { lineDiff } from "./line-diff.ts";

/** What differs, in one line: `line 18: another frame was sent on eth1: IPv4 TTL`. */
export function differenceTitle({ place, finding }: Difference): string {
  return `${place}: ${titleOf(finding)}`;
}

/** The details, indented as they are to be printed under the title. */
export function differenceLines({ finding, cause, walk }: Difference): string[] {
  const lines = detailsOf(finding);
  if (cause !== "") lines.push("", `led there by ${cause}`);
  for (const event of walk) lines.push(`  ${sentence(event)}`);
  return lines;
}

function titleOf(finding: Finding): string {
  switch (finding.kind) {
    case "frame":
      return frameTitle(finding);
    case "text":
      return `${finding.what} differs`;
    case "code":
      return `${finding.what} ends with ${finding.got}, recorded was ${finding.expected}`;
  }
}

function frameTitle({ expected, got }: FrameFinding): string {
  if (expected === undefined) return `a frame was sent on ${got?.dev} that the recording does not have`;
  if (got === undefined) return `the frame recorded on ${expected.dev} was not sent`;
  if (expected.dev !== got.dev) return `the frame recorded on ${expected.dev} was sent on ${got.dev}`;
  const names = differencesOf(expected.masked, got.masked).map(({ name }) => name);
  return `another frame was sent on ${got.dev}: ${names.join(", ")}`;
}

function detailsOf(finding: Finding): string[] {
  if (finding.kind === "text") return lineDiff(finding.expected, finding.got);
  if (finding.kind === "code") return [];
  const { expected, got } = finding;
  const lines: string[] = [];
  if (expected !== undefined) lines.push(`recorded: ${summary(expected.bytes)}`);
  if (got !== undefined) lines.push(`emulated: ${summary(got.bytes)}`);
  if (expected !== undefined && got !== undefined) lines.push(...fieldTable(differencesOf(expected.masked, got.masked)));
  return lines;
}

/** The fields of what must not differ, so that a masked identification is not taken for the reason. */
const differencesOf = fieldDifferences;

function fieldTable(differences: readonly FieldDifference[]): string[] {
  const rows = [{ name: "field", expected: "recorded", got: "emulated" }, ...differences];
  const width = (key: "name" | "expected"): number => Math.max(...rows.map((row) => row[key].length));
  const names = width("name");
  const values = width("expected");
  return rows.map(({ name, expected, got }) => `  ${name.padEnd(names)}  ${expected.padEnd(values)}  ${got}`.trimEnd());
}
