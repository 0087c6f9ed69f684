/** One recorded lab: what the emulator makes of the frames that arrived, held against what the real director sent. */
import { summary } from "../explain/summary.ts";
import type { WalkEvent } from "../trace/events.ts";
import { Lab, type RecordedCapture } from "./capture-lab.ts";
import { CaptureRun, type RunListener } from "./capture-run.ts";
import type { CaseResult } from "./case-result.ts";
import type { Difference, Finding } from "./difference.ts";
import type { Offloads } from "./recorded-offloads.ts";
import { loadRules } from "./rules.ts";
import { sameBytes } from "./sent-frame.ts";

/** The case cannot be run: its rules are refused (`rules.ipvs:3: ...`), or packets have no place (`packet 12: ...`). */
export interface Unusable {
  readonly refused: readonly string[];
  readonly unplaced: readonly string[];
}

/** Runs the capture and compares frames, then counters, then connections. */
export function verifyCapture(recorded: RecordedCapture, offloads: Offloads = "auto"): CaseResult | Unusable {
  const lab = new Lab(recorded.config, offloads);
  const refused = loadRules(lab.run.director, recorded.config.rules);
  if (refused.length > 0) return { refused, unplaced: [] };
  lab.runAll(recorded.packets);
  if (lab.unplaced.length > 0) return { refused: [], unplaced: lab.unplaced };
  const finding = lab.compareFrames() ?? lab.compareListings(recorded);
  return {
    frames: lab.expected.length,
    difference: finding && describe(recorded, lab, finding, offloads),
    notes: lab.notes(),
    made: { head: { ...recorded.config, name: recorded.name }, events: lab.events },
  };
}

function describe(recorded: RecordedCapture, lab: Lab, finding: Finding, offloads: Offloads): Difference {
  if (finding.kind !== "frame") return { place: "", cause: "", finding, walk: [] };
  const { expected, got } = finding;
  const cause = got?.cause ?? expected?.cause ?? -1;
  const { words, timers, events } = walkOf(recorded, cause, lab, offloads);
  // What timers had sent before the packet came was not sent because of it.
  const at = timers.findIndex(
    (event) => event.kind === "sent" && got !== undefined && sameBytes(event.bytes, got.bytes),
  );
  const walk = at < 0 ? events : timers.slice(0, at + 1);
  return {
    place: `packet ${expected?.at ?? cause}`,
    cause: at < 0 ? words : `timers that ran out before ${words}`,
    finding,
    walk,
  };
}

interface PacketWalk {
  readonly words: string;
  readonly timers: readonly WalkEvent[];
  readonly events: readonly WalkEvent[];
}

/** What timers did up to a packet, and its own walk, by running the capture once more. */
function walkOf({ config, packets }: RecordedCapture, record: number, lab: Lab, offloads: Offloads): PacketWalk {
  let found: PacketWalk = { words: "", timers: [], events: [] };
  const listener: RunListener = {
    sent: () => {},
    skipped: () => {},
    listensTo: (packet) => packet.record === record,
    arrived: ({ packet, port, timers, events }) => {
      if (packet.record !== record) return;
      const words = `packet ${record}: a frame arrives on ${lab.nameOf(port)}: ${summary(packet.bytes)}`;
      found = { words, timers, events };
    },
  };
  const run = new CaptureRun(config, listener, { offloads });
  loadRules(run.director, config.rules);
  for (const packet of packets) {
    run.packet(packet);
    if (packet.record === record) break;
  }
  return found;
}
