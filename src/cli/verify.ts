/** `tapvs verify`: recorded cases are replayed and held against what was recorded. */
import { dirname, join } from "node:path";
import { Command } from "commander";
import { formatTranscript } from "../core/capture/transcript-writer.ts";
import type { CaseResult } from "../core/replay/case-result.ts";
import type { Offloads } from "../core/replay/recorded-offloads.ts";
import { type CaseLocation, findCases } from "../io/recorded-cases.ts";
import { isSameFile } from "../io/same-file.ts";
import { writeText } from "../io/text-file.ts";
import { type TellIdle, verifyCase } from "../io/verify-case.ts";
import { FAILED, Failure, WRONG_USAGE } from "./failure.ts";
import { makeFolderOrFail } from "./folder.ts";
import { junitXml } from "./junit.ts";
import { offloadsOption } from "./offloads.ts";
import { coloured, print, printJson, say } from "./output.ts";
import { endOnSignals } from "./signals.ts";
import { type CaseReport, noCaseReport, reportJson, reportOf, reportText } from "./verify-report.ts";

interface VerifyOptions {
  readonly record?: string;
  readonly junit?: string;
  readonly json?: true;
  readonly offloads: Offloads;
}

export function verifyCommand(): Command {
  return new Command("verify")
    .description(
      "Replays recorded cases and compares what the emulator does with what was recorded. A case is a transcript (*.jsonl), the same as text (*.case), or a directory " +
        "with director.yaml and wire.pcapng, a capture of both directions, and, where there are such, the listings stats.txt and connections.txt. " +
        "Ends with 1 if a case differs, with 2 if one cannot be run.",
    )
    .argument("<path...>", "cases, or directories of cases")
    .addOption(offloadsOption())
    .option("--record <dir>", "write what the emulator did there, as a transcript for each case")
    .option("--junit <file>", "write the results as JUnit XML")
    .option("--json", "the results as one JSON document")
    .action(verify);
}

async function verify(paths: readonly string[], options: VerifyOptions): Promise<void> {
  endOnSignals();
  const reports: CaseReport[] = [];
  const recorded = new Set<string>();
  const idle = new Set<string>();
  const tell: TellIdle = (file, name) => {
    if (!idle.has(name)) say(`${file}: ${name} has no effect here`);
    idle.add(name);
  };
  for (const found of paths.flatMap(findCases)) {
    const report = found.kind === "none" ? noCaseReport(found) : await verifyOne(found, options, { recorded, tell });
    reports.push(report);
    if (report.outcome === "error") for (const line of [report.title, ...report.lines]) say(line);
    if (!options.json) print(reportText(report));
  }
  const matching = reports.filter(({ outcome }) => outcome === "match").length;
  if (options.json) printJson({ v: 1, matching, total: reports.length, cases: reports.map(reportJson) });
  else print(`${coloured(matching === reports.length ? "green" : "red", `${matching} of ${reports.length} match`)}\n`);
  if (options.junit !== undefined) write(options.junit, junitXml(reports));
  process.exitCode = Math.max(0, ...reports.map(({ code }) => code));
}

async function verifyOne(
  location: CaseLocation,
  { record, offloads }: VerifyOptions,
  { recorded, tell }: { readonly recorded: Set<string>; readonly tell: TellIdle },
): Promise<CaseReport> {
  const started = performance.now();
  const result = await verifyCase(location, tell, { offloads });
  const report = reportOf(location, result, (performance.now() - started) / 1000);
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
