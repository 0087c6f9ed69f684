/** `tapvs run`: a live director. */
import { Command, Option } from "commander";
import { Director } from "../core/host/director.ts";
import { describeConfigError, readConfig } from "../io/config.ts";
import type { ExplainedPacket } from "../io/live/explainer.ts";
import type { runDirector as RunDirector, RunEnd } from "../io/live/run-director.ts";
import { FILTER_WORDS, parseTraceFilter } from "../io/live/trace-filter.ts";
import { LOG_FORMATS, type LogFormat, standardLog } from "../io/log.ts";
import { STANDARD } from "../io/standard.ts";
import { loadRulesOrFail } from "./director-config.ts";
import { hangupsHeld, obeyHangups } from "./early-hangup.ts";
import { FAILED, Failure, NO_PRIVILEGE, WRONG_USAGE } from "./failure.ts";
import { coloured, print } from "./output.ts";
import { refuseUnwritable } from "./output-file.ts";

interface RunFlags {
  readonly config: string;
  readonly socket?: string;
  readonly offload: boolean;
  readonly ioUring: boolean;
  readonly capture?: string;
  readonly trace?: string | true;
  readonly remember?: true;
  readonly json?: true;
  readonly proc?: string;
  readonly restore?: true;
  readonly state?: string;
  readonly logFormat: LogFormat;
}

const EXIT_CODES: Readonly<Record<RunEnd, number>> = {
  stopped: 0,
  "already-running": FAILED,
  "no-device": NO_PRIVILEGE,
  "wrong-file": WRONG_USAGE,
};

export function runCommand(): Command {
  return new Command("run")
    .description(
      "Runs a director on TAP devices, in the foreground, until SIGTERM. SIGHUP reads the configuration again.",
    )
    .requiredOption(
      "-c, --config <director.yaml>",
      "interfaces, addresses, routes, rules and health checks of the director",
    )
    .option(
      "--socket <path>",
      "control socket (default: TAPVS_SOCKET, the configuration's, or /run/tapvs/NAME.sock with the configuration's name)",
    )
    .option("--no-offload", "exchange plain frames with the kernel: no partial checksums, no segments")
    .option("--no-io-uring", "read and write each frame by a call of its own")
    .option("--capture <file>", "write what arrives and what is sent to a pcapng file, with what became of each packet")
    .option("--trace [filter]", `explain packets on standard output; of all, or of ${FILTER_WORDS}`)
    .option("--remember", "remember connections that have expired, for tapvs why; --trace does, too")
    .option("--json", "with --trace: explained packets as lines of JSON")
    .option(
      "--proc <folder>",
      "keep the files of /proc/net (ip_vs, ip_vs_stats, ip_vs_conn) in FOLDER/net, and the switches in FOLDER/sys",
    )
    .option("--restore", "begin with the rules that a crashed director left in its state file")
    .option("--state <file>", "state file (default: beside the socket)")
    .addOption(
      new Option("--log-format <format>", "how lines on standard error look").choices(LOG_FORMATS).default("text"),
    )
    .action(run);
}

async function run(flags: RunFlags): Promise<void> {
  const result = readConfig(flags.config, "run");
  if (result.kind === "errors") throw new Failure(WRONG_USAGE, ...result.errors.map(describeConfigError));
  // On a director without wires: rules that are wrong are told before any device is touched.
  loadRulesOrFail(new Director(result.config, { link: { send: () => {} } }), result.config);
  if (flags.capture !== undefined) refuseCapture(flags.capture, flags.trace !== undefined);
  const runDirector = await loadLive();
  const end = await runDirector({
    configFile: flags.config,
    config: result.config,
    live: result.live,
    log: standardLog(flags.logFormat),
    hangupsHeld,
    obeyHangups,
    offloads: flags.offload,
    uring: flags.ioUring,
    remembers: flags.remember === true,
    restore: flags.restore === true,
    ...(flags.socket !== undefined && { socket: flags.socket }),
    ...(flags.capture !== undefined && { capture: flags.capture }),
    ...(flags.proc !== undefined && { proc: flags.proc }),
    ...(flags.state !== undefined && { stateFile: flags.state }),
    ...(flags.trace !== undefined && { trace: traceOf(flags.trace, flags.json === true) }),
  });
  process.exitCode = EXIT_CODES[end];
}

/** A capture that could not be written is told at once, not when the first packet comes. */
function refuseCapture(file: string, alsoTraces: boolean): void {
  if (file === STANDARD) {
    if (alsoTraces) throw new Failure(WRONG_USAGE, "--capture - and --trace both want standard output");
    if (process.stdout.isTTY)
      throw new Failure(WRONG_USAGE, "a capture is not for a terminal: give --capture a file, or a pipe behind it");
    return;
  }
  refuseUnwritable(file);
}

/** What needs Linux and the package koffi is loaded only here, so that its absence can be told in plain words. */
async function loadLive(): Promise<typeof RunDirector> {
  if (process.platform !== "linux") throw new Failure(NO_PRIVILEGE, "a live director needs the TAP devices of Linux");
  try {
    return (await import("../io/live/run-director.ts")).runDirector;
  } catch (error) {
    const why = error instanceof Error ? error.message.split("\n")[0] : String(error);
    throw new Failure(NO_PRIVILEGE, `a live director needs the package koffi, which cannot be loaded: ${why}`);
  }
}

function traceOf(wanted: string | true, asJson: boolean): { filter: string; take: (line: string) => void } {
  const filter = wanted === true ? "" : wanted;
  const parsed = parseTraceFilter(filter);
  if (typeof parsed !== "function") throw new Failure(WRONG_USAGE, `--trace: ${parsed.problem}`);
  const take = (line: string): void => print(asJson ? `${line}\n` : explainedText(JSON.parse(line) as ExplainedPacket));
  return { filter, take };
}

/** A packet's walk as a paragraph: when and where, what it was, what became of it, and how. */
function explainedText({ time, port, packet, outcome, steps, lost = 0 }: ExplainedPacket): string {
  const clock = new Date(time / 1000).toISOString().slice(11, 23);
  const gap = lost === 0 ? "" : `(${lost} packets not shown: they came too fast)\n`;
  const lines = steps.map((step) => `    ${step}\n`).join("");
  return `${gap}${coloured("dim", clock)} ${port} ${coloured("bold", packet)}\n  ${outcome}\n${lines}`;
}
