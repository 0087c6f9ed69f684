/** `tapvs lab lose`. */

import { Command } from "commander";
import { amount } from "../../core/amount.ts";
import { type Loss, loseDirector } from "../../lab/lose.ts";
import { requireRoot } from "../../lab/machine.ts";
import { DIRECTOR } from "../../lab/names.ts";
import type { Lab } from "../../lab/plan.ts";
import { planLab } from "../../lab/topologies.ts";
import { wholeNumber } from "../option-values.ts";
import { print, printJson } from "../output.ts";
import { acting, type NameFlag, stateOf } from "./acting.ts";

export function loseCommand(): Command {
  return new Command("lose")
    .description("kill one of several directors under connections that stay open, and tell how many of them break")
    .argument("[director]", "which one: director, director2, ...", DIRECTOR)
    .option("--connections <number>", "how many connections", wholeNumber(1, 10_000), 200)
    .option("--name <lab>", "which lab, if there are several")
    .option("--json", "one JSON document")
    .action(acting(lose));
}

interface LoseFlags extends NameFlag {
  readonly connections: number;
  readonly json?: boolean;
}

async function lose(host: string, { connections, name, json }: LoseFlags): Promise<void> {
  requireRoot();
  const state = await stateOf(name);
  const lab = planLab(state.options);
  const loss = await loseDirector(lab, { host, connections });
  if (json === true) printJson({ v: 1, lab: lab.name, ...loss });
  else print(`${lossLines(lab, loss).join("\n")}\n`);
}

function lossLines({ service, director: { several } }: Lab, { killed, shares, held, broken }: Loss): string[] {
  const how =
    several?.kind === "ecmp" ? `${several.next}, ${several.synchronised ? "" : "not "}synchronised` : "synchronised";
  const percent = ((100 * broken) / held.connections).toFixed(1);
  return [
    `${amount(held.connections, "connection")} by ${service.scheduler}, ${how}; ${killed} is killed`,
    ...shares.map((share) => `  ${share.director.padEnd(10)} ${share.connections} had begun there`),
    `${broken} of ${held.connections} broke (${percent} %): ${held.reset} reset, ${held.closed} closed, ${held.silent} silent`,
    ...(held.early === 0 ? [] : [`${held.early} of these broke before ${killed} was killed`]),
  ];
}
