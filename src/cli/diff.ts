/** `tapvs diff`: what another configuration, or another kernel, does with the same packets. */

import { Command, InvalidArgumentError, Option } from "commander";
import { amount } from "../core/amount.ts";
import { parseDuration } from "../core/capture/duration.ts";
import { IP_LINKS } from "../core/capture/network-packet.ts";
import type { Packet } from "../core/capture/packet.ts";
import type { DirectorConfig } from "../core/host/config/config.ts";
import { diffOf, isSame } from "../core/replay/diff/diff.ts";
import { otherMacs, withMacsOf } from "../core/replay/diff/macs.ts";
import { type Change, type Passed, Passing } from "../core/replay/diff/picks.ts";
import { population } from "../core/replay/diff/population.ts";
import { handedTo } from "../core/replay/diff/rules-alone.ts";
import { readSorted } from "../io/capture-file.ts";
import { changeRules } from "../io/live/rule-set.ts";
import { type Releases, type Sides, sidesOf } from "./diff/sides.ts";
import { diffLines } from "./diff/text.ts";
import { FAILED, Failure, WRONG_USAGE } from "./failure.ts";
import { wholeNumber } from "./option-values.ts";
import { print, printJson } from "./output.ts";
import { Progress } from "./progress.ts";

interface DiffOptions extends Releases {
  readonly capture?: string;
  readonly clients?: number;
  readonly change?: Change["when"];
  readonly allowIdle?: true;
  readonly json?: true;
}

const CLIENTS = 1000;

export function diffCommand(): Command {
  return new Command("diff")
    .description(
      "Sends the same packets through two configurations, and says which connections go to another real server, which packets end otherwise, " +
        "and when real servers that are taken out have nothing left. Without a capture, made-up clients open a connection to each service. " +
        "Ends with 1 if anything differs, or if nothing is balanced although there are services.",
    )
    .argument("<old>", "director.yaml, the folder of a case, or rules as ipvsadm -S prints them")
    .argument("<new>", "the configuration to compare it with, in the same forms")
    .option("-c, --capture <capture>", "the packets; a transcript or a case has some, too")
    .addOption(
      new Option("--clients <n>", `made-up clients (default: ${CLIENTS})`)
        .argParser(wholeNumber(1, 999_999))
        .conflicts("capture"),
    )
    .addOption(
      new Option(
        "--change <when>",
        "let the old rules become the new ones while packets come: before the packet of this number, or so long after the first, as in 90s",
      ).argParser(changeTime),
    )
    .option("--old-kernel <release>", "the release of the kernel for the old one, such as 6.1.176")
    .option("--new-kernel <release>", "the release of the kernel for the new one")
    .option("--allow-idle", "end with 0 although there are services and nothing is balanced")
    .option("--json", "one JSON document")
    .action(run);
}

function changeTime(text: string): Change["when"] {
  if (/^[1-9]\d*$/.test(text)) return { packet: Number(text) };
  const seconds = parseDuration(text);
  if (seconds === undefined)
    throw new InvalidArgumentError("expected the number of a packet, or a time with its unit such as 90s or 1.5min");
  return { seconds };
}

async function run(old: string, other: string, options: DiffOptions): Promise<void> {
  const sides = sidesOf(old, other, options);
  const { before, after } = sides;
  const packets = await packetsOf(sides, options);
  const progress = new Progress("packets");
  const first = pass(before, packets(), progress);
  const second =
    options.change === undefined
      ? pass(withMacsOf(before, after), packets(), progress)
      : pass(before, packets(), progress, {
          when: options.change,
          apply: (director) => changeRules(director, after.rules),
        });
  progress.end();
  // The rules alone change in the middle of the packets.
  const diff = diffOf(first, second, options.change === undefined ? otherMacs(before, after) : []);
  if (options.json) printJson({ v: 1, same: isSame(diff), ...diff });
  else for (const line of diffLines(diff)) print(`${line}\n`);
  if (!isSame(diff)) process.exitCode = FAILED;
  const isIdle = first.idle !== undefined && second.idle !== undefined;
  if (isIdle && options.allowIdle !== true) throw new Failure(FAILED, idleLine(options.capture, first));
}

function idleLine(capture: string | undefined, { idle, ends }: Passed): string {
  if (capture !== undefined) return `${capture}: ${idle}`;
  if (ends.size > 0) return `made-up clients: ${idle}`;
  return "made-up clients: there is no service of TCP or UDP with an address for them; --capture gives packets";
}

function pass(config: DirectorConfig, packets: Iterable<Packet>, progress: Progress, change?: Change): Passed {
  const passing = new Passing(config, change);
  if (passing.refused.length > 0) throw new Failure(WRONG_USAGE, ...passing.refused);
  let count = 0;
  for (const packet of packets) {
    passing.packet(packet);
    progress.count();
    count++;
  }
  if (passing.refused.length > 0) throw new Failure(WRONG_USAGE, ...passing.refused);
  if (passing.waits) throw new Failure(WRONG_USAGE, `--change: of ${amount(count, "packet")} none comes after it`);
  return passing.end();
}

/** The packets, as often as they are needed. */
async function packetsOf(
  { before, rulesAlone }: Sides,
  { capture, clients = CLIENTS }: DiffOptions,
): Promise<() => Iterable<Packet>> {
  if (capture === undefined) return () => population(before, clients);
  const { packets, error } = await readSorted(capture, rulesAlone ? IP_LINKS : undefined);
  if (error?.kind === "unreadable") throw new Failure(WRONG_USAGE, error.message);
  if (error !== undefined) throw new Failure(FAILED, error.message);
  return rulesAlone ? () => handed(before, packets) : () => packets;
}

/** Made-up directors have no wires on which the capture was made. */
function* handed(config: DirectorConfig, packets: Iterable<Packet>): Generator<Packet> {
  for (const packet of packets) {
    const arriving = handedTo(config, packet);
    if (arriving !== undefined) yield arriving;
  }
}
