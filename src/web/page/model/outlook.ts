/**
 * All that is going to happen, worked out ahead: the same setup and the same actions in a run of its own. From it come the
 * timeline, the moment that breaks, the ending, and the decisions that a viewer is asked to guess.
 */
import { follow } from "../../../core/explain/flow.ts";
import { type Decision, decisionsOf } from "../../../core/explain/headlines/decisions.ts";
import { endingOf, seenByDirector } from "../../../core/explain/headlines/ending.ts";
import { type Headline, headlineOf } from "../../../core/explain/headlines/headline.ts";
import { labelOf } from "../../../core/explain/message.ts";
import type { TimedAction } from "./action.ts";
import { completionOf, type FrameTone, toneOf } from "./motion.ts";
import { Run } from "./run.ts";
import type { Setup } from "./setup.ts";

/** A frame that is on a wire sooner or later. */
export interface ForeseenFrame extends Headline {
  /** When it has come to its last receiver, in microseconds. */
  readonly arrival: number;
  readonly tone: FrameTone;
  readonly label: string;
  readonly decisions: readonly Decision[];
}

export interface Outlook {
  /** In the order of their numbers. */
  readonly frames: readonly ForeseenFrame[];
  /** The frame from which a connection goes wrong; `undefined` if none does. */
  readonly culprit: ForeseenFrame | undefined;
  /** What came of the last request, and what the director saw; empty where there was none. */
  readonly ending: string;
  readonly endsWell: boolean;
}

/** More frames than these are not worked out ahead: nobody looks at each of so many. */
const MOST_FRAMES = 400;

/** The outlook, or `undefined` if more happens than anybody follows frame by frame. */
export function outlookOf(setup: Setup, actions: readonly TimedAction[]): Outlook | undefined {
  if (actions.some(({ kind }) => kind === "burst")) return undefined;
  const run = new Run(setup, actions);
  const { hops } = run.topology.network;
  while (run.due < Number.POSITIVE_INFINITY) {
    run.step();
    if (hops.length > MOST_FRAMES) return undefined;
  }
  const frames = follow(hops).map((step): ForeseenFrame => {
    const { bytes, time } = step.hop;
    return {
      ...headlineOf(run.topology, step),
      arrival: completionOf(step.hop) ?? time,
      tone: toneOf(bytes),
      label: labelOf(step.facts, bytes),
      decisions: decisionsOf(run.topology, step),
    };
  });
  return { frames, culprit: frames.find(({ breaks }) => breaks), ...endOf(run) };
}

/** How the last exchange ended. */
function endOf({ simulation, topology }: Run): Pick<Outlook, "ending" | "endsWell"> {
  const last = simulation.exchanges.at(-1);
  if (last === undefined) return { ending: "", endsWell: true };
  const hops = topology.network.hops.filter(({ time }) => time >= last.at);
  const { tone, text } = last.status();
  const ending = last.end === undefined ? text : endingOf(topology, last.end, hops);
  // A page that came past the director was not balanced.
  return { ending, endsWell: tone === "good" && seenByDirector(topology, hops).byDirector > 0 };
}
