/** `tapvs replay`: a capture goes through a director; no root, no clock but the capture's. */
import { setImmediate } from "node:timers/promises";
import { Command, InvalidArgumentError, Option } from "commander";
import type { Packet } from "../core/capture/packet.ts";
import type { Transcript } from "../core/capture/transcript.ts";
import { runIpvsadm, wordsOf } from "../core/control/interpreter.ts";
import { listingJson } from "../core/control/json.ts";
import type { DirectorConfig } from "../core/host/config/config.ts";
import { switchesWithoutEffect } from "../core/host/sysctls.ts";
import { CaptureRun, type RunListener } from "../core/replay/capture-run.ts";
import { idleReason } from "../core/replay/idle.ts";
import { type Offloads, offloadNotes } from "../core/replay/recorded-offloads.ts";
import { Counting, type ReplaySummary, settleStatistics } from "../core/replay/summary.ts";
import { feedTranscript } from "../core/replay/transcript-packets.ts";
import { anonymiser } from "../io/anonymise.ts";
import { type CaptureFileError, readInOrder } from "../io/capture-file.ts";
import { captureIn, isCaseFolder } from "../io/recorded-cases.ts";
import { STANDARD } from "../io/standard.ts";
import { anonymiseOption } from "./anonymise.ts";
import { configOrFail, loadRulesOrFail, withoutDirector } from "./director-config.ts";
import { FAILED, Failure, WRONG_USAGE } from "./failure.ts";
import { offloadsOption } from "./offloads.ts";
import { print, printJson, say } from "./output.ts";
import { refuseUnwritable } from "./output-file.ts";
import { Progress } from "./progress.ts";
import {
  type CaptureClock,
  type Comments,
  ReplayOutput,
  refuseOverwriting,
  type WrittenForm,
} from "./replay-output.ts";
import { summaryText, warnings } from "./replay-text.ts";
import { endOnSignals } from "./signals.ts";
import { captureHint, isTranscript, transcriptOrFail } from "./transcript.ts";

interface ReplayOptions {
  readonly config?: string;
  readonly write?: string;
  readonly comments: Comments;
  readonly stats?: true;
  readonly connections?: true;
  readonly json?: true;
  readonly allowIdle?: true;
  readonly offloads: Offloads;
  readonly anonymise?: string;
  readonly until?: number;
  readonly linger?: number;
}

/** More problems of one kind are counted, not printed. */
const MOST_PROBLEMS = 10;
const MICROSECONDS = 1e6;

export function replayCommand(): Command {
  return new Command("replay")
    .description(
      "Sends the frames of a capture (pcap or pcapng) through a director, by the clock of the capture, and shows what it does with them. " +
        "Frames whose source is the MAC address of one of the director's interfaces are what a director sent: they are passed over. " +
        "A transcript (*.jsonl) or a case (*.case) brings its director and its commands along.",
    )
    .argument("<capture>", "the capture file, or - for standard input; a transcript or a case")
    .option("-c, --config <director.yaml>", "interfaces, addresses, routes and rules of the director")
    .option(
      "-w, --write <out.pcapng>",
      "write what arrived and what was sent, with what became of each packet as its comment",
    )
    .addOption(
      new Option("--comments <which>", "comments in what --write writes: on every packet, or none, which is faster")
        .choices(["all", "none"])
        .default("all"),
    )
    .option("--stats", "list services with their counters at the end, as ipvsadm -Ln --stats --exact")
    .option("--connections", "list the connection table at the end, as ipvsadm -Lnc")
    .addOption(offloadsOption())
    .addOption(
      anonymiseOption(
        "write other addresses, no data and no comments with --write; the same key gives the same addresses",
      ),
    )
    .option("--allow-idle", "end with 0 although there are services and nothing was balanced")
    .option("--json", "the results as one JSON document, the services with their counters among them")
    .addOption(new Option("--linger <seconds>", "let so much time pass after the last packet").argParser(seconds))
    .addOption(
      new Option("--until <seconds>", "let time pass until so long after the first packet")
        .argParser(seconds)
        .conflicts("linger"),
    )
    .action(replay);
}

