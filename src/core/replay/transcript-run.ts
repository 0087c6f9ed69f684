/** Runs the inputs of a transcript through a director and writes down what it did, as a transcript of the same form. */
import type { Transcript, TranscriptEvent } from "../capture/transcript.ts";
import { runIpvsadm, wordsOf } from "../control/interpreter.ts";
import { procFile } from "../control/proc.ts";
import { Director, type DirectorOptions } from "../host/director.ts";
import { injectedTailroom } from "../host/fragments/pieces.ts";
import type { Trace } from "../trace/events.ts";
import { Frame } from "../wire/frame.ts";
import { wirePackets } from "../wire/wire-packets.ts";
import { RecordedOffloads } from "./recorded-offloads.ts";
import { tentativeUntil } from "./tentative.ts";

const MICROSECONDS = 1e6;
/**
 * How long a recorder looks for answers after an arrival, in seconds. It also looks during a sleep, and at no other time:
 * what the director sends by itself meanwhile is seen when the recorder looks next, and after the last look never.
 */
export const LOOK = 0.004;

/**
 * Every line of the recording that is not `tx`, in order, with this director's own results, and its own `tx` lines after
 * the event that caused them. `traceFor` may listen to the walk of a frame; it is asked before each arrival. `finished` gets
 * the director as it is at the end.
 */
export function runTranscript(
  transcript: Pick<Transcript, "head" | "events">,
  traceFor: (event: TranscriptEvent, index: number) => Trace | undefined = () => undefined,
  finished: (director: Director) => void = () => {},
  options: Pick<DirectorOptions, "fastPath" | "seed"> = {},
): TranscriptEvent[] {
  const events: TranscriptEvent[] = [];
  /** Sent while nobody looked. */
  const unseen: TranscriptEvent[] = [];
  let sink = events;
  // As in a capture: what is left to a network card is made where there was one.
  const hasCard = transcript.events.some((event) => event.do === "rx" && event.segment !== undefined);
  const director: Director = new Director(transcript.head, {
    ...options,
    tentativeUntil: tentativeUntil(transcript),
    link: {
      send: (frame, port) => {
        const dev = director.interfaces[port]?.name ?? "";
        const t = director.now / MICROSECONDS;
        const isLeft = frame.segmentSize > 0 || (hasCard && frame.checksumStart > 0);
        const packets = isLeft ? wirePackets(frame) : [frame.copyOfContents()];
        for (const packet of packets) sink.push({ do: "tx", t, dev, frame: packet });
      },
    },
  });
  director.advance(0);
  for (const [index, event] of transcript.events.entries()) {
    if (event.do === "tx") continue;
    sink = unseen;
    director.advance(event.t * MICROSECONDS);
    sink = events;
    director.trace = traceFor(event, index);
    runEvent(director, event, events, unseen);
    if (event.do === "rx")
      director.advance(Math.min(event.t + LOOK, nextTime(transcript.events, index)) * MICROSECONDS);
  }
  finished(director);
  return events;
}

/** When the next event is that is no frame of the director's. */
function nextTime(events: readonly TranscriptEvent[], index: number): number {
  for (let next = index + 1; next < events.length; next++) {
    const event = events[next];
    if (event !== undefined && event.do !== "tx") return event.t;
  }
  return Number.POSITIVE_INFINITY;
}

function runEvent(
  director: Director,
  event: TranscriptEvent,
  events: TranscriptEvent[],
  unseen: TranscriptEvent[],
): void {
  switch (event.do) {
    case "rx": {
      events.push(event, ...unseen.splice(0));
      const frame = Frame.of(event.frame);
      frame.tailroom = injectedTailroom(event.frame.length);
      if (event.segment !== undefined) new RecordedOffloads("auto").read(frame, frame.length, event.segment);
      director.receive(frame, director.ifindexOf(event.dev), event.t * MICROSECONDS);
      return;
    }
    case "ipvsadm": {
      const { code, out, err } = runIpvsadm(wordsOf(event.args), { server: director.server });
      const { open: _, ...asked } = event;
      events.push({ ...asked, code, out, err });
      return;
    }
    case "sleep":
      events.push(event, ...unseen.splice(0));
      director.advance((event.t + event.seconds) * MICROSECONDS);
      return;
    case "sysctl":
      events.push(event);
      director.setSysctl(event.key, event.value);
      return;
    case "proc": {
      const { open: _, ...asked } = event;
      events.push({ ...asked, out: procFile(event.name, director.server) ?? "" });
      return;
    }
    case "tx":
      return;
  }
}
