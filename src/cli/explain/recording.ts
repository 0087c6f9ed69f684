/** `tapvs explain PATH`: the walks of a capture's or a transcript's packets. */

import type { PacketStore } from "../../core/capture/packet-store.ts";
import { cureText } from "../../core/explain/cure-text.ts";
import type { RecordedFrame } from "../../core/explain/explanation.ts";
import { explanationJson } from "../../core/explain/explanation.ts";
import { storyJson } from "../../core/explain/json.ts";
import { EMPTY, type StyledLine } from "../../core/explain/styled.ts";
import { briefText, otherStoryText, walkText } from "../../core/explain/walk-text.ts";
import type { DirectorConfig } from "../../core/host/config/config.ts";
import type { Director } from "../../core/host/director.ts";
import { captureTrial, transcriptTrial } from "../../core/replay/cure-runs.ts";
import { type Cure, curesOf, type Replay, type Setting } from "../../core/replay/cures.ts";
import { explainCapture, explainTranscript, type FrameRange } from "../../core/replay/past.ts";
import { withFittedPhase } from "../../core/replay/tick-phase.ts";
import { MODES } from "../../core/simulator/layout.ts";
import { type CaptureFileError, readSorted } from "../../io/capture-file.ts";
import { whyUnreadable } from "../../io/file-kind.ts";
import { isCaseFolder } from "../../io/recorded-cases.ts";
import { STANDARD } from "../../io/standard.ts";
import { configOrFail, loadRulesOrFail, withoutDirector } from "../director-config.ts";
import { FAILED, Failure, WRONG_USAGE } from "../failure.ts";
import { checkFrameNumber } from "../frame-number.ts";
import { printJson } from "../output.ts";
import { Progress } from "../progress.ts";
import { captureHint, isTranscript, transcriptOrFail } from "../transcript.ts";
import type { ExplainOptions } from "./options.ts";
import { printLines, terminalWidth } from "./show.ts";
import { explanationOrFail } from "./what-if.ts";

/** A recording that can be told as often as need be. */
interface Recording {
  readonly frames: number;
  /** Why it ends early, if it does. */
  readonly error: CaptureFileError | undefined;
  tell(wish: FrameRange, tell: (story: RecordedFrame) => void): Director;
  /** The frame of this number, to be lived through with other settings. */
  trial(number: number): [Setting, Replay];
}

export async function explainRecording(path: string, options: ExplainOptions): Promise<void> {
  refuseMisspelt(path);
  const recording = isTranscript(path, options.config)
    ? transcriptRecording(path, options)
    : await captureRecording(path, options);
  const number = options.packet !== undefined && /^\d+$/.test(options.packet) ? Number(options.packet) : undefined;
  checkFrameNumber(path, recording.frames, number ?? options.after);
  if (number !== undefined) explainFrame(recording, number, options);
  else if (options.packet !== undefined) explainMadeUp(recording, options.packet, options);
  else explainAll(recording, options);
  if (recording.error !== undefined) throw new Failure(FAILED, recording.error.message);
  if (recording.frames === 0 && options.packet === undefined) throw new Failure(FAILED, `${path}: it has no packets`);
}

/** What is no file may have been meant for a method. */
function refuseMisspelt(path: string): void {
  const failure = path === STANDARD ? undefined : whyUnreadable(path);
  if (failure === undefined) return;
  const text = failure.code === "ENOENT" ? `no such file, and none of ${MODES.join(", ")}` : failure.text;
  throw new Failure(WRONG_USAGE, `${path}: ${text}`);
}

// --- reading

function transcriptRecording(path: string, options: ExplainOptions): Recording {
  if (options.config !== undefined)
    throw new Failure(WRONG_USAGE, "--config: a transcript describes its director itself");
  const transcript = withFittedPhase(transcriptOrFail(path, ...captureHint(path)));
  const frames = transcript.events.filter((event) => event.do === "rx" || event.do === "tx").length;
  return {
    frames,
    error: undefined,
    tell: (wish, tell) => explainTranscript(transcript, wish, tell),
    trial: (number) => transcriptTrial(transcript, number),
  };
}

