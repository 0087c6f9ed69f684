/** `tapvs lab`: hosts in network namespaces around a live director. One file per command, in lab/. */
import { Command } from "commander";
import { captureCommand } from "./lab/capture.ts";
import { checkCommand } from "./lab/check.ts";
import { downCommand } from "./lab/down.ts";
import { execCommand } from "./lab/exec.ts";
import { exportCommand } from "./lab/export.ts";
import { graphCommand } from "./lab/graph.ts";
import { listCommand } from "./lab/list.ts";
import { loseCommand } from "./lab/lose.ts";
import { sessionCommand } from "./lab/session.ts";
import { upCommand } from "./lab/up.ts";

export function labCommand(): Command {
  const lab = new Command("lab")
    .description(
      "Builds labs: a live director between clients and real servers, each a network namespace of this machine. Needs root.",
    )
    .enablePositionalOptions();
  const commands = [
    upCommand(),
    checkCommand(),
    loseCommand(),
    downCommand(),
    listCommand(),
    execCommand(),
    exportCommand(),
    captureCommand(),
    graphCommand(),
    sessionCommand(),
  ];
  for (const command of commands) lab.addCommand(command.exitOverride());
  return lab;
}
