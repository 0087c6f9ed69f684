/** `tapvs run`: a live director. */
import { Command, Option } from "commander";
import { describeConfigError, readConfig } from "../io/config.ts";
import { LOG_FORMATS, type LogFormat, standardLog } from "../io/log.ts";
import { runDirector } from "../io/live/run-director.ts";

interface RunFlags {
  readonly config: string;
  readonly socket?: string;
  readonly offload: boolean;
  readonly logFormat: LogFormat;
}

const WRONG_CONFIGURATION = 2;

export function runCommand(): Command {
  return new Command("run")
    .description("run a director on TAP devices")
    .requiredOption("-c, --config <file>", "the configuration, director.yaml")
    .option("--socket <path>", "control socket (default: /run/tapvs/NAME.sock)")
    .option("--no-offload", "exchange plain frames with the kernel: no partial checksums, no segments")
    .addOption(new Option("--log-format <format>", "how lines on stderr look").choices(LOG_FORMATS).default("text"))
    .action(run);
}

async function run(flags: RunFlags): Promise<void> {
  const result = readConfig(flags.config);
  if (result.kind === "errors") {
    for (const error of result.errors) process.stderr.write(`${describeConfigError(error)}\n`);
    process.exitCode = WRONG_CONFIGURATION;
    return;
  }
  process.exitCode = await runDirector({
    configFile: flags.config,
    config: result.config,
    socket: flags.socket,
    offloads: flags.offload,
    log: standardLog(flags.logFormat),
  });
}
