/** `tapvs doctor`: what works on this machine, and what to do where it does not. */
import { Command } from "commander";
import { examine } from "../io/doctor/doctor.ts";
import type { Finding, FindingState } from "../io/doctor/finding.ts";
import { thisMachine } from "../io/doctor/machine.ts";
import { configOrFail } from "./director-config.ts";
import { NO_PRIVILEGE } from "./failure.ts";
import { coloured, print, printJson } from "./output.ts";

interface DoctorFlags {
  readonly config?: string;
  readonly json?: true;
}

export function doctorCommand(): Command {
  return new Command("doctor")
    .description("Looks at this machine and says what a live director would find. Ends with 4 if none could run.")
    .option(
      "-c, --config <director.yaml>",
      "also look whether this machine has the virtual addresses of a configuration",
    )
    .option("--json", "one JSON document")
    .action(doctor);
}

async function doctor({ config, json }: DoctorFlags): Promise<void> {
  const findings = await examine(thisMachine, config === undefined ? undefined : configOrFail(config));
  if (json) printJson({ v: 1, findings });
  else print(findings.map(findingText).join(""));
  if (findings.some(({ state }) => state === "missing")) process.exitCode = NO_PRIVILEGE;
}

const MARKS: Readonly<Record<FindingState, string>> = {
  ok: "ok",
  note: "note",
  warning: "warning",
  missing: "missing",
};
const COLOURS = { ok: "green", note: "dim", warning: "yellow", missing: "red" } as const;

function findingText({ state, text, advice }: Finding): string {
  const mark = coloured(COLOURS[state], MARKS[state].padEnd(8));
  return `${mark} ${text}\n${advice === undefined ? "" : `${" ".repeat(9)}-> ${advice}\n`}`;
}
