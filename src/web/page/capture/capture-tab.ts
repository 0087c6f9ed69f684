/** The state of the tab for people's own captures: the files, and what their packets came to. */

import { decodeUtf8 } from "../../../core/capture/utf8.ts";
import type { RecordedFrame } from "../../../core/explain/explanation.ts";
import { verdictSentence } from "../../../core/explain/sentences/sentences.ts";
import { summary } from "../../../core/explain/summary.ts";
import type { Director } from "../../../core/host/director.ts";
import { captureTrial } from "../../../core/replay/cure-runs.ts";
import { type Cure, curesOf } from "../../../core/replay/cures.ts";
import { explainCapture } from "../../../core/replay/past.ts";
import { loadRules } from "../../../core/replay/rules.ts";
import { type DirectorFile, readDirectorFile, rulesText } from "./director-file.ts";
import { type DroppedFile, kindOf, type ReadCapture, readCapture } from "./reading.ts";

/** A packet in one line. */
export interface PacketLine {
  readonly record: RecordedFrame;
  readonly packet: string;
  readonly outcome: string;
}

/** Longer captures take too long to be replayed once for each change; the command line has the time. */
const MOST_CURED = 2000;

const NO_CAPTURE: ReadCapture = { packets: [], problem: undefined, cut: false };

export class CaptureTab {
  captureName = "";
  configurationName = "director.yaml";
  rulesName = "rules.ipvs";
  configuration = "";
  rules = "";
  /** Only lines with these words are shown. */
  filter = "";
  page = 0;
  /** Number of the packet that is told in full; 0 for none. */
  chosen = 0;
  lines: readonly PacketLine[] = [];
  problems: readonly string[] = [];
  director: Director | undefined;
  #capture = NO_CAPTURE;
  #file: DirectorFile | undefined;
  #cures: { readonly packet: number; readonly found: readonly Cure[] } | undefined;

  get cut(): boolean {
    return this.#capture.cut;
  }

  /** Takes files as they come, and tells what there is to tell as soon as there is a capture and a configuration. */
  take(files: readonly DroppedFile[]): void {
    for (const file of files) {
      switch (kindOf(file)) {
        case "capture":
          this.captureName = file.name;
          this.#capture = readCapture(file);
          break;
        case "configuration":
          this.configurationName = file.name;
          this.configuration = decodeUtf8(file.bytes);
          break;
        case "rules":
          this.rulesName = file.name;
          this.rules = decodeUtf8(file.bytes);
      }
    }
    this.tell();
  }

  /** What would change the chosen packet's end, each tried by a replay; `undefined` before anybody asked. */
  get cures(): readonly Cure[] | undefined {
    return this.#cures?.packet === this.chosen ? this.#cures.found : undefined;
  }

  /** Whether the capture is short enough to be replayed once for each change. */
  get mayBeCured(): boolean {
    return this.#file !== undefined && this.#capture.packets.length <= MOST_CURED;
  }

  /** Replays the capture with one thing changed at a time. */
  cure(): void {
    if (this.#file === undefined || !this.mayBeCured) return;
    const config = { ...this.#file.host, rules: this.#file.rules };
    this.#cures = { packet: this.chosen, found: curesOf(...captureTrial(config, this.#capture.packets, this.chosen)) };
  }

  /** Takes over what was written by hand. */
  write(what: "configuration" | "rules", text: string): void {
    this[what] = text;
    this.tell();
  }

  /** Lives through the capture. Only mistakes in the files are problems; they leave nothing to be shown. */
  tell(): void {
    this.page = 0;
    this.lines = [];
    this.director = undefined;
    this.#cures = undefined;
    this.#file = undefined;
    this.problems = this.#capture.problem === undefined ? [] : [this.#capture.problem];
    if (this.#capture.packets.length === 0 || this.configuration.trim() === "") return;
    const read = readDirectorFile(this.configuration, this.configurationName, rulesText(this.rules, this.rulesName));
    if (read.kind === "problems") {
      this.problems = [...this.problems, ...read.problems];
      return;
    }
    this.#file = read.file;
    const lines: PacketLine[] = [];
    const refused: string[] = [];
    const prepare = (director: Director): void => void refused.push(...loadRules(director, read.file.rules));
    const director = explainCapture(read.file.host, prepare, this.#capture.packets, {}, (record) =>
      lines.push(lineOf(record)),
    );
    this.problems = [...this.problems, ...refused];
    this.lines = lines;
    this.director = director;
    this.chosen = lines.find(({ record }) => record.kind === "walk")?.record.number ?? 0;
  }

  /** The lines that the filter lets through. */
  get filtered(): readonly PacketLine[] {
    const words = this.filter.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length === 0) return this.lines;
    return this.lines.filter(({ packet, outcome }) => {
      const text = `${packet} ${outcome}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
  }
}

function lineOf(record: RecordedFrame): PacketLine {
  switch (record.kind) {
    case "walk":
      return { record, packet: summary(record.explanation.bytes), outcome: verdictSentence(record.explanation.events) };
    case "sent":
      return {
        record,
        packet: summary(record.bytes),
        outcome:
          record.cause === undefined ? "sent by the recorded director, not here" : `sent because of ${record.cause}`,
      };
    case "passed-over":
      return { record, packet: summary(record.bytes), outcome: `passed over: ${record.why}` };
  }
}
