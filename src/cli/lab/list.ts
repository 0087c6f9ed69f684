/** `tapvs lab list`. */

import { Command } from "commander";
import { amount } from "../../core/amount.ts";
import { allLabs } from "../../lab/down.ts";
import { livingDirectors, stoppedPrograms } from "../../lab/living-directors.ts";
import { type LabState, readState } from "../../lab/state.ts";
import { planLab } from "../../lab/topologies.ts";
import { print, printJson } from "../output.ts";
import { acting } from "./acting.ts";

export function listCommand(): Command {
  return new Command("list")
    .description("list the labs of this machine")
    .option("--json", "one JSON document")
    .action(acting(list));
}

async function list(flags: { readonly json?: boolean }): Promise<void> {
  const labs = await Promise.all((await allLabs()).map(described));
  if (flags.json === true) return printJson({ v: 1, labs });
  for (const { name, state, mode = "", servers, created = "" } of labs) {
    const size = servers === undefined ? "" : amount(servers, "server");
    print(`${[name.padEnd(12), state.padEnd(8), mode.padEnd(8), size.padEnd(10), created].join(" ").trimEnd()}\n`);
  }
}

interface Described {
  readonly name: string;
  readonly state: "remains" | "up" | "broken";
  readonly mode?: string;
  readonly servers?: number;
  readonly scheduler?: string;
  readonly created?: string;
}

async function described(name: string): Promise<Described> {
  const state = readState(name);
  if (state === undefined) return { name, state: "remains" };
  const { mode, servers, scheduler } = state.options;
  return { name, state: (await isSound(state)) ? "up" : "broken", mode, servers, scheduler, created: state.created };
}

const isSound = async ({ complete, options, processes }: LabState): Promise<boolean> =>
  complete && stoppedPrograms(processes, await livingDirectors(planLab(options))).length === 0;
