/** `tapvs lab up`. */
import { constants } from "node:os";
import { resolve } from "node:path";
import { Command, Option } from "commander";
import type { Mode } from "../../core/simulator/layout.ts";
import { whyUnreadable } from "../../io/file-kind.ts";
import { runExample } from "../../lab/example-run.ts";
import { legLines } from "../../lab/graph/legs.ts";
import { LabError } from "../../lab/lab-error.ts";
import { type Lab, type LabOptions, SESSION_KINDS, type SessionKind, urlOf } from "../../lab/plan.ts";
import { shellScript } from "../../lab/script.ts";
import { EXAMPLES } from "../../lab/topologies.ts";
import { type RaisedLab, raise, sectionsOf } from "../../lab/up.ts";
import { print, say } from "../output.ts";
import { acting } from "./acting.ts";
import { modeArgument, optionsOf, type ShapeFlags, shaped } from "./shape.ts";

interface UpFlags extends ShapeFlags {
  readonly example?: boolean;
  readonly session: SessionKind;
  readonly keepalived?: string;
  readonly dryRun?: boolean;
  readonly quiet?: boolean;
}

export function upCommand(): Command {
  return shaped(new Command("up"))
    .description("build a lab, and print the commands that build it")
    .addArgument(modeArgument())
    .option(
      "--example",
      "the worked example of NAT or direct routing, with its own addresses, typed command by command",
    )
    .addOption(
      new Option("--session <kind>", "what binds a session to its real server").choices(SESSION_KINDS).default("none"),
    )
    .option("--keepalived <file>", "let keepalived keep the director's table, by its configuration")
    .option("--dry-run", "print the commands, and do nothing")
    .option("-q, --quiet", "do not print the commands")
    .action(acting(up));
}

async function up(mode: Mode, flags: UpFlags): Promise<void> {
  const options = { ...optionsOf(mode, flags), ...keptBy(flags) };
  if (options.example && !EXAMPLES.includes(mode)) {
    throw new LabError(2, `there are worked examples of ${EXAMPLES.join(" and ")}, not of ${mode}`);
  }
  if (flags.dryRun === true) return print(shellScript(sectionsOf(options).sections));
  const raised = await raiseOrAbort(options);
  if (flags.quiet !== true) print(shellScript(raised.sections));
  if (options.example) await runExample(raised, print);
  for (const line of afterwards(raised.lab)) say(line);
}

/** keepalived reads its file by itself, again at every SIGHUP. */
function keptBy({ keepalived, example, health }: UpFlags): Pick<LabOptions, "keepalived"> {
  if (keepalived === undefined) return {};
  const others = example === true ? "--example" : health === true ? "--health" : undefined;
  if (others !== undefined) throw new LabError(2, `--keepalived: keepalived keeps the table alone, without ${others}`);
  const file = resolve(keepalived);
  const failure = whyUnreadable(file);
  if (failure !== undefined) throw new LabError(2, `${keepalived}: ${failure.text}`);
  return { keepalived: file };
}

/** Builds a lab; a signal takes down what stands of it, and ends the process. */
export async function raiseOrAbort(options: LabOptions): Promise<RaisedLab> {
  const abort = new AbortController();
  let code = 0;
  const stop = (signal: "SIGINT" | "SIGTERM"): void => {
    code = 128 + constants.signals[signal];
    abort.abort();
  };
  process.once("SIGINT", stop).once("SIGTERM", stop);
  try {
    return await raise(options, abort.signal);
  } catch (error) {
    if (code !== 0) process.exit(code);
    throw error;
  } finally {
    process.off("SIGINT", stop).off("SIGTERM", stop);
  }
}

const afterwards = (lab: Lab): string[] => [
  "",
  `The lab ${lab.name} stands. One request:`,
  ...legLines(lab).map((line) => `  ${line}`),
  `  tapvs lab exec --name ${lab.name} client curl ${urlOf(lab.service.address)}`,
  `  tapvs lab exec --name ${lab.name} director ipvsadm -Ln`,
  `  tapvs lab check ${lab.name}`,
  `  tapvs lab down ${lab.name}`,
];
