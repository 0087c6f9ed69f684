/** What happened to a director frame by frame, told from a capture or a transcript: it is all lived through once more. */
import type { Instant, Packet } from "../capture/packet.ts";
import type { Transcript, TranscriptEvent } from "../capture/transcript.ts";
import { type Explanation, explanationOf, type RecordedFrame } from "../explain/explanation.ts";
import type { HostConfig } from "../host/config/config.ts";
import type { Director } from "../host/director.ts";
import type { Trace, WalkEvent } from "../trace/events.ts";
import { ETHERNET_HEADER, ETHERNET_TYPE, ETHERTYPE_IPV4 } from "../wire/ethernet.ts";
import { IPV4_CHECKSUM, IPV4_HEADER, IPV4_IDENTIFICATION } from "../wire/ipv4.ts";
import { type Arrival, CaptureRun } from "./capture-run.ts";
import { runTranscript } from "./transcript-run.ts";
import { masked, type Originator, originatorOf } from "./unforetold.ts";

/** Which frames are wanted. */
export interface FrameRange {
  /** Only this one, none for 0; all if absent. */
  readonly only?: number;
  /** Nothing behind this one is lived through. */
  readonly until?: number;
}

const isWanted = (number: number, { only }: FrameRange): boolean => only === undefined || only === number;

/** Frames that the director sends here, until a frame of the recording is found to be the same. */
class Departures {
  readonly #originator: Originator;
  readonly #causes = new Map<string, number[]>();

  constructor(originator: Originator) {
    this.#originator = originator;
  }

  add(bytes: Uint8Array, cause: number): void {
    const key = keyOf(bytes, this.#originator);
    const known = this.#causes.get(key);
    if (known === undefined) this.#causes.set(key, [cause]);
    else known.push(cause);
  }

  take(bytes: Uint8Array): number | undefined {
    return this.#causes.get(keyOf(bytes, this.#originator))?.shift();
  }
}

/** All of a frame but what nobody can foretell, and any IPv4 identification (and so the checksum), which two directors choose differently. */
function keyOf(bytes: Uint8Array, originator: Originator): string {
  const copy = masked(bytes, originator).slice();
  const type = (copy[ETHERNET_TYPE] ?? 0) * 256 + (copy[ETHERNET_TYPE + 1] ?? 0);
  if (type === ETHERTYPE_IPV4 && copy.length >= ETHERNET_HEADER + IPV4_HEADER) {
    copy.fill(0, ETHERNET_HEADER + IPV4_IDENTIFICATION, ETHERNET_HEADER + IPV4_IDENTIFICATION + 2);
    copy.fill(0, ETHERNET_HEADER + IPV4_CHECKSUM, ETHERNET_HEADER + IPV4_CHECKSUM + 2);
  }
  return copy.join();
}

// --- captures

/** Tells the packets of a capture, sorted by time, in order. `prepare` gives the director its rules. */
export function explainCapture(
  config: HostConfig,
  prepare: (director: Director) => void,
  packets: Iterable<Packet>,
  wish: FrameRange,
  tell: (story: RecordedFrame) => void,
): Director {
  const departures = new Departures(originatorOf(config, []));
  let number = 0;
  const run: CaptureRun = new CaptureRun(config, {
    listensTo: () => isWanted(number, wish),
    arrived: (arrival) => {
      if (isWanted(number, wish)) tell({ kind: "walk", number, explanation: explained(run.director, number, arrival) });
    },
    sent: ({ bytes }) => departures.add(bytes, number),
    skipped: (packet, placement) => {
      // Every one that was sent takes its cause, wanted or not.
      const cause = placement.kind === "sent" ? departures.take(packet.bytes) : undefined;
      if (!isWanted(number, wish)) return;
      const seconds = secondsSince(run.first, packet);
      const port = placement.kind === "sent" ? (run.director.interfaces[placement.port]?.name ?? "") : "";
      const frame = { number, seconds, port, bytes: packet.bytes.slice() };
      if (placement.kind === "sent") tell({ ...frame, kind: "sent", cause });
      else
        tell({
          ...frame,
          kind: "passed-over",
          why: placement.kind === "unknown" ? placement.why : "no interface would take it",
        });
    },
  });
  prepare(run.director);
  for (const packet of packets) {
    if (number === (wish.until ?? wish.only)) break;
    number++;
    run.packet(packet);
  }
  return run.director;
}

function explained(director: Director, number: number, { packet, port, time, events }: Arrival): Explanation {
  const name = director.interfaces[port]?.name ?? "";
  return explanationOf({ number, seconds: time / 1e6, port: name, bytes: packet.bytes.slice() }, events);
}

const secondsSince = (first: Instant | undefined, { time }: Packet): number =>
  first === undefined ? 0 : (time - first.time) / 1e6;

// --- transcripts

/** Tells the frames of a transcript in order: those that arrive, and those that the recorded director sent. Answers with
 * the director as it is after them. */
export function explainTranscript(
  transcript: Transcript,
  wish: FrameRange,
  tell: (story: RecordedFrame) => void,
): Director {
  const numbers = frameNumbers(transcript.events);
  const events = transcript.events.slice(0, endOf(numbers, wish));
  const walks = new Walks(events);
  const present: Director[] = [];
  runTranscript(
    { head: transcript.head, events },
    (_, index) => walks.listener(index),
    (director) => present.push(director),
  );
  const commands = events.flatMap((event) => (event.do === "ipvsadm" ? [event.args] : []));
  const departures = new Departures(originatorOf(transcript.head, commands));
  for (const [index, event] of events.entries()) {
    const number = numbers[index] ?? 0;
    const walk = walks.of(index);
    for (const sent of walk) if (sent.kind === "sent") departures.add(sent.bytes, number);
    tellEvent(event, number, walk, departures, wish, tell);
  }
  const [director] = present;
  if (director === undefined) throw new Error("a transcript ended without a director");
  return director;
}

/** How many events are lived through: up to the frame that is the last one wanted, or up to the first frame. */
function endOf(numbers: readonly number[], { until }: FrameRange): number {
  if (until === undefined) return numbers.length;
  return until === 0 ? numbers.findIndex((number) => number > 0) : numbers.indexOf(until) + 1;
}

/** What happened because of each arrival, and by itself until the next one. */
class Walks {
  readonly #walks = new Map<number, WalkEvent[]>();
  /** For each event, the arrival before it, or itself. */
  readonly #arrivals: readonly number[];

