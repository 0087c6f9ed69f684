/** `tapvs lab down`. */

import { Command } from "commander";
import { amount } from "../../core/amount.ts";
import { allLabs, takeDown } from "../../lab/down.ts";
import { LabError } from "../../lab/lab-error.ts";
import { requireRoot } from "../../lab/machine.ts";
import { isLabName } from "../../lab/names.ts";
import { say } from "../output.ts";
import { acting } from "./acting.ts";

export function downCommand(): Command {
  return new Command("down")
    .description("remove labs, and what is left of them after a crash")
    .argument("[labs...]", "which labs, if there are several")
    .option("--all", "all labs, and all namespaces with their prefix")
    .action(acting(down));
}

async function down(names: readonly string[], flags: { readonly all?: boolean }): Promise<void> {
  requireRoot();
  const there = await allLabs();
  const wanted = flags.all === true || names.length === 0 ? there : names;
  if (flags.all !== true && names.length === 0 && there.length > 1) {
    throw new LabError(2, `there are several labs: ${there.join(", ")}; say which, or --all`);
  }
  if (flags.all !== true && wanted.length === 0) throw new LabError(3, "there is no lab");
  for (const name of wanted) {
    if (!isLabName(name)) throw new LabError(2, `${name}: no lab is called so`);
    const { namespaces, processes } = await takeDown(name);
    if (there.includes(name))
      say(
        `${name}: removed ${amount(namespaces.length, "namespace")}, ended ${amount(processes, "process", "processes")}`,
      );
  }
  const missing = wanted.filter((name) => !there.includes(name));
  if (missing.length > 0) throw new LabError(3, `there is no lab ${missing.join(", ")}`);
}
