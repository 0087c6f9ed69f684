/** `tapvs address`: `ip address` of the running director. What is added is announced to its neighbors. */
import { Command } from "commander";
import { runHostClient } from "../io/control/host-client.ts";

export function addressCommand(): Command {
  return new Command("address")
    .description(
      "Lists, adds and deletes addresses of a running director, as ip-address(8) does: `tapvs address add 10.1.0.100/32 dev eth0`. One that is added is announced, so that neighbors which knew it elsewhere send here at once.",
    )
    .argument("[words...]", "as `ip address` takes them")
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (words: string[]) => {
      process.exitCode = await runHostClient("ip", ["address", ...words], "tapvs address");
    });
}
