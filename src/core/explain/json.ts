/** Explanations as plain values for JSON: a command puts `"v": 1` before them. */
import type { Comparison } from "./comparison.ts";
import type { Ladder } from "./drawings/ladder.ts";
import type { RecordedFrame } from "./explanation.ts";
import { explanationJson } from "./explanation.ts";
import type { ModeExplanation } from "./mode.ts";
import { sentence } from "./sentences/sentences.ts";
import { summary } from "./summary.ts";

/** A mode: hosts, ladder, the director's walk, requirements, faults. */
export function modeJson({
  mode,
  name,
  words,
  topology,
  end,
  ladder,
  walk,
  requirements,
  fault,
  faults,
}: ModeExplanation): object {
  return {
    mode,
    name,
    words,
    rules: topology.rules,
    ladder: ladderJson(ladder),
    outcome: end,
    walk: walk.map(sentence),
    requirements,
    ...(fault === undefined ? {} : { fault }),
    faults: faults.map(({ name: other, title, sign, cure }) => ({ name: other, title, sign, cure })),
  };
}

/** Times in seconds, hosts by name. */
function ladderJson({ title, lifelines, messages, happenings, outcome }: Ladder): object {
  const nameOf = (place: number): string => lifelines[place]?.name ?? "";
  return {
    title,
    hosts: lifelines,
    messages: messages.map(({ time, from, to, again, hop: _, life: __, ...rest }) => ({
      seconds: time / 1e6,
      from: nameOf(from),
      to: to.map(nameOf),
      ...rest,
      again: again.map((other) => other / 1e6),
    })),
    ...(happenings.length > 0 && {
      happenings: happenings.map(({ time, of, text }) => ({ seconds: time / 1e6, host: nameOf(of), text })),
    }),
    outcome,
  };
}

export const comparisonJson = ({ modes, names, rows }: Comparison): object => ({ modes, names, rows });

/** A frame of a recording. */
export function storyJson(story: RecordedFrame): object {
  if (story.kind === "walk") return explanationJson(story.explanation);
  const { number, seconds, port, bytes } = story;
  const about = { packet: number, seconds, port, summary: summary(bytes) };
  return story.kind === "sent" ? { ...about, sentBecauseOf: story.cause ?? null } : { ...about, passedOver: story.why };
}
