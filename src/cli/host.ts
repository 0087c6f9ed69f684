/** `tapvs host`: the programs by which a host is configured, run on the running director. */
import { Argument, Command } from "commander";
import { HOST_PROGRAMS } from "../core/host-programs/programs.ts";
import { runHostClient } from "../io/control/host-client.ts";

export function hostCommand(): Command {
  return new Command("host")
    .description(
      "Shows and changes addresses, routes and switches of a running director, as ifconfig(8), ip(8), netstat(8), route(8) and sysctl(8) do: `tapvs host ip address`. Changes stay until its configuration is read again.",
    )
    .addArgument(new Argument("<program>", "the program").choices(HOST_PROGRAMS))
    .argument("[words...]", "as the program takes them")
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (program: string, words: string[]) => {
      process.exitCode = await runHostClient(program, words);
    });
}
