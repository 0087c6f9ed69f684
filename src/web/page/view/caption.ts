/** The sentence under the drawing, large; or, in predict mode, the question that waits for a guess. */
import { LESSONS } from "../../../core/lessons/lessons.ts";
import type { FaultName } from "../../../core/simulator/faults.ts";
import { repairOf } from "../../../core/simulator/repairs.ts";
import type { Caption } from "../model/caption.ts";
import type { Change } from "../model/changes.ts";
import type { Outlook } from "../model/outlook.ts";
import type { Guess, Pending, Prediction } from "../model/prediction.ts";
import type { Run } from "../model/run.ts";
import { faultsIn } from "../model/setup.ts";
import { html, type Markup, NOTHING } from "./markup.ts";
import { clockText } from "./times.ts";

export interface CaptionState {
  readonly caption: Caption;
  readonly run: Run;
  readonly outlook: Outlook | undefined;
  readonly prediction: Prediction | undefined;
  /** What would turn a bad end into a good one, once it was asked for. */
  readonly changes: readonly Change[] | undefined;
}

export function caption(state: CaptionState): Markup {
  const { prediction } = state;
  if (prediction?.pending !== undefined) return question(prediction.pending, prediction);
  const { number, text, detail, tone } = state.caption;
  const guess = prediction?.guesses.findLast(({ packet }) => number.split(", ").includes(String(packet)));
  return html`<section class="caption ${tone}" aria-live="polite" aria-label="This moment" data-key="caption">
    <span class="number" aria-hidden="${number === "?" ? "true" : "false"}">${number}</span>
    <div><p class="sentence">${text}</p><p class="addresses">${number === "?" ? html`Press <kbd>→</kbd> or ▶. Each press is one frame.` : detail}</p>
      ${guess !== undefined && verdictOf(guess)}${prediction !== undefined && score(prediction, text === state.outlook?.ending)}${faults(state)}${changes(state)}</div>
  </section>`;
}

function question({ decision, frame }: Pending, prediction: Prediction): Markup {
  const { question: text, choices } = decision;
  return html`<section class="caption question asked" aria-live="polite" aria-label="What comes?" data-key="question">
    <span class="number">${frame.number}</span>
    <div><p class="sentence">${text}</p>
      <div class="choices" role="group" aria-label="Your guess">${choices.map((choice, place) => html`<button data-do="guess" data-name="${place}"><kbd>${place + 1}</kbd> ${choice}</button>`)}</div>
      ${score(prediction, false)}</div>
  </section>`;
}

const verdictOf = ({ given, right, choices }: Guess): Markup =>
  given === right
    ? html`<p class="guessed good">✓ Yes: ${choices[right] ?? ""}.</p>`
    : html`<p class="guessed bad">✗ You said: ${choices[given] ?? ""}. It is: ${choices[right] ?? ""}.</p>`;

/** How many guesses were right; `isFinal` once everything has happened. */
const score = ({ score: met, guesses }: Prediction, isFinal: boolean): Markup =>
  guesses.length === 0
    ? NOTHING
    : html`<p class="score${isFinal ? " final" : ""}">${met} of ${guesses.length} right <button class="quiet" data-do="export" title="All questions, with what was said and what came, as JSON">Export</button></p>`;

/** At a bad end: what would change it, each a button that does. */
function changes({ changes: found, outlook, caption: { text } }: CaptionState): Markup {
  if (outlook === undefined || outlook.endsWell || text !== outlook.ending) return NOTHING;
  if (found === undefined)
    return html`<div class="chips"><button class="chip" data-do="find-changes" title="Tries it with one thing changed at a time">What would change it?</button></div>`;
  if (found.length === 0) return html`<p class="hint">Nothing that was tried changes this end.</p>`;
  return html`<div class="chips">${found.map(({ words }, place) => html`<button class="chip good" data-do="apply-change" data-name="${place}" title="From the start, with this changed">${words}</button>`)}</div>`;
}

/** The lesson that begins with this fault. */
function lessonAbout(fault: FaultName): Markup {
  const lesson = LESSONS.find(({ watch }) => new URLSearchParams(watch).get("faults") === fault);
  return lesson === undefined
    ? NOTHING
    : html`<button class="chip" data-do="lesson" data-name="${lesson.number}" title="${lesson.task}">lesson ${lesson.number}</button>`;
}

/** What is wrong on purpose, and what puts it right: side by side. */
function faults({ run, outlook, caption: { tone } }: CaptionState): Markup {
  const { setup, repairs } = run.simulation;
  const on = faultsIn(setup, setup.mode);
  if (on.length === 0) return NOTHING;
  return html`<div class="chips">${on.map(({ name, title }) => {
    const done = repairs.find(({ fault }) => fault === name);
    const repair = repairOf(run.topology, name);
    return html`<button class="chip bad" data-do="fault" data-name="${name}" title="Take this fault away, from the start">fault: ${title} ✕</button>
      ${done !== undefined && html`<span class="chip good">repaired at ${clockText(done.at)}: ${done.words}</span>`}
      ${lessonAbout(name)}${done === undefined && repair !== undefined && html`<button class="chip good" data-do="repair" data-name="${name}" title="Do this now, and ask again">repair: ${repair.words}</button>`}`;
  })}${outlook?.culprit !== undefined && tone !== "bad" && html`<button class="chip" data-do="culprit" title="To the moment that breaks (X)">Show what breaks</button>`}</div>`;
}
