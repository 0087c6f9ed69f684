/** A difference as lines for people, without colour: the fields or lines that differ, and the way that led there. */
import { sentence } from "../explain/sentences/sentences.ts";
import { summary } from "../explain/summary.ts";
import type { Difference, Finding, FrameFinding } from "./difference.ts";
import { type FieldDifference, fieldDifferences } from "./field-differences.ts";
import { lineDiff } from "./line-diff.ts";

/** Fields that the title names. */
const NAMED = 4;

/** What differs, in one line: `line 18: another frame was sent on eth1: IPv4 TTL`. */
export function differenceTitle({ place, finding }: Difference): string {
  return place === "" ? findingTitle(finding) : `${place}: ${findingTitle(finding)}`;
}

/** The details, indented as they are to be printed under the title. */
export function differenceLines({ finding, cause, walk }: Difference): string[] {
  const lines = detailsOf(finding);
  if (cause !== "") lines.push("", `led there by ${cause}`);
  for (const event of walk) lines.push(`  ${sentence(event)}`);
  return lines;
}

/** The same without the place. */
export function findingTitle(finding: Finding): string {
  switch (finding.kind) {
    case "frame":
      return frameTitle(finding);
    case "text":
      return `${finding.what} differs`;
    case "expectation":
      return `${finding.what}: expected ${finding.expected}`;
    case "code":
      return `${finding.what} ends with ${finding.got}, recorded was ${finding.expected}`;
  }
}

function frameTitle({ expected, got }: FrameFinding): string {
  if (expected === undefined) return `a frame was sent on ${got?.dev} that the recording does not have`;
  if (got === undefined) return `the frame recorded on ${expected.dev} was not sent`;
  if (expected.dev !== got.dev) return `the frame recorded on ${expected.dev} was sent on ${got.dev}`;
  const names = differingFields({ kind: "frame", expected, got }).map(({ name }) => name);
  const more = names.length - NAMED;
  return `another frame was sent on ${got.dev}: ${names.slice(0, NAMED).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function detailsOf(finding: Finding): string[] {
  if (finding.kind === "text") return lineDiff(finding.expected, finding.got);
  if (finding.kind === "expectation")
    return finding.got.split("\n").map((line, index) => `${index === 0 ? "got " : "    "}${line}`);
  if (finding.kind === "code") return [];
  const { expected, got } = finding;
  const lines: string[] = [];
  if (expected !== undefined) lines.push(`recorded: ${summary(expected.bytes)}`);
  if (got !== undefined) lines.push(`emulated: ${summary(got.bytes)}`);
  const fields = differingFields({ kind: "frame", expected, got });
  return fields.length === 0 ? lines : [...lines, ...fieldTable(fields)];
}

/** Frames that differ in one of these have nothing in common behind it. */
const KINDS = /(Ethernet type|IPv4 protocol|ICMP type)$/;

/** The fields in which the frames differ, of what must not differ: a masked identification is no reason. */
export function differingFields({ expected, got }: FrameFinding): FieldDifference[] {
  if (expected === undefined || got === undefined) return [];
  const differences = fieldDifferences(expected.masked, got.masked);
  const kind = differences.findIndex(({ name }) => KINDS.test(name));
  return kind < 0 ? differences : differences.slice(0, kind + 1);
}

function fieldTable(differences: readonly FieldDifference[]): string[] {
  const rows = [{ name: "field", expected: "recorded", got: "emulated" }, ...differences];
  const width = (key: "name" | "expected"): number => Math.max(...rows.map((row) => row[key].length));
  const names = width("name");
  const values = width("expected");
  return rows.map(({ name, expected, got }) => `  ${name.padEnd(names)}  ${expected.padEnd(values)}  ${got}`.trimEnd());
}
