/**
 * record.js [--out DIRECTORY] SCENARIO...: plays scenarios, and cases, on a real kernel and keeps the recordings. Says where the
 * kernel did something else than the scenario expects, and where tapvs does something else than the kernel.
 * Exit status: 0 all is as expected; 1 something differs or failed; 2 a scenario has mistakes, or no kernel can run here.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { parseArgs } from "node:util";
import { formatTranscript } from "../../src/core/capture/transcript-writer.ts";
import { type Played, playOnKernel, whyNoKernel } from "./kernel.ts";
import { CASE, compileCase } from "./scenario/case-file.ts";
import { unmet } from "./scenario/expectation.ts";
import { compileScenario, type Scenario } from "./scenario/scenario.ts";
import { ScenarioError } from "./scenario/words.ts";
import { judge, transcriptOf } from "./verdict.ts";

const USAGE = "usage: record.js [--out DIRECTORY] SCENARIO...";
const OUT = "fixtures/recordings";

/** A scenario's name is that of its file, without what follows the last dot. */
const nameOf = (file: string): string => basename(file, extname(file));

function compile(files: readonly string[]): Map<string, Scenario> {
  const scenarios = new Map<string, Scenario>();
  for (const file of files) {
    const name = nameOf(file);
    if (scenarios.has(name)) throw new ScenarioError(`${file}: expected another name than that of a scenario before`);
    const text = readFileSync(file, "utf8");
    scenarios.set(name, (file.endsWith(CASE) ? compileCase : compileScenario)(text, file, name));
  }
  return scenarios;
}

/** What is worth telling about a recording, as lines; none if all is as expected. */
function complaints(scenario: Scenario, recording: string, name: string): string[] {
  const transcript = transcriptOf(recording, name);
  const { difference } = judge(transcript);
  return [...unmet(scenario.expectations, transcript.events, scenario.nameOf), ...difference];
}

async function record(scenarios: ReadonlyMap<string, Scenario>, out: string): Promise<number> {
  mkdirSync(out, { recursive: true });
  let status = 0;
  const inputs = new Map([...scenarios].map(([name, scenario]) => [name, formatTranscript(scenario)]));
  const keep = (name: string, result: Played): void => {
    const scenario = scenarios.get(name);
    if ("failed" in result || scenario === undefined) {
      status = 1;
      console.log(`FAILED ${name}: ${"failed" in result ? result.failed : "unknown"}`);
      return;
    }
    const file = join(out, `${name}.jsonl`);
    writeFileSync(file, result.recording);
    const lines = complaints(scenario, result.recording, file);
    if (lines.length > 0) status = 1;
    console.log(`${lines.length > 0 ? "DIFFERS" : "recorded"} ${file}`);
    for (const line of lines) console.log(`  ${line}`);
  };
  await playOnKernel(inputs, keep);
  return status;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ options: { out: { type: "string" } }, allowPositionals: true });
  if (positionals.length === 0) {
    console.error(USAGE);
    return 2;
  }
  const scenarios = compile(positionals);
  const why = whyNoKernel();
  if (why !== undefined) {
    console.error(`no recording: ${why}`);
    return 2;
  }
  return record(scenarios, values.out ?? OUT);
}

main().then(
  (status) => {
    process.exitCode = status;
  },
  (thrown: unknown) => {
    console.error(thrown instanceof Error ? thrown.message : thrown);
    process.exitCode = thrown instanceof ScenarioError || (thrown instanceof Error && "code" in thrown) ? 2 : 1;
  },
);
