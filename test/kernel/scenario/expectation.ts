/** What a scenario says a director sends: `=> eth1 c1 > s1 tcp 40000:8080 S`. */
import type { TranscriptEvent } from "../../../src/core/capture/transcript.ts";
import { describe, type Naming } from "../sent.ts";

/** What the inputs `first` to `last` cause, all of it and in this order; each frame by words that its description has in this order. */
export interface Expectation {
  readonly where: string;
  readonly first: number;
  readonly last: number;
  readonly frames: readonly (readonly string[])[];
}

/** The inputs of a transcript, each with the frames that came out because of it. */
function sentByInput(events: readonly TranscriptEvent[]): (TranscriptEvent & { readonly do: "tx" })[][] {
  const inputs: (TranscriptEvent & { readonly do: "tx" })[][] = [];
  for (const event of events) {
    if (event.do !== "tx") inputs.push([]);
    else inputs.at(-1)?.push({ ...event, do: "tx" });
  }
  return inputs;
}

/** The expectations that a transcript does not meet, each as a message for people. */
export function unmet(
  expectations: readonly Expectation[],
  events: readonly TranscriptEvent[],
  nameOf: Naming,
): string[] {
  const inputs = sentByInput(events);
  return expectations.flatMap(({ where, first, last, frames }) => {
    const sent = inputs.slice(first, last + 1).flat();
    const told = sent.map((frame) => describe(frame, nameOf));
    const meets = told.length === frames.length && told.every((text, index) => hasWords(text, frames[index] ?? []));
    if (meets) return [];
    const wanted = frames.length === 0 ? "nothing" : frames.map((words) => words.join(" ")).join("\n      and ");
    const got = told.length === 0 ? "nothing" : told.join("\n      and ");
    return [`${where}: expected ${wanted}\n  but got ${got}`];
  });
}

/** Whether the words occur in the text in this order; others may stand between them. */
function hasWords(text: string, words: readonly string[]): boolean {
  const all = text.split(" ");
  let at = 0;
  return words.every((word) => {
    at = all.indexOf(word, at) + 1;
    return at > 0;
  });
}
