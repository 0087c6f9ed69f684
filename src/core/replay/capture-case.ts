/** One recorded lab: what the emulator makes of the frames that arrived, held against what the real director sent. */
import type { Packet } from "../capture/packet.ts";
import type { TranscriptEvent } from "../capture/transcript.ts";
import { runIpvsadm, wordsOf } from "../control/interpreter.ts";
import type { DirectorConfig } from "../director/config.ts";
import { summary } from "../explain/summary.ts";
import type { WalkEvent } from "../trace/events.ts";
import { ETHERNET_TYPE, ETHERTYPE_IPV4 } from "../wire/ethernet.ts";
import { compareCaptures, isComparable } from "./capture-compare.ts";
import { type Arrival, CaptureRun, type Departure, type RunListener } from "./capture-run.ts";
import type { CaseResult } from "./case-result.ts";
import { compareTexts, type Difference, type Finding } from "./difference.ts";
import { connectionListings, plainTexts } from "./listings.ts";
import type { Placement } from "./placement.ts";
import { loadRules, ruleLines } from "./rules.ts";
import { masked, ownAddresses, type SentFrame, sameBytes } from "./sent-frame.ts";

/** What a capture directory holds. The listings were taken about 3 s after the last IPv4 packet. */
export interface RecordedCapture {
  readonly name: string;
  readonly config: DirectorConfig;
  /** By time; gone through more than once. */
  readonly packets: Iterable<Packet>;
  /** `ipvsadm -Ln --stats --exact`, then `ipvsadm -Ln`; `undefined` if there is no stats.txt. */
  readonly stats: string | undefined;
  /** `ipvsadm -Lnc`; `undefined` if there is no connections.txt. */
  readonly connections: string | undefined;
}

/** The case cannot be run: its rules are refused (`rules.ipvs:3: ...`), or packets have no place (`packet 12: ...`). */
export interface Unusable {
  readonly refused: readonly string[];
  readonly unplaced: readonly string[];
}

const LISTED_AFTER = 3_000_000;
const MICROSECONDS = 1e6;
const STATS = ["-Ln --stats --exact", "-Ln"];
const CONNECTIONS = "-Lnc";

/** Runs the capture and compares frames, then counters, then connections. */
export function verifyCapture(recorded: RecordedCapture): CaseResult | Unusable {
  const lab = new Lab(recorded.config);
  const refused = loadRules(lab.run.director, recorded.config.rules);
  if (refused.length > 0) return { refused, unplaced: [] };
  lab.runAll(recorded.packets);
  if (lab.unplaced.length > 0) return { refused: [], unplaced: lab.unplaced };
  const finding = lab.compareFrames() ?? lab.compareListings(recorded);
  return {
    frames: lab.expected.length,
    difference: finding && describe(recorded, lab, finding),
    notes: lab.notes(),
    made: { head: { ...recorded.config, name: recorded.name }, events: lab.events },
  };
}

/** A run, and all that is to be compared of it. */
class Lab implements RunListener {
  readonly run: CaptureRun;
  readonly expected: SentFrame[] = [];
  readonly got: SentFrame[] = [];
  readonly unplaced: string[] = [];
  readonly events: TranscriptEvent[];
  readonly #own: ReadonlySet<number>;
  /** Sent by the recorded director, but of a kind that the emulator does not send. */
  #beyond = 0;
  #ofNoPort = 0;
  #lastArrival = -1;
  #lastIpv4 = 0;

  constructor(config: DirectorConfig) {
    this.run = new CaptureRun(config, this);
    this.#own = ownAddresses(config);
    this.events = ruleLines(config.rules).map((args) => ({ do: "ipvsadm", t: 0, args, code: 0, out: "", err: "" }));
  }

  runAll(packets: Iterable<Packet>): void {
    for (const packet of packets) {
      this.run.packet(packet);
      if (typeOf(packet.bytes) === ETHERTYPE_IPV4) this.#lastIpv4 = this.run.last;
    }
  }

  nameOf(port: number): string {
    return this.run.director.interfaces[port]?.name ?? "";
  }

