/** `tapvs shrink`: the smallest case that still shows the same. */

import { join } from "node:path";
import { Command, Option } from "commander";
import { amount } from "../core/amount.ts";
import { formatCase } from "../core/capture/case-writer.ts";
import type { Transcript } from "../core/capture/transcript.ts";
import { formatTranscript } from "../core/capture/transcript-writer.ts";
import { captureTranscript } from "../core/replay/shrink/capture-transcript.ts";
import { shrink } from "../core/replay/shrink/shrink.ts";
import type { Symptom } from "../core/replay/shrink/symptom.ts";
import { DROP_REASONS } from "../core/trace/verdict.ts";
import { readSorted } from "../io/capture-file.ts";
import { CONFIG_FILE, findCases } from "../io/recorded-cases.ts";
import { writeText } from "../io/text-file.ts";
import { configOrFail } from "./director-config.ts";
import { FAILED, Failure, WRONG_USAGE } from "./failure.ts";
import { checkFrameNumber } from "./frame-number.ts";
import { wholeNumber } from "./option-values.ts";
import { print, say } from "./output.ts";
import { refuseUnwritable } from "./output-file.ts";
import { Progress } from "./progress.ts";
import { transcriptOrFail } from "./transcript.ts";

interface ShrinkOptions {
  readonly drop?: string;
  readonly packet?: number;
  readonly transcript?: true;
  readonly output?: string;
}

export function shrinkCommand(): Command {
  return new Command("shrink")
    .description(
      "Takes frames and rules out of a case as long as it still shows the same: the first difference of tapvs verify, or with --drop or " +
        "--packet a packet that is dropped. Prints what is left as a case that people can read.",
    )
    .argument("<case>", "a case, a transcript, or a directory with director.yaml and wire.pcapng")
    .option("--drop <reason>", "the first packet that is dropped for this reason, or for any")
    .addOption(
      new Option("--packet <number>", "the drop of this packet, by its number in tapvs explain").argParser(
        wholeNumber(1),
      ),
    )
    .option("--transcript", "print it as a transcript")
    .option("-o, --output <file>", "write it to this file")
    .action(run);
}

async function run(path: string, options: ShrinkOptions): Promise<void> {
  const symptom = symptomOf(options);
  refuseUnwritable(options.output);
  const whole = await caseOf(path);
  checkFrameNumber(path, whole.events.filter((event) => event.do === "rx" || event.do === "tx").length, options.packet);
  const progress = new Progress("runs", 1);
  const shrunk = shrink(whole, symptom, () => progress.count());
  progress.end();
  if (shrunk === undefined) throw new Failure(FAILED, `${path}: ${noneOf(symptom)}`);
  const { transcript, shows, runs } = shrunk;
  const filled = symptom.kind === "drop" ? expecting(transcript, shows) : transcript;
  const text = options.transcript ? formatTranscript(filled) : formatCase(filled);
  const error = options.output === undefined ? undefined : writeText(options.output, text);
  if (error !== undefined) throw new Failure(FAILED, error.message);
  if (options.output === undefined) print(text);
  const before = framesIn(whole);
  say(
    `${path}: ${amount(before, "frame")} ${before === 1 ? "is" : "are"} now ${framesIn(transcript)}, after ${amount(runs, "run")}; it still shows: ${shows}`,
  );
}

const framesIn = ({ events }: Transcript): number => events.filter((event) => event.do === "rx").length;

/** The last event is the packet in question: what happened to it is written down. */
function expecting(transcript: Transcript, shows: string): Transcript {
  const reason = shows.replace(/^dropped /, "");
  const last = transcript.events.findLast((event) => event.do === "rx");
  const expect = [{ text: shows, wish: { kind: "dropped", reason } }] as const;
  const events = transcript.events
    .filter((event) => event.do !== "tx")
    .map((event) => (event === last ? { ...event, expect } : event));
  return { ...transcript, events, lines: events.map(() => 0) };
}

function symptomOf({ drop, packet }: ShrinkOptions): Symptom {
  if (drop === undefined && packet === undefined) return { kind: "difference" };
  const reason = drop === "any" ? undefined : drop;
  if (reason !== undefined && !DROP_REASONS.some(({ name }) => name === reason))
    throw new Failure(
      WRONG_USAGE,
      `--drop: expected any, or one of ${DROP_REASONS.map(({ name }) => name).join(", ")}`,
    );
  return { kind: "drop", reason, packet };
}

function noneOf(symptom: Symptom): string {
  if (symptom.kind === "difference") return "nothing differs; --drop or --packet say what else is to be kept";
  const { reason, packet } = symptom;
  const what = packet === undefined ? "no packet is dropped" : `packet ${packet} is not dropped`;
  return reason === undefined ? what : `${what} for ${reason}`;
}

async function caseOf(path: string): Promise<Transcript> {
  const [found, ...more] = findCases(path);
  if (found === undefined || found.kind === "none" || more.length > 0)
    throw new Failure(
      WRONG_USAGE,
      `${path}: ${found?.kind === "none" ? found.message : "expected one case, not a directory of several"}`,
    );
  if (found.kind === "transcript") return transcriptOrFail(found.path);
  const config = configOrFail(join(found.path, CONFIG_FILE));
  const { packets, error } = await readSorted(join(found.path, found.wire));
  if (error !== undefined) throw new Failure(error.kind === "unreadable" ? WRONG_USAGE : FAILED, error.message);
  return captureTranscript(found.name, config, packets);
}
