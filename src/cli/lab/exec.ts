/** `tapvs lab exec`. */
import { Command } from "commander";
import { executeHere } from "../../lab/execute.ts";
import { requireRoot } from "../../lab/machine.ts";
import { DIRECTOR } from "../../lab/names.ts";
import { directoryOf } from "../../lab/state.ts";
import { planLab } from "../../lab/topologies.ts";
import { acting, hostOrFail, type NameFlag, stateOf } from "./acting.ts";

export function execCommand(): Command {
  return new Command("exec")
    .description("run a command on a host of a lab; on the director, ipvsadm speaks to it")
    .argument("<host>", "client, router, director, rs1, ...")
    .argument("<command...>", "the command")
    .option("--name <lab>", "which lab, if there are several")
    .passThroughOptions()
    .action(acting(exec));
}

async function exec(host: string, words: readonly string[], flags: NameFlag): Promise<void> {
  requireRoot();
  const { options } = await stateOf(flags.name);
  const netns = hostOrFail(planLab(options), host);
  const path = host === DIRECTOR ? { PATH: `${directoryOf(options.name)}/bin:${process.env.PATH ?? ""}` } : {};
  process.exitCode = await executeHere(["ip", "netns", "exec", netns, ...words], { ...process.env, ...path });
}
