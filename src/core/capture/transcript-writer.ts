/** Writes transcripts: the form that parseTranscript reads, one JSON value a line, keys in the order of the recordings. */
import { hostConfigValues } from "../host/config-writer.ts";
import { DEFAULT_KERNEL } from "../kernel/releases.ts";
import type { Transcript, TranscriptEvent, TranscriptHead } from "./transcript.ts";

/** The first line, without its end. */
export function formatTranscriptHead(head: TranscriptHead): string {
  const { kernel: _, ...host } = hostConfigValues(head);
  const { hz, release, ticks } = head.kernel ?? DEFAULT_KERNEL;
  const kernel = head.recordedOn ?? { hz, release };
  const clock = ticks === undefined ? undefined : { hz, ticks };
  return JSON.stringify({ transcript: 1, kernel, name: head.name, ...host, clock });
}

/** One event as a line, without its end. */
export function formatTranscriptEvent(event: TranscriptEvent): string {
  switch (event.do) {
    case "ipvsadm": {
      const { do: kind, t, args, code, out, err } = event;
      return JSON.stringify({ do: kind, t, args, code, out, err });
    }
    case "rx":
    case "tx": {
      const { do: kind, t, dev, frame, segment } = event;
      return JSON.stringify({ do: kind, t, dev, frame: formatHex(frame), segment });
    }
    case "sleep":
      return JSON.stringify({ do: event.do, t: event.t, seconds: event.seconds });
    case "sysctl":
      return JSON.stringify({ do: event.do, t: event.t, key: event.key, value: event.value });
    case "proc":
      return JSON.stringify({ do: event.do, t: event.t, name: event.name, out: event.out });
  }
}

/** A whole transcript; every line ends in a newline. */
export const formatTranscript = ({ head, events }: Pick<Transcript, "head" | "events">): string =>
  [formatTranscriptHead(head), ...events.map(formatTranscriptEvent), ""].join("\n");

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

function formatHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += HEX[byte];
  return text;
}
