/**
 * Does a case hang on the clock, or on a lot? The kernel's ticks and its timer wheel have a phase that nobody knows, and no input
 * comes at the very moment that was planned. A case that ends otherwise under another such clock tells nothing: where
 * it does is where it is cut off.
 */
import type { Transcript, TranscriptEvent } from "../../src/core/capture/transcript.ts";
import { REFERENCE_KERNEL } from "../../src/core/kernel/releases.ts";
import { compareTranscripts } from "../../src/core/replay/compare.ts";
import { runTranscript } from "../../src/core/replay/transcript-run.ts";
import { ETHERNET_HEADER } from "../../src/core/wire/ethernet.ts";
import {
  FRAGMENT_OFFSET,
  IPV4_FRAGMENT,
  IPV4_HEADER,
  IPV4_PROTOCOL,
  MORE_FRAGMENTS,
  PROTOCOL_UDP,
} from "../../src/core/wire/ipv4.ts";
import { UDP_HEADER } from "../../src/core/wire/udp.ts";

type Inputs = Pick<Transcript, "head" | "events">;

/**
 * A clock that a case may meet as well: it begins later, all but the sleeps takes so many times as long, and sleeps are
 * shorter, which is to timers as if they fired late.
 */
interface Clock {
  readonly phase: number;
  readonly pace: number;
  readonly late?: number;
  /** Commands have their effect so long before the time that is noted when they end. */
  readonly early?: number;
}

const steps = (count: number, step: number): number[] => Array.from({ length: count }, (_, index) => index * step);

/**
 * Phases of the tick (10 ms; no two of these have the same), the wheel's first levels (80 and 640 ms), the estimator
 * (2 s); fast and slow machines.
 */
const OTHER_CLOCKS: readonly Clock[] = [
  ...steps(5, 0.413).map((phase) => ({ phase, pace: 1 })),
  { phase: 0.004, pace: 0.5 },
  { phase: 0.39, pace: 2 },
  { phase: 1.777, pace: 3 },
  { phase: 0, pace: 1, late: 0.3 },
];

/** Where a director draws its identifications from: one that stands where no recording masks it is told apart by them. */
const OTHER_SEED = 4711;
/** The port of GUE that random cases use. */
const GUE_PORT = 6080;

/** For a recording, whose times are known but for the phases, the start of programs, and how late timers fired. */
const NEARBY_CLOCKS: readonly Clock[] = [0, 0.1, 0.2, 0.3].flatMap((late) =>
  steps(7, 0.005).flatMap((early) =>
    [0.003, 0.007, ...steps(20, 0.101)].map((phase) => ({ phase, pace: 1, early, late })),
  ),
);

/**
 * The same inputs under another clock. A tick begins at its time 0: where the phase is unknown, what waits for the next
 * tick takes the same time under every clock, and no two would differ.
 */
function retimed({ head, events }: Inputs, { phase, pace, late = 0, early = 0 }: Clock): Inputs {
  let before = 0;
  let asleep = 0;
  let sleeps = 0;
  let clock = phase;
  const moved = events.map((event): TranscriptEvent => {
    const last = clock + sleeps;
    clock += sleeps + pace * Math.max(0, event.t - before - asleep);
    before = event.t;
    asleep = event.do === "sleep" ? event.seconds : 0;
    sleeps = Math.max(0, asleep - late);
    if (event.do === "sleep") return { ...event, t: clock, seconds: sleeps };
    return { ...event, t: event.do === "ipvsadm" ? Math.max(last, clock - early) : clock };
  });
  return { head: { ...head, kernel: { ...(head.kernel ?? REFERENCE_KERNEL), ticks: 0 } }, events: moved };
}

/** The inputs up to the first whose outcome depends on the clock, or on what a host draws by lot; all of them, if there is none. */
export function steadyPart(inputs: Inputs): readonly TranscriptEvent[] {
  const planned = { head: inputs.head, events: runTranscript(inputs).map(untimed) };
  let end = inputs.events.length;
  const drawn = planned.events.findIndex(isFirstOfGue);
  if (drawn >= 0) end = inputsBefore(planned.events, drawn) - 1;
  const others = OTHER_CLOCKS.map((clock) => runTranscript(retimed(inputs, clock)));
  others.push(runTranscript(inputs, undefined, undefined, { seed: OTHER_SEED }));
  for (const events of others) {
    const { first } = compareTranscripts(planned, events.map(untimed));
    if (first !== undefined) end = Math.min(end, inputsBefore(planned.events, first.index));
  }
  return inputs.events.slice(0, end);
}

/** The first piece of a GUE datagram of the director's: its source port comes from a secret hash, and is masked in whole ones only. */
function isFirstOfGue(event: TranscriptEvent): boolean {
  if (event.do !== "tx" || event.frame.length < ETHERNET_HEADER + IPV4_HEADER + UDP_HEADER) return false;
  const packet = new DataView(event.frame.buffer, event.frame.byteOffset + ETHERNET_HEADER);
  return (
    packet.getUint8(IPV4_PROTOCOL) === PROTOCOL_UDP &&
    (packet.getUint16(IPV4_FRAGMENT) & (MORE_FRAGMENTS | FRAGMENT_OFFSET)) === MORE_FRAGMENTS &&
    packet.getUint16(IPV4_HEADER + 2) === GUE_PORT
  );
}

/** However long a sleep was. */
const awake = (event: TranscriptEvent): TranscriptEvent => (event.do === "sleep" ? { ...event, seconds: 0 } : event);

/** How long a sleep was and what connections have left is another matter: a recording tells the times. */
function untimed(event: TranscriptEvent): TranscriptEvent {
  if (event.do === "sleep") return { ...event, seconds: 0 };
  return event.do === "ipvsadm" ? { ...event, out: event.out.replace(/\b\d\d:\d\d\b/g, "00:00") } : event;
}

const inputsBefore = (events: readonly TranscriptEvent[], index: number): number =>
  events.slice(0, Math.max(0, index)).filter((event) => event.do !== "tx").length;

/** Whether the recording is what tapvs does under a clock that differs by no more than the recording's is uncertain. */
export function matchesNearby(recording: Transcript): boolean {
  const inputs = { head: recording.head, events: recording.events.filter((event) => event.do !== "tx") };
  const asAwake = { head: recording.head, events: recording.events.map(awake) };
  return NEARBY_CLOCKS.some((clock) => {
    const made = runTranscript(retimed(inputs, clock));
    return compareTranscripts(asAwake, made.map(awake)).first === undefined;
  });
}
