/**
 * Where the recorded kernel's clock stood within its tick. The first line of a recording has the tick counter at t=0, and
 * that counts whole ticks: the rest is what fits best, one number for a whole recording.
 */
import type { Transcript } from "../capture/transcript.ts";
import { countDifferences } from "./compare.ts";
import { runTranscript } from "./transcript-run.ts";

/** The counter was read a moment beside the clock: the phase may lie half a tick outside the one that was read. */
const MIDDLE = 0.5;
const REACH = 1;
const STEPS = 20;
/** Each round looks between the two steps beside the best one of the round before; the last is 20 000 times finer than a tick. */
const ROUNDS = 3;

/** The transcript with the phase under which the emulator agrees with it longest; as it is, if it has no tick counter. */
export function withFittedPhase(transcript: Transcript): Transcript {
  const { kernel } = transcript.head;
  if (kernel?.ticks === undefined) return transcript;
  const { ticks } = kernel;
  const at = (phase: number): Transcript => ({
    ...transcript,
    head: { ...transcript.head, kernel: { ...kernel, ticks: Math.max(0, ticks + phase) } },
  });
  const differences = (phase: number): number => {
    const shifted = at(phase);
    return countDifferences(shifted, runTranscript(shifted));
  };
  let best = { phase: MIDDLE, wrong: differences(MIDDLE) };
  let reach = REACH;
  for (let round = 0; round < ROUNDS && best.wrong > 0; round++) {
    const around = best.phase;
    for (let step = 1; step <= STEPS && best.wrong > 0; step++) {
      for (const phase of [around - (step / STEPS) * reach, around + (step / STEPS) * reach]) {
        const wrong = differences(phase);
        if (wrong < best.wrong) best = { phase, wrong };
      }
    }
    reach /= STEPS;
  }
  return at(best.phase);
}
