/** `tapvs with`: programs that speak to the kernel's IPVS, with a director of tapvs in its place. */
import { appendFileSync, writeFileSync } from "node:fs";
import { Command } from "commander";
import { errnoName } from "../core/netlink/errno.ts";
import { changesOf } from "../core/netlink/ipvsadm-line.ts";
import { givenSocket } from "../io/control/socket-path.ts";
import { DeviceError } from "../io/system/errors.ts";
import { systemError } from "../io/system-error.ts";
import { DirectorBehind, directorInMemory, type FamilyServer, tablesInMemory } from "../io/with/family-server.ts";
import { runWith } from "../io/with/run-with.ts";
import { configOrFail, loadRulesOrFail } from "./director-config.ts";
import { FAILED, Failure, NO_PRIVILEGE, WRONG_USAGE } from "./failure.ts";
import { say } from "./output.ts";
import { refuseUnwritable } from "./output-file.ts";
import { postOrFail } from "./running-director.ts";

interface WithFlags {
  readonly config?: string;
  readonly socket?: string;
  readonly report?: string | true;
  readonly json?: true;
  readonly proc?: true;
}

export function withCommand(): Command {
  return new Command("with")
    .description(
      "Runs a program that speaks to the kernel's IPVS (ipvsadm, keepalived) with a director of tapvs in its place. Ends as the program does.",
    )
    .argument("<program...>", "the program and its words, behind --")
    .option("-c, --config <director.yaml>", "a director in memory, with the rules of a configuration to begin with")
    .option(
      "--socket <path>",
      "the running director at a control socket (default: TAPVS_SOCKET; else tables in memory)",
    )
    .option("--report [file]", "tell each change as an ipvsadm line with its time, on standard error or in FILE")
    .option(
      "--proc",
      "let it find the files of /proc that IPVS has: ipvsadm -Lc reads one, sysctl and kube-proxy write others",
    )
    .option("--json", "the report as lines of JSON")
    .passThroughOptions()
    .action(runProgramWith);
}

async function runProgramWith(words: string[], flags: WithFlags): Promise<void> {
  const warn = (message: string): void => say(`tapvs with: ${message}`);
  if (flags.report !== true) refuseUnwritable(flags.report);
  const family = await familyFor(flags, warn);
  const heard = flags.report === undefined ? () => {} : reporter(flags.report, flags.json === true);
  try {
    process.exitCode = await runWith({ words, files: flags.proc === true, family, heard, warn });
    await family.settle();
  } catch (error) {
    if (error instanceof DeviceError) throw new Failure(NO_PRIVILEGE, `tapvs with: ${error.message}`);
    throw error;
  }
  // Signals that were forwarded are still listened to.
  process.exit();
}

async function familyFor({ config, socket }: WithFlags, warn: (message: string) => void): Promise<FamilyServer> {
  if (config !== undefined && socket !== undefined) {
    throw new Failure(WRONG_USAGE, "tapvs with: -c is for a director in memory, --socket for one that is running");
  }
  if (config !== undefined) {
    const read = configOrFail(config);
    const { director, family } = directorInMemory(read);
    loadRulesOrFail(director, read);
    return family;
  }
  const given = givenSocket(socket);
  if (given === undefined) return tablesInMemory();
  // Else the program would learn only that its requests are refused. No datagram asks nothing.
  await postOrFail(given, "/v1/netlink", { datagram: "" });
  return new DirectorBehind(given, warn);
}

/** Writes each change as it happens: a program may run for days. */
function reporter(
  file: string | true,
  asJson: boolean,
): (datagram: Uint8Array, replies: readonly Uint8Array[]) => void {
  const began = performance.now();
  if (file !== true) written(file, () => writeFileSync(file, ""));
  return (datagram, replies) => {
    const seconds = (performance.now() - began) / 1000;
    for (const { line, errno } of changesOf(datagram, replies)) {
      const error = errno === 0 ? undefined : errnoName(errno);
      const text = asJson ? jsonLine(seconds, line, error) : textLine(seconds, line, error);
      if (file === true) say(text);
      else written(file, () => appendFileSync(file, `${text}\n`));
    }
  };
}

const jsonLine = (seconds: number, line: string, error: string | undefined): string =>
  JSON.stringify({ v: 1, seconds: Number(seconds.toFixed(3)), line, ...(error !== undefined && { error }) });

const textLine = (seconds: number, line: string, error: string | undefined): string =>
  `${seconds.toFixed(3).padStart(9)}  ${line}${error === undefined ? "" : `  # refused: ${error}`}`;

function written(file: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    const failure = systemError(error);
    if (failure === undefined) throw error;
    throw new Failure(FAILED, `${file}: ${failure.text}`);
  }
}
