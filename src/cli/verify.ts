/** `tapvs verify`: recorded cases are replayed and held against what was recorded. */

import { dirname, join } from "node:path";
import { Command, Option } from "commander";
import { formatTranscript } from "../core/capture/transcript-writer.ts";
import type { CaseResult } from "../core/replay/case-result.ts";
import { MOST_DIFFERENCES } from "../core/replay/difference-groups.ts";
import type { Offloads } from "../core/replay/recorded-offloads.ts";
import { type CaseLocation, findCases } from "../io/recorded-cases.ts";
import { isSameFile } from "../io/same-file.ts";
import { STANDARD } from "../io/standard.ts";
import { writeText } from "../io/text-file.ts";
import { type TellIdle, verifyCase } from "../io/verify-case.ts";
import { ExpectedFailures } from "./expected-failures.ts";
import { FAILED, Failure, WRONG_USAGE } from "./failure.ts";
import { makeFolderOrFail } from "./folder.ts";
import { junitXml } from "./junit.ts";
import { offloadsOption } from "./offloads.ts";
import { wholeNumber } from "./option-values.ts";
import { coloured, print, printJson, say } from "./output.ts";
import { refuseUnwritable, refuseUnwritableFolder } from "./output-file.ts";
import { Progress } from "./progress.ts";
import { endOnSignals } from "./signals.ts";
import { type CaseReport, noCaseReport, reportJson, reportOf, reportText } from "./verify-report.ts";
import { summaryMarkdown } from "./verify-summary.ts";

interface VerifyOptions {
  readonly record?: string;
  readonly junit?: string;
  readonly summary?: string;
  readonly expectedFailures?: string;
  readonly allowIdle?: true;
  readonly limit: number;
  readonly json?: true;
  readonly offloads: Offloads;
}

export function verifyCommand(): Command {
  return new Command("verify")
    .description(
      "Replays recorded cases and compares what the emulator does with what was recorded. A case is a transcript (*.jsonl), the same as text (*.case), or a directory " +
        "with director.yaml and wire.pcapng, a capture of both directions, and, if they are there, the listings stats.txt and connections.txt. " +
        "Ends with 1 if a case differs, or nothing is balanced in its capture although there are services; with 2 if one cannot be run.",
    )
    .argument("<path...>", "cases, or directories of cases")
    .addOption(offloadsOption())
    .option("--record <dir>", "write what the emulator did into this directory, a transcript for each case")
    .option(
      "--expected-failures <file>",
      "cases that are known to fail, as NAME: REASON a line; one that matches is an alarm",
    )
    .option("--allow-idle", "do not count it as a failure that nothing is balanced although there are services")
    .addOption(
      new Option("--limit <n>", "find at most so many differences of a case")
        .argParser(wholeNumber(1))
        .default(MOST_DIFFERENCES),
    )
    .option("--junit <file>", "write the results as JUnit XML; - is standard output")
    .option("--summary <file>", "write the results as Markdown, for the page of a CI job")
    .option("--json", "the results as one JSON document")
    .action(verify);
}

async function verify(paths: readonly string[], options: VerifyOptions): Promise<void> {
  endOnSignals();
  const tellResult = resultTeller(options);
  refuseUnwritable(options.junit, options.summary);
  refuseUnwritableFolder(options.record);
  const failures = ExpectedFailures.read(options.expectedFailures);
  const reports: CaseReport[] = [];
  const recorded = new Set<string>();
  const idle = new Set<string>();
  const tell: TellIdle = (file, name) => {
    if (!idle.has(name)) say(`${file}: ${name} has no effect here`);
    idle.add(name);
  };
  for (const found of paths.flatMap(findCases)) {
    const report =
      found.kind === "none" ? noCaseReport(found) : await verifyOne(found, options, { recorded, tell, failures });
    reports.push(report);
    if (report.outcome === "error") for (const line of [report.title, ...report.lines]) say(line);
    if (!options.json) tellResult(reportText(report));
  }
  const matching = reports.filter(({ outcome }) => outcome === "match").length;
  if (options.json) printJson({ v: 1, matching, total: reports.length, cases: reports.map(reportJson) });
  else tellResult(`${sumOf(reports)}\n`);
  const unwritten = [
    options.junit && writeText(options.junit, junitXml(reports)),
    options.summary && writeText(options.summary, summaryMarkdown(reports)),
  ].flatMap((error) => (typeof error === "object" ? [error.message] : []));
  const strangers = failures.strangers();
  for (const line of strangers) say(line);
  if (unwritten.length > 0) throw new Failure(FAILED, ...unwritten);
  process.exitCode = Math.max(strangers.length > 0 ? WRONG_USAGE : 0, ...reports.map(({ code }) => code));
}

/** Where results are told: beside a report that goes to standard output, on standard error. */
function resultTeller({ junit, summary, json }: VerifyOptions): (text: string) => void {
  const there = [junit, summary, json && STANDARD].filter((place) => place === STANDARD).length;
  if (there > 1)
    throw new Failure(WRONG_USAGE, "standard output has room for one of --junit -, --summary - and --json");
  return there === 0 ? print : (text) => say(text.trimEnd());
}

/** How many match, and how many fail as they are expected to. */
function sumOf(reports: readonly CaseReport[]): string {
  const matching = reports.filter(({ outcome }) => outcome === "match").length;
  const expected = reports.filter(({ outcome }) => outcome === "expected").length;
  const text = `${matching} of ${reports.length} match${expected > 0 ? `, ${expected} fail as expected` : ""}`;
  return coloured(reports.every(({ code }) => code === 0) ? "green" : "red", text);
}

async function verifyOne(
  location: CaseLocation,
  { record, offloads, allowIdle, limit: most }: VerifyOptions,
  {
    recorded,
    tell,
    failures,
  }: { readonly recorded: Set<string>; readonly tell: TellIdle; readonly failures: ExpectedFailures },
): Promise<CaseReport> {
  const started = performance.now();
  const progress = new Progress("packets compared");
  const each = (): void => progress.count();
  const result = await verifyCase(location, tell, { offloads, most, records: record !== undefined, each });
  progress.end();
  const expectation = { allowIdle: allowIdle === true, reason: failures.reasonFor(location.name) };
  const report = reportOf(location, result, expectation, (performance.now() - started) / 1000);
  if (record !== undefined && "made" in result)
    recordCase(join(record, `${location.name}.jsonl`), location, result, recorded);
  return report;
}

/** Writes what the emulator did. Two cases of one name would write one file. */
function recordCase(file: string, { path }: CaseLocation, { made }: CaseResult, recorded: Set<string>): void {
  if (recorded.has(file)) throw new Failure(FAILED, `${path}: another case was recorded as ${file} already`);
  if (isSameFile(file, path))
    throw new Failure(WRONG_USAGE, `${path}: --record would destroy the recording that is read`);
  recorded.add(file);
  makeFolderOrFail(dirname(file));
  write(file, formatTranscript(made));
}

function write(file: string, text: string): void {
  const error = writeText(file, text);
  if (error !== undefined) throw new Failure(FAILED, error.message);
}
