/** One recorded lab: what the emulator makes of the frames that arrived, held against what the real director sent. */
import type { Packet } from "../capture/packet.ts";
import { summary } from "../explain/summary.ts";
import type { DirectorConfig } from "../host/config/config.ts";
import type { WalkEvent } from "../trace/events.ts";
import { Lab, type LabOptions, type RecordedListings } from "./capture-lab.ts";
import { type Arrival, CaptureRun, type RunListener } from "./capture-run.ts";
import type { CaseResult } from "./case-result.ts";
import type { Difference, Finding, FrameFinding } from "./difference.ts";
import { loadRules } from "./rules.ts";
import { sameBytes } from "./sent-frame.ts";

/** The case cannot be run: its rules are refused (`rules.ipvs:3: ...`), or packets have no place (`packet 12: ...`). */
export interface Unusable {
  readonly refused: readonly string[];
  readonly unplaced: readonly string[];
}

/** A recorded lab beside the emulator, packet by packet in the order of time; of what agrees nothing is kept. */
export class CaptureCase {
  /** What the rules make impossible; empty if nothing. */
  readonly refused: readonly string[];
  readonly #name: string;
  readonly #config: DirectorConfig;
  readonly #options: LabOptions;
  readonly #lab: Lab;

  constructor(name: string, config: DirectorConfig, options: LabOptions = {}) {
    this.#name = name;
    this.#config = config;
    this.#options = options;
    this.#lab = new Lab(config, options);
    this.refused = loadRules(this.#lab.run.director, config.rules);
  }

  /** Its bytes are borrowed. */
  packet(packet: Packet): void {
    this.#lab.run.packet(packet);
  }

  /** Nothing follows: what came of it. The difference lacks the walk that led there, which walkTo finds. */
  end(listings: RecordedListings): CaseResult | Unusable {
    const lab = this.#lab;
    lab.end();
    if (lab.unplaced.length > 0) return { refused: [], unplaced: lab.unplaced };
    const listed = lab.compareListings(listings);
    const finding = lab.first ?? listed;
    return {
      frames: lab.frames,
      difference: finding && { place: placeOf(finding), cause: "", finding, walk: [] },
      differences: { total: lab.groups.total, groups: lab.groups.list() },
      idle: lab.idle(),
      notes: lab.notes(),
      made: { head: { ...this.#config, name: this.#name }, events: lab.events },
    };
  }

  /** The packet that led to a difference and its walk: to be fed with the same packets once more, until it is `done`. */
  walkTo(finding: FrameFinding): WalkTo {
    return new WalkTo(this.#config, finding, this.#options);
  }
}

/** The whole of it, for a capture that can be gone through twice. */
export function verifyCapture(
  name: string,
  config: DirectorConfig,
  packets: Iterable<Packet>,
  options: LabOptions & Partial<RecordedListings> = {},
): CaseResult | Unusable {
  const { stats, connections } = options;
  const recorded = new CaptureCase(name, config, options);
  if (recorded.refused.length > 0) return { refused: recorded.refused, unplaced: [] };
  for (const packet of packets) recorded.packet(packet);
  const result = recorded.end({ stats, connections });
  if (!("difference" in result) || result.difference?.finding.kind !== "frame") return result;
  const walk = recorded.walkTo(result.difference.finding);
  for (const packet of packets) {
    if (walk.done) break;
    walk.packet(packet);
  }
  return { ...result, difference: walk.completed(result.difference) };
}

const causeOf = ({ expected, got }: FrameFinding): number => got?.cause ?? expected?.cause ?? -1;

const placeOf = (finding: Finding): string =>
  finding.kind === "frame" ? `packet ${finding.expected?.at ?? causeOf(finding)}` : "";

/** Runs the capture once more, up to the packet that led to a difference. */
export class WalkTo {
  readonly #run: CaptureRun;
  readonly #finding: FrameFinding;
  #done = false;
  #words = "";
  #timers: readonly WalkEvent[] = [];
  #events: readonly WalkEvent[] = [];

  constructor(config: DirectorConfig, finding: FrameFinding, { offloads = "auto" }: LabOptions) {
    this.#finding = finding;
    const record = causeOf(finding);
    const listener: RunListener = {
      sent: () => {},
      skipped: () => {},
      listensTo: (packet) => packet.record === record,
      arrived: (arrival) => {
        if (arrival.packet.record === record) this.#arrived(arrival);
      },
    };
    this.#run = new CaptureRun(config, listener, { offloads });
    loadRules(this.#run.director, config.rules);
  }

  #arrived({ packet, port, timers, events }: Arrival): void {
    const name = this.#run.director.interfaces[port]?.name ?? "";
    this.#words = `packet ${packet.record}: a frame arrives on ${name}: ${summary(packet.bytes)}`;
    this.#timers = timers;
    this.#events = events;
    this.#done = true;
  }

  get done(): boolean {
    return this.#done;
  }

  packet(packet: Packet): void {
    this.#run.packet(packet);
  }

  completed(difference: Difference): Difference {
    const { got } = this.#finding;
    // What timers had sent before the packet came was not sent because of it.
    const at = this.#timers.findIndex(
      (event) => event.kind === "sent" && got !== undefined && sameBytes(event.bytes, got.bytes),
    );
    const cause = at < 0 ? this.#words : `timers that ran out before ${this.#words}`;
    return { ...difference, cause, walk: at < 0 ? this.#events : this.#timers.slice(0, at + 1) };
  }
}
