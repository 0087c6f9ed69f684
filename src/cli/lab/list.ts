/** `tapvs lab list`. */
import { Command } from "commander";
import { allLabs } from "../../lab/down.ts";
import { isRunning } from "../../lab/processes.ts";
import { readState } from "../../lab/state.ts";
import { print, printJson } from "../output.ts";
import { acting } from "./acting.ts";

export function listCommand(): Command {
  return new Command("list")
    .description("list the labs of this machine")
    .option("--json", "one JSON document")
    .action(acting(list));
}

async function list(flags: { readonly json?: boolean }): Promise<void> {
  const labs = (await allLabs()).map((name) => {
    const state = readState(name);
    if (state === undefined) return { name, state: "remains" };
    const { mode, servers, scheduler } = state.options;
    const sound = state.complete && state.processes.every(isRunning);
    return { name, state: sound ? "up" : "broken", mode, servers, scheduler, created: state.created };
  });
  if (flags.json === true) return printJson({ v: 1, labs });
  for (const { name, state, mode = "", servers, created = "" } of labs) {
    const size = servers === undefined ? "" : `${servers} servers`;
    print(`${[name.padEnd(12), state.padEnd(8), mode.padEnd(8), size.padEnd(10), created].join(" ").trimEnd()}\n`);
  }
}
