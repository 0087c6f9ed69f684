/** What happens in random cases, to show that they reach it. */
import type { Transcript } from "../../src/core/capture/transcript.ts";
import { runTranscript } from "../../src/core/replay/transcript-run.ts";
import type { WalkEvent } from "../../src/core/trace/events.ts";

/** Everything that happens in all cases, by kind and what is of interest about it. */
export function happenings(transcripts: readonly Transcript[]): Set<string> {
  const seen = new Set<string>();
  const note = (event: WalkEvent): void => {
    if (event.kind === "scheduled") seen.add(`scheduler ${event.scheduler}`);
    else if (event.kind === "method") seen.add(`method ${event.method}`);
    else if (event.kind === "state") seen.add(`state ${event.after}`);
    else if (event.kind === "icmp") seen.add(`icmp ${event.type}/${event.code}`);
    else if (event.kind === "verdict") seen.add(`end ${event.verdict}`);
    else seen.add(event.kind);
  };
  for (const transcript of transcripts) runTranscript(transcript, () => ({ add: note }));
  return seen;
}
