/**
 * Where the recorded kernel's clock stood. The first line of some recordings has the tick counter at t=0, and that counts
 * whole ticks: the rest is what fits best, one number for a whole recording. Others have no counter, and then nobody
 * knows how much of a tick had passed, nor in which slot the timer wheel stood.
 */
import type { Transcript } from "../capture/transcript.ts";
import { REFERENCE_KERNEL } from "../kernel/releases.ts";
import { countDifferences } from "./compare.ts";
import { runTranscript } from "./transcript-run.ts";

/** The counter was read a moment beside the clock: the phase may lie half a tick outside the one that was read. */
const MIDDLE = 0.5;
const REACH = 1;
const STEPS = 20;
/** Each round looks between the two steps beside the best one of the round before; the last is 20 000 times finer than a tick. */
const ROUNDS = 3;
/**
 * Counters to try where none was read: every tenth of a tick, spread over the slots of the wheel's lower levels, whose
 * coarsest come round after 512 ticks. A timer beyond them fires up to a minute late, and shows in no listing of seconds.
 */
const COUNTERS: readonly number[] = Array.from({ length: 40 }, (_, index) => Number((index * 13.1).toFixed(1)));

/**
 * The transcript with the tick counter under which the emulator agrees with it longest. As it is, if it is no recording
 * of a kernel, or agrees without.
 */
export function withFittedPhase(transcript: Transcript): Transcript {
  const { kernel, recordedOn } = transcript.head;
  if (kernel?.ticks !== undefined) return fitted(transcript, kernel.ticks);
  return recordedOn === undefined ? transcript : searched(transcript);
}

function fitted(transcript: Transcript, ticks: number): Transcript {
  const at = (phase: number): Transcript => withCounter(transcript, ticks + phase);
  let best = { phase: MIDDLE, wrong: differencesOf(at(MIDDLE)) };
  let reach = REACH;
  for (let round = 0; round < ROUNDS && best.wrong > 0; round++) {
    const around = best.phase;
    for (let step = 1; step <= STEPS && best.wrong > 0; step++) {
      for (const phase of [around - (step / STEPS) * reach, around + (step / STEPS) * reach]) {
        const wrong = differencesOf(at(phase));
        if (wrong < best.wrong) best = { phase, wrong };
      }
    }
    reach /= STEPS;
  }
  return at(best.phase);
}

function searched(transcript: Transcript): Transcript {
  let best = { found: transcript, wrong: differencesOf(transcript) };
  for (const ticks of COUNTERS) {
    if (best.wrong === 0) break;
    const found = withCounter(transcript, ticks);
    const wrong = differencesOf(found);
    if (wrong < best.wrong) best = { found, wrong };
  }
  return best.found;
}

function withCounter(transcript: Transcript, ticks: number): Transcript {
  const { head } = transcript;
  const { kernel = REFERENCE_KERNEL } = head;
  return { ...transcript, head: { ...head, kernel: { ...kernel, ticks: Math.max(0, ticks) } } };
}

const differencesOf = (transcript: Transcript): number => countDifferences(transcript, runTranscript(transcript));
