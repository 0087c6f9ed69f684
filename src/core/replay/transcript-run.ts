/** Runs the inputs of a transcript through a director and writes down what it did, as a transcript of the same form. */
import type { Transcript, TranscriptEvent } from "../capture/transcript.ts";
import { runIpvsadm, wordsOf } from "../control/interpreter.ts";
import { procFile } from "../control/proc.ts";
import { Director } from "../director/director.ts";
import { injectedTailroom } from "../director/reassembly.ts";
import type { Trace } from "../trace/events.ts";
import { Frame } from "../wire/frame.ts";

const MICROSECONDS = 1e6;

/**
 * Every line of the recording that is not `tx`, in order, with this director's own results, and its own `tx` lines after
 * the event that caused them. `traceFor` may listen to the walk of a frame; it is asked before each arrival. `finished` gets
 * the director as it is at the end.
 */
export function runTranscript(
  transcript: Pick<Transcript, "head" | "events">,
  traceFor: (event: TranscriptEvent, index: number) => Trace | undefined = () => undefined,
  finished: (director: Director) => void = () => {},
): TranscriptEvent[] {
  const events: TranscriptEvent[] = [];
  const director: Director = new Director(transcript.head, {
    link: {
      send: (frame, port) => {
        const dev = director.interfaces[port]?.name ?? "";
        const t = director.now / MICROSECONDS;
        events.push({ do: "tx", t, dev, frame: frame.contents().slice() });
      },
    },
  });
  director.advance(0);
  for (const [index, event] of transcript.events.entries()) {
    if (event.do === "tx") continue;
    director.advance(event.t * MICROSECONDS);
    director.trace = traceFor(event, index);
    runEvent(director, event, events);
  }
  finished(director);
  return events;
}

function runEvent(director: Director, event: TranscriptEvent, events: TranscriptEvent[]): void {
  switch (event.do) {
    case "rx": {
      events.push(event);
      const frame = Frame.of(event.frame);
      frame.tailroom = injectedTailroom(event.frame.length);
      director.receive(frame, director.portNumber(event.dev), event.t * MICROSECONDS);
      return;
    }
    case "ipvsadm": {
      const { code, out, err } = runIpvsadm(wordsOf(event.args), { server: director.server });
      events.push({ ...event, code, out, err });
      return;
    }
    case "sleep":
      events.push(event);
      director.advance((event.t + event.seconds) * MICROSECONDS);
      return;
    case "sysctl":
      events.push(event);
      director.setSysctl(event.key, event.value);
      return;
    case "proc":
      events.push({ ...event, out: procFile(event.name, director.server) ?? "" });
      return;
    case "tx":
      return;
  }
}
