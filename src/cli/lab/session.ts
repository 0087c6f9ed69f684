/** `tapvs lab session`. */
import { constants } from "node:os";
import { Argument, Command, Option } from "commander";
import { MODES, type Mode } from "../../core/simulator/layout.ts";
import { takeDown } from "../../lab/down.ts";
import { SESSION_KINDS, type SessionKind } from "../../lab/plan.ts";
import { tryoutSessions } from "../../lab/session-binding.ts";
import { sessionReport } from "../../lab/session-report.ts";
import { print, printJson } from "../output.ts";
import { acting } from "./acting.ts";
import { optionsOf, type ShapeFlags, shaped } from "./shape.ts";
import { raiseOrAbort } from "./up.ts";

export function sessionCommand(): Command {
  return shaped(new Command("session"))
    .description("show in a lab of its own when clients keep their login sessions, and when they lose them")
    .addArgument(new Argument("<kind>", "what binds a session to its real server").choices(SESSION_KINDS))
    .addOption(new Option("--mode <mode>", "forwarding method").choices(MODES).default("nat"))
    .option("--keep", "leave the lab standing")
    .option("--json", "one JSON document")
    .action(acting(session));
}

interface SessionFlags extends ShapeFlags {
  readonly mode: Mode;
  readonly keep?: boolean;
  readonly json?: boolean;
}

async function session(kind: SessionKind, flags: SessionFlags): Promise<void> {
  const options = optionsOf(flags.mode, { ...flags, name: flags.name ?? "session", session: kind });
  const { lab } = await raiseOrAbort(options);
  const stop = (signal: "SIGINT" | "SIGTERM"): void => {
    takeDown(lab.name).finally(() => process.exit(128 + constants.signals[signal]));
  };
  process.once("SIGINT", stop).once("SIGTERM", stop);
  try {
    const result = await tryoutSessions(lab, kind);
    if (flags.json === true) printJson({ v: 1, ...result });
    else print(sessionReport(result));
  } finally {
    process.off("SIGINT", stop).off("SIGTERM", stop);
    if (flags.keep !== true) await takeDown(lab.name);
  }
}