  constructor(events: readonly TranscriptEvent[]) {
    let arrival = -1;
    this.#arrivals = events.map((event, index) => {
      if (event.do === "rx") arrival = index;
      return arrival;
    });
  }

  /** Of the arrival at this index; empty for other events. */
  of(index: number): readonly WalkEvent[] {
    return this.#walks.get(index) ?? [];
  }

  listener(index: number): Trace {
    return { add: (event) => this.#add(this.#arrivals[index] ?? index, event) };
  }

  #add(index: number, event: WalkEvent): void {
    const walk = this.#walks.get(index);
    if (walk === undefined) this.#walks.set(index, [event]);
    else walk.push(event);
  }
}

/** The number of each event that is a frame; 0 for others. */
function frameNumbers(events: readonly TranscriptEvent[]): number[] {
  let number = 0;
  return events.map((event) => (event.do === "rx" || event.do === "tx" ? ++number : 0));
}

function tellEvent(
  event: TranscriptEvent,
  number: number,
  walk: readonly WalkEvent[],
  departures: Departures,
  wish: FrameRange,
  tell: (story: RecordedFrame) => void,
): void {
  if (event.do === "tx") {
    const cause = departures.take(event.frame);
    if (isWanted(number, wish))
      tell({ kind: "sent", number, seconds: event.t, port: event.dev, bytes: event.frame, cause });
  } else if (event.do === "rx" && isWanted(number, wish)) {
    const explanation = explanationOf({ number, seconds: event.t, port: event.dev, bytes: event.frame }, walk);
    tell({ kind: "walk", number, explanation });
  }
}