function seconds(text: string): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (!(value >= 0 && Number.isFinite(value))) throw new InvalidArgumentError("expected seconds, 0 or more");
  return value;
}

async function replay(capture: string, options: ReplayOptions): Promise<void> {
  const source = sourceOf(capture, options.config);
  const { config } = source;
  refuseOverwriting(options.write, captureIn(capture));
  refuseUnwritable(options.write);
  if (options.anonymise !== undefined && options.write === undefined)
    throw new Failure(WRONG_USAGE, "--anonymise changes what --write writes, and there is no --write");
  // Sentences name addresses.
  const speaks = options.write !== undefined && options.anonymise === undefined && options.comments === "all";
  const form: WrittenForm = {
    comments: speaks ? "all" : "none",
    anonymiser: options.anonymise === undefined ? undefined : anonymiser(options.anonymise),
  };
  const listeners: Listeners = { counting: new Counting(), output: undefined, problems: [] };
  const run = new CaptureRun(config, listening(listeners, form.comments), { offloads: options.offloads });
  loadRulesOrFail(run.director, config);
  const devices = config.interfaces.map(({ name }) => name);
  for (const name of switchesWithoutEffect(devices, Object.entries(config.sysctl)))
    say(`${options.config ?? capture}: ${name} has no effect here`);
  endOnSignals(() => listeners.output?.close());

  const begin = (clock: CaptureClock): void => {
    if (options.write !== undefined) listeners.output = ReplayOutput.open(options.write, run.director, clock, form);
  };
  const { packets, late, error } =
    source.transcript === undefined
      ? await runWithProgress(capture, run, begin)
      : runTranscriptThrough(capture, source.transcript, run, begin);
  if (error?.kind === "unreadable") throw new Failure(WRONG_USAGE, error.message);
  if (error !== undefined && packets === 0) throw new Failure(FAILED, error.message);
  if (late > 0) say(lateWarning(capture, late));
  run.advance(Math.max(run.last, (options.until ?? 0) * MICROSECONDS, run.last + (options.linger ?? 0) * MICROSECONDS));
  const unwritten = listeners.output?.close();

  for (const note of offloadNotes([run.offloads])) say(`note: ${nameOf(capture)}: ${note}`);
  settleStatistics(run.director);
  const summary = listeners.counting.summary(run.director, run.last);
  report(capture, summary, run, options);
  const problems = problemLines(capture, listeners.problems);
  const failures = [...(error === undefined ? [] : [error.message]), ...problems];
  // Whoever reads the capture from a pipe may stop when they have seen enough.
  if (unwritten !== undefined && unwritten.code !== "EPIPE") failures.push(unwritten.message);
  const idle = options.allowIdle ? undefined : idleReason(summary);
  if (idle !== undefined && failures.length === 0) failures.push(`${nameOf(capture)}: ${idle}`);
  if (failures.length > 0) throw new Failure(FAILED, ...failures);
}

/** The director, and the transcript that describes it, if it is not a file of its own. */
interface Source {
  readonly config: DirectorConfig;
  readonly transcript: Transcript | undefined;
}

function sourceOf(capture: string, config: string | undefined): Source {
  const configFile = config ?? (isCaseFolder(capture) ? capture : undefined);
  if (configFile !== undefined) return { config: configOrFail(configFile), transcript: undefined };
  if (!isTranscript(capture, config)) throw withoutDirector(capture);
  const transcript = transcriptOrFail(capture, ...captureHint(capture));
  return { config: { ...transcript.head, rules: { file: capture, firstLine: 1, lines: [] } }, transcript };
}

function runTranscriptThrough(
  file: string,
  transcript: Transcript,
  run: CaptureRun,
  begin: (clock: CaptureClock) => void,
): Replayed {
  let packets = 0;
  const refused = feedTranscript(run, transcript, (packet) => {
    if (packets++ === 0) begin({ first: packet, nanoseconds: false });
  });
  for (const line of refused) say(`${file}: ${line}`);
  if (packets === 0) begin({ first: undefined, nanoseconds: false });
  return { packets, late: 0, error: undefined };
}

