/** Writes transcripts: the form that parseTranscript reads, one JSON value a line, keys in the order of the recordings. */
import { hostConfigValues } from "../host/config/writer.ts";
import { DEFAULT_KERNEL } from "../kernel/releases.ts";
import { formatHex } from "../packet/words.ts";
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
  const expect = event.expect?.map(({ text }) => text);
  return JSON.stringify({ ...eventValues(event), expect });
}

function eventValues(event: TranscriptEvent): object {
  switch (event.do) {
    case "ipvsadm": {
      const { do: kind, t, args, code, out, err, open } = event;
      return open ? { do: kind, t, args } : { do: kind, t, args, code, out, err };
    }
    case "rx": {
      const { do: kind, t, dev, frame, packet, segment } = event;
      return packet === undefined
        ? { do: kind, t, dev, frame: formatHex(frame), segment }
        : { do: kind, t, dev, packet, segment };
    }
    case "tx":
      return { do: event.do, t: event.t, dev: event.dev, frame: formatHex(event.frame) };
    case "sleep":
      return { do: event.do, t: event.t, seconds: event.seconds };
    case "sysctl":
      return { do: event.do, t: event.t, key: event.key, value: event.value };
    case "proc":
      return { do: event.do, t: event.t, name: event.name, out: event.open ? undefined : event.out };
  }
}

/** A whole transcript; every line ends in a newline. */
export const formatTranscript = ({ head, events }: Pick<Transcript, "head" | "events">): string =>
  [formatTranscriptHead(head), ...events.map(formatTranscriptEvent), ""].join("\n");
