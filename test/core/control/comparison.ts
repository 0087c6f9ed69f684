/** Holds an outcome against a record. Free are the order of connections, and 2 s of the time they have left. */
import { expect } from "chai";
import type { Outcome } from "../../../src/core/control/environment.ts";
import type { RecordedCommand } from "./records.ts";

/** How far apart the seconds that a connection has left may be. */
const CLOCK_TOLERANCE = 2;

interface Row {
  /** The line without its seconds. */
  readonly text: string;
  readonly seconds: number;
}

/** `TCP 14:59  ESTABLISHED ...` of `-Lc`. */
function listedRow(line: string): Row | undefined {
  const match = /^(\S+ +)(\d+):(\d\d)( +.*)$/.exec(line);
  return match === null
    ? undefined
    : { text: `${match[1]}*${match[4]}`, seconds: Number(match[2]) * 60 + Number(match[3]) };
}

/** `TCP AC100509 ... ESTABLISHED     896` of /proc/net/ip_vs_conn: seven columns of seconds at the end. */
function procRow(line: string): Row | undefined {
  return /^\S+ +[0-9A-Fa-f:]+ [0-9A-F]{4} .* {1,7}\d+$/.test(line)
    ? { text: line.slice(0, -7), seconds: Number(line.slice(-7)) }
    : undefined;
}

const byText = (a: Row, b: Row): number => (a.text === b.text ? a.seconds - b.seconds : a.text < b.text ? -1 : 1);

function split(text: string): { readonly lines: readonly string[]; readonly rows: readonly Row[] } {
  const lines: string[] = [];
  const rows: Row[] = [];
  for (const line of text.split("\n")) {
    const row = listedRow(line) ?? procRow(line);
    if (row === undefined) lines.push(line);
    else rows.push(row);
  }
  return { lines, rows: rows.sort(byText) };
}

/** Takes lines out that match; says how many. */
export function without(text: string, pattern: RegExp): { readonly text: string; readonly taken: number } {
  const lines = text.split("\n");
  const kept = lines.filter((line) => !pattern.test(line));
  return { text: kept.join("\n"), taken: lines.length - kept.length };
}

/** The outcome is the record's: to the byte, but for what connections may differ in. */
export function expectSame(outcome: Outcome, record: RecordedCommand): void {
  const got = split(outcome.out);
  const recorded = split(record.stdout);
  expect(got.lines.join("\n")).to.equal(recorded.lines.join("\n"));
  expect(got.rows.map(({ text }) => text)).to.deep.equal(recorded.rows.map(({ text }) => text));
  for (const [index, row] of recorded.rows.entries()) {
    expect(got.rows[index]?.seconds, `seconds left: ${row.text}`).to.be.closeTo(row.seconds, CLOCK_TOLERANCE);
  }
  expect(outcome.err).to.equal(record.stderr);
  expect(outcome.code).to.equal(record.exit);
}
