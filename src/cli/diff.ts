/** `tapvs diff`: what another configuration, or another kernel, does with the same packets. */
import { Command, InvalidArgumentError, Option } from "commander";
import { durationText } from "../core/capture/duration.ts";
import type { Packet } from "../core/capture/packet.ts";
import type { DirectorConfig, RulesConfig } from "../core/host/config/config.ts";
import { DEFAULT_KERNEL, parseRelease } from "../core/kernel/releases.ts";
import { diffOf, isSame, type Leaving, type OtherFrames, type RulesDiff } from "../core/replay/diff/diff.ts";
import { type Passed, Passing } from "../core/replay/diff/picks.ts";
import { population } from "../core/replay/diff/population.ts";
import { directorFor } from "../core/replay/diff/rules-alone.ts";
import { readSorted } from "../io/capture-file.ts";
import { isCaseFolder } from "../io/recorded-cases.ts";
import { readText } from "../io/text-file.ts";
import { configOrFail } from "./director-config.ts";
import { FAILED, Failure, WRONG_USAGE } from "./failure.ts";
import { print, printJson } from "./output.ts";
import { Progress } from "./progress.ts";

interface DiffOptions {
  readonly capture?: string;
  readonly clients?: number;
  readonly oldKernel?: string;
  readonly newKernel?: string;
  readonly json?: true;
}

/** Moves, and ends of packets, that are listed; more are counted. */
const MOST_LINES = 20;
const CLIENTS = 1000;

export function diffCommand(): Command {
  return new Command("diff")
    .description(
      "Sends the same packets through two configurations, and says which connections go to another real server, which packets end otherwise, " +
        "and when real servers that are taken out have nothing left. Without a capture, made-up clients open a connection to each service. " +
        "Ends with 1 if anything is otherwise.",
    )
    .argument("<old>", "director.yaml, the folder of a case, or rules as ipvsadm -S prints them")
    .argument("<new>", "the other one")
    .option("-c, --capture <capture>", "the packets; a transcript or a case has some, too")
    .addOption(
      new Option("--clients <n>", `made-up clients (default: ${CLIENTS})`).argParser(clientCount).conflicts("capture"),
    )
    .option("--old-kernel <release>", "under this release of the kernel, such as 6.1.176")
    .option("--new-kernel <release>", "the other one under this")
    .option("--json", "one JSON document")
    .action(run);
}

function clientCount(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError("Expected a number of clients, from 1.");
  return Number(text);
}

async function run(old: string, other: string, options: DiffOptions): Promise<void> {
  const [before, after] = configsOf(old, other, options);
  const packets = await packetsOf(before, options);
  const progress = new Progress("packets");
  const diff = diffOf(pass(before, packets(), progress), pass(after, packets(), progress));
  progress.end();
  if (options.json) printJson({ v: 1, same: isSame(diff), ...diff });
  else for (const line of linesOf(diff)) print(`${line}\n`);
  if (!isSame(diff)) process.exitCode = FAILED;
}

function pass(config: DirectorConfig, packets: Iterable<Packet>, progress: Progress): Passed {
  const passing = new Passing(config);
  if (passing.refused.length > 0) throw new Failure(WRONG_USAGE, ...passing.refused);
  for (const packet of packets) {
    passing.packet(packet);
    progress.count();
  }
  return passing.end();
}

/** The packets, as often as they are needed. */
async function packetsOf(
  config: DirectorConfig,
  { capture, clients = CLIENTS }: DiffOptions,
): Promise<() => Iterable<Packet>> {
  if (capture === undefined) return () => population(config, clients);
  const { packets, error } = await readSorted(capture);
  if (error?.kind === "unreadable") throw new Failure(WRONG_USAGE, error.message);
  if (error !== undefined) throw new Failure(FAILED, error.message);
  return () => packets;
}

function configsOf(
  old: string,
  other: string,
  { oldKernel, newKernel }: DiffOptions,
): readonly [DirectorConfig, DirectorConfig] {
  const [a, b] = [sideOf(old), sideOf(other)];
  if ("lines" in a && "lines" in b)
    return [underKernel(directorFor(a, b), oldKernel), underKernel(directorFor(b, a), newKernel)];
  if ("lines" in a || "lines" in b)
    throw new Failure(WRONG_USAGE, "expected two director.yaml, or two files of rules: one of each cannot be compared");
  return [underKernel(a, oldKernel), underKernel(b, newKernel)];
}

/** A configuration, or rules that come without one. */
function sideOf(file: string): RulesConfig | DirectorConfig {
  if (/\.ya?ml$/.test(file) || isCaseFolder(file)) return configOrFail(file);
  const read = readText(file, "rules");
  const isRules = "text" in read && /^\s*(#.*\s+)*-[AC]/.test(read.text);
  return isRules ? { file, firstLine: 1, lines: read.text.split("\n") } : configOrFail(file);
}

function underKernel(config: DirectorConfig, release: string | undefined): DirectorConfig {
  if (release === undefined) return config;
  if (parseRelease(release) === undefined)
    throw new Failure(WRONG_USAGE, `expected a release such as 6.12.117, got ${JSON.stringify(release)}`);
  return { ...config, kernel: { ...(config.kernel ?? DEFAULT_KERNEL), release } };
}

// --- in words

const amount = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

function linesOf(diff: RulesDiff): string[] {
  const { connections, moved, moves, ends, otherFrames, leaving, joining } = diff;
  const percent = connections === 0 ? "" : ` (${((100 * moved) / connections).toFixed(1)} %)`;
  const wide = String(moves[0]?.connections ?? 0).length;
  return [
    moved === 0
      ? stayed(connections)
      : `${moved} of ${amount(connections, "connection")} ${moved === 1 ? "goes" : "go"} elsewhere${percent}`,
    ...shortened(
      moves.map(
        ({ from, to, connections: count, first }) =>
          `  ${String(count).padStart(wide)}  ${from} -> ${to}, first ${first}`,
      ),
    ),
    ...(ends.length === 0 ? [] : ["packets that end otherwise:"]),
    ...shortened(
      ends.map(({ before, after, packets, first }) => `  ${packets}  ${before} -> ${after}, first packet ${first}`),
    ),
    ...(otherFrames.packets === 0 ? [] : [otherFramesLine(otherFrames)]),
    ...leaving.map(leavingLine),
    ...joining.map((server) => `${server} is new`),
  ];
}

function shortened(lines: readonly string[]): readonly string[] {
  const more = lines.length - MOST_LINES;
  return more > 0 ? [...lines.slice(0, MOST_LINES), `  and ${more} more`] : lines;
}

function stayed(connections: number): string {
  if (connections === 0) return "no connection is balanced by either";
  return connections === 1
    ? "the one connection goes where it went"
    : `all ${connections} connections go where they went`;
}

const otherFramesLine = ({ packets, first }: OtherFrames): string =>
  `other frames are sent because of ${amount(packets, "packet")}, ${first === 0 ? "after the last one" : `first packet ${first}`}`;

function leavingLine({ server, why, connections, templates, seconds }: Leaving): string {
  const what = why === "removed" ? "is removed" : "gets weight 0";
  if (connections + templates === 0) return `${server} ${what}, and has nothing in the table`;
  const kept = templates === 0 ? "" : ` and ${amount(templates, "persistence template")}`;
  return `${server} ${what}: ${amount(connections, "connection")}${kept} in the table, the last expires ${durationText(seconds)} after the last packet if nobody sends any more`;
}
