/** `tapvs lab check`. */
import { Command } from "commander";
import { checkLab, isSound } from "../../lab/check.ts";
import { checkReport, faultLines } from "../../lab/check-report.ts";
import { requireRoot } from "../../lab/machine.ts";
import { planLab } from "../../lab/topologies.ts";
import { FAILED, Failure } from "../failure.ts";
import { wholeNumber } from "../option-values.ts";
import { print, printJson } from "../output.ts";
import { acting, stateOf } from "./acting.ts";

export function checkCommand(): Command {
  return new Command("check")
    .description("send requests from the client, show who answered, and tell what is missing where")
    .argument("[lab]", "which lab, if there are several")
    .option("-n, --requests <number>", "how many requests", wholeNumber(1, 1_000_000), 20)
    .option("--json", "one JSON document")
    .action(acting(check));
}

async function check(
  name: string | undefined,
  flags: { readonly requests: number; readonly json?: boolean },
): Promise<void> {
  requireRoot();
  const state = await stateOf(name);
  const lab = planLab(state.options);
  const result = await checkLab(lab, state.processes, { requests: flags.requests, statistics: flags.json !== true });
  const { listings: _, ...values } = result;
  if (flags.json === true) printJson({ v: 1, lab: lab.name, mode: lab.mode, ...values, ok: isSound(result) });
  else print(checkReport(lab, result));
  if (!isSound(result)) throw new Failure(FAILED, ...faultLines(result));
}