  arrived({ packet, port, time }: Arrival): void {
    this.#lastArrival = packet.record;
    this.events.push({ do: "rx", t: time / MICROSECONDS, dev: this.nameOf(port), frame: packet.bytes });
  }

  sent({ port, time, bytes, during }: Departure): void {
    const dev = this.nameOf(port);
    this.events.push({ do: "tx", t: time / MICROSECONDS, dev, frame: bytes });
    if (during === undefined) return;
    this.got.push({ dev, bytes, masked: masked(bytes, this.#own), time, at: -1, cause: during.record });
  }

  skipped(packet: Packet, placement: Exclude<Placement, { kind: "arrived" }>): void {
    const { bytes, record } = packet;
    if (placement.kind === "unknown") this.unplaced.push(`packet ${record}: ${placement.why}`);
    else if (placement.kind === "of-no-port") this.#ofNoPort++;
    else if (!isComparable(bytes)) this.#beyond++;
    else {
      const dev = this.nameOf(placement.port);
      const whole = bytes.slice();
      const { last: time } = this.run;
      this.expected.push({
        dev,
        bytes: whole,
        masked: masked(whole, this.#own),
        time,
        at: record,
        cause: this.#lastArrival,
      });
    }
  }

  compareFrames(): Finding | undefined {
    const names = this.run.director.interfaces.map(({ name }) => name);
    return compareCaptures(names, this.expected, this.got);
  }

  /** Lets the time pass up to when the listings were taken, and lists too. */
  compareListings({ stats, connections }: RecordedCapture): Finding | undefined {
    const at = Math.max(this.#lastIpv4 + LISTED_AFTER, this.run.last);
    const seconds = (at - this.run.last) / MICROSECONDS;
    this.events.push({ do: "sleep", t: this.run.last / MICROSECONDS, seconds });
    this.run.advance(at);
    const counters = STATS.map((args) => this.#list(args, at)).join("");
    const entries = this.#list(CONNECTIONS, at);
    return (
      (stats === undefined ? undefined : compareTexts("stats.txt", plainTexts(stats, counters))) ??
      (connections === undefined
        ? undefined
        : compareTexts("connections.txt", connectionListings(connections, entries)))
    );
  }

  #list(args: string, at: number): string {
    const outcome = runIpvsadm(wordsOf(args), { server: this.run.director.server });
    this.events.push({ do: "ipvsadm", t: at / MICROSECONDS, args, ...outcome });
    return outcome.out;
  }

  notes(): string[] {
    const notes: string[] = [];
    if (this.#beyond > 0)
      notes.push(`${this.#beyond} frames that the recorded director sent are neither IPv4 nor ARP: not compared`);
    if (this.#ofNoPort > 0)
      notes.push(`${this.#ofNoPort} frames were addressed to none of the interfaces: passed over`);
    return notes;
  }
}

const typeOf = (bytes: Uint8Array): number => ((bytes[ETHERNET_TYPE] ?? 0) << 8) | (bytes[ETHERNET_TYPE + 1] ?? 0);

function describe(recorded: RecordedCapture, lab: Lab, finding: Finding): Difference {
  if (finding.kind !== "frame") return { place: "what" in finding ? finding.what : "", cause: "", finding, walk: [] };
  const { expected, got } = finding;
  const cause = got?.cause ?? expected?.cause ?? -1;
  const { words, timers, events } = walkOf(recorded, cause, lab);
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
function walkOf({ config, packets }: RecordedCapture, record: number, lab: Lab): PacketWalk {
  let found: PacketWalk = { words: "", timers: [], events: [] };
  const run: CaptureRun = new CaptureRun(config, {
    sent: () => {},
    skipped: () => {},
    listensTo: (packet) => packet.record === record,
    arrived: ({ packet, port, timers, events }) => {
      if (packet.record !== record) return;
      const words = `packet ${record}: a frame arrives on ${lab.nameOf(port)}: ${summary(packet.bytes)}`;
      found = { words, timers, events };
    },
  });
  loadRules(run.director, config.rules);
  for (const packet of packets) {
    run.packet(packet);
    if (packet.record === record) break;
  }
  return found;
}