interface Listeners {
  readonly counting: Counting;
  output: ReplayOutput | undefined;
  /** Packets that could not be placed. */
  readonly problems: string[];
}

/** Comments tell what became of a packet, so that what it had sent has to wait until that is known; else frames are taken as they come. */
function listening(to: Listeners, comments: Comments): RunListener {
  const { counting } = to;
  const heard: RunListener = {
    readsArrived: false,
    wantsCauses: false,
    arrives: (packet, port) => {
      counting.arrives(packet, port);
      to.output?.arrives(packet, port);
    },
    arrived: (arrival) => {
      counting.arrived(arrival);
      to.output?.arrived(arrival);
    },
    skipped: (packet, placement) => {
      counting.skipped(packet, placement);
      if (placement.kind === "unknown")
        to.problems.push(`record ${packet.record} at byte ${packet.offset}: ${placement.why}`);
    },
  };
  return comments === "none"
    ? {
        ...heard,
        leaves: (frame, port, time) => {
          counting.leaves(frame, port);
          to.output?.leaves(frame, port, time);
        },
      }
    : {
        ...heard,
        listensTo: () => true,
        contentWithKnown: true,
        sent: (departure) => {
          counting.sent(departure);
          to.output?.sent(departure);
        },
      };
}

/** How many packets were replayed, and how many of them came too late to be put in order; `error` is why it ends early, if it does. */
interface Replayed {
  readonly packets: number;
  readonly late: number;
  readonly error: CaptureFileError | undefined;
}

/**
 * Reads and runs piece by piece: of the capture no more is held than is needed to put its packets in order. `begin` is
 * called before the first one.
 */
async function runWithProgress(file: string, run: CaptureRun, begin: (clock: CaptureClock) => void): Promise<Replayed> {
  const progress = new Progress("packets replayed");
  let packets = 0;
  // Where times are finer than microseconds, one of the packets of the first window shows it.
  let nanoseconds = false;
  const take = (packet: Packet): void => {
    if (packets === 0) begin({ first: { time: packet.time, nanoseconds: packet.nanoseconds }, nanoseconds });
    packets++;
    run.packet(packet);
    progress.count();
  };
  const { late, error } = await readInOrder(file, take, {
    sees: (packet) => {
      nanoseconds ||= packet.nanoseconds !== 0;
    },
    note: say,
    between: () => setImmediate(),
  });
  if (packets === 0 && error === undefined) begin({ first: undefined, nanoseconds });
  progress.end();
  return { packets, late, error };
}

const nameOf = (capture: string): string => (capture === STANDARD ? "standard input" : capture);

const lateWarning = (capture: string, late: number): string =>
  `warning: ${nameOf(capture)}: ${late} packets stand too far behind later ones to be put in order; sort it first (reordercap)`;

function problemLines(capture: string, problems: readonly string[]): string[] {
  const name = nameOf(capture);
  const shown = problems.slice(0, MOST_PROBLEMS).map((problem) => `${name}: ${problem}`);
  const more = problems.length - shown.length;
  return more > 0 ? [...shown, `${name}: and ${more} more packets without a place`] : shown;
}

function report(
  capture: string,
  summary: ReplaySummary,
  { director, offloads }: CaptureRun,
  options: ReplayOptions,
): void {
  for (const warning of warnings(summary)) say(warning);
  if (options.json) {
    const table = options.connections ? listingJson("connections", director.server) : {};
    printJson({ v: 1, capture, ...summary, offloads, ...listingJson("services", director.server), ...table });
    return;
  }
  const listings: string[] = [];
  if (options.stats) listings.push("-Ln --stats --exact");
  if (options.connections) listings.push("-Lnc");
  // Where the capture goes to standard output, it must stand there alone.
  const tell = options.write === STANDARD ? (text: string) => say(text.trimEnd()) : print;
  if (listings.length === 0) tell(summaryText(capture, summary));
  for (const listing of listings) tell(runIpvsadm(wordsOf(listing), { server: director.server }).out);
}