async function captureRecording(path: string, options: ExplainOptions): Promise<Recording> {
  const configFile = options.config ?? (isCaseFolder(path) ? path : undefined);
  if (configFile === undefined) throw withoutDirector(path);
  const config = configOrFail(configFile);
  const { packets, error } = await readSorted(path);
  if (error?.kind === "unreadable") throw new Failure(WRONG_USAGE, error.message);
  if (error !== undefined && packets.count === 0) throw new Failure(FAILED, error.message);
  const tell: Recording["tell"] = (wish, each) => tellPackets(config, packets, wish, each);
  return { frames: packets.count, error, tell, trial: (number) => captureTrial(config, packets, number) };
}

const tellPackets = (
  config: DirectorConfig,
  packets: PacketStore,
  wish: FrameRange,
  tell: (story: RecordedFrame) => void,
): Director => explainCapture(config, (director) => loadRulesOrFail(director, config), packets, wish, tell);

// --- telling

function explainAll(recording: Recording, options: ExplainOptions): void {
  const stories: RecordedFrame[] = [];
  const wish = options.after === undefined ? {} : { until: options.after };
  const show = storyPrinter(options);
  recording.tell(wish, (story) => {
    if (options.json === true) stories.push(story);
    else show(story);
  });
  if (options.json === true) printJson({ v: 1, packets: stories.map(storyJson) });
}

/** One frame. If the director had sent it, also the packet that made it do so. */
function explainFrame(recording: Recording, number: number, options: ExplainOptions): void {
  const stories = tellOne(recording, number);
  const [first] = stories;
  if (first?.kind === "sent" && first.cause !== undefined) stories.push(...tellOne(recording, first.cause));
  const cures = options.cure === true ? findCures(recording, received(number, first)) : undefined;
  if (options.json === true) printJson({ v: 1, packets: stories.map(storyJson), ...(cures && { cures }) });
  else stories.forEach(storyPrinter(options));
  if (options.json !== true && cures !== undefined) printLines(cureText(cures, terminalWidth()));
}

/** The frame that came to the director: it, or the one that had it sent. */
const received = (number: number, story: RecordedFrame | undefined): number =>
  story?.kind === "sent" && story.cause !== undefined ? story.cause : number;

function findCures(recording: Recording, number: number): Cure[] {
  const progress = new Progress("changes tried", 1);
  const cures = curesOf(...recording.trial(number), () => progress.count());
  progress.end();
  return cures;
}

function tellOne(recording: Recording, number: number): RecordedFrame[] {
  const stories: RecordedFrame[] = [];
  recording.tell({ only: number }, (story) => stories.push(story));
  return stories;
}

/** Prints stories one by one; those of several lines with an empty line between them. */
function storyPrinter({ brief }: ExplainOptions): (story: RecordedFrame) => void {
  let first = true;
  return (story) => {
    if (!first && brief !== true) printLines([EMPTY]);
    first = false;
    printLines(storyLines(story, brief === true));
  };
}

function storyLines(story: RecordedFrame, brief: boolean): readonly StyledLine[] {
  if (story.kind !== "walk") return [otherStoryText(story)];
  return brief ? [briefText(story.explanation)] : walkText(story.explanation, terminalWidth());
}

/** A made-up packet on a director that was brought to where the recording, or the frame named, ends. */
function explainMadeUp(recording: Recording, words: string, options: ExplainOptions): void {
  const director = recording.tell({ only: 0, until: options.after ?? recording.frames }, () => {});
  const explanation = explanationOrFail(words, director);
  if (options.json === true) printJson({ v: 1, whatIf: explanationJson(explanation) });
  else if (options.brief === true) printLines([briefText(explanation)]);
  else printLines(walkText(explanation, terminalWidth()));
}
