/** `tapvs handover`: a running director gives its place to a new process. */
import { Command } from "commander";
import { print } from "./output.ts";
import { postOrFail, socketOrFail } from "./running-director.ts";

export function handoverCommand(): Command {
  return new Command("handover")
    .description(
      "Lets the running director give its place to a new process of the same command line, without a lost packet. The program may be a newer version by then. Rules, connections, addresses and switches are those in force.",
    )
    .option("--socket <path>", "control socket (default: TAPVS_SOCKET, or the only one there is)")
    .action(handover);
}

async function handover({ socket }: { readonly socket?: string }): Promise<void> {
  const { pid } = await postOrFail<{ readonly pid: number }>(await socketOrFail(socket), "/v1/handover");
  print(`process ${pid} has taken over\n`);
}
