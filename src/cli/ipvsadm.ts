/** `tapvs ipvsadm`: the ipvsadm language against the running director. */
import { Command } from "commander";
import { runIpvsadmClient } from "../io/control/ipvsadm-client.ts";

export function ipvsadmCommand(): Command {
  return new Command("ipvsadm")
    .description(
      "Does what ipvsadm(8) does, to a running director. `tapvs ipvsadm --help` lists its options, as ipvsadm has them.",
    )
    .argument("[words...]", "as ipvsadm takes them")
    .allowUnknownOption()
    .helpOption(false)
    .passThroughOptions()
    .action(async (words: string[]) => {
      process.exitCode = await runIpvsadmClient("ipvsadm", words);
    });
}
