/** When connections expire, on a labelled scale from one second to an hour, and why they last a little longer. */
import { type ConnectionEntry, connectionEntries } from "../../../core/control/connection-entry.ts";
import { timeoutWords } from "../../../core/explain/sentences/timeout-words.ts";
import type { Director } from "../../../core/host/director.ts";
import { html, type Markup, NOTHING } from "./markup.ts";
import { durationText } from "./times.ts";

/** More than these are summed up by their state. */
const MOST_MARKS = 60;
const WIDTH = 400;
const LONGEST = 3600;
const TICKS: readonly (readonly [number, string])[] = [
  [1, "1 s"],
  [10, "10 s"],
  [60, "1 min"],
  [300, "5 min"],
  [900, "15 min"],
  [3600, "1 h"],
];

/** Where so many seconds stand; logarithmic. */
const placeOf = (seconds: number): number =>
  14 + ((WIDTH - 40) * Math.log1p(Math.min(LONGEST, seconds))) / Math.log1p(LONGEST);

/** A mark for each connection; empty where there is none. */
export function timeouts({ server }: Director): Markup {
  const entries = connectionEntries(server.connections).sort((a, b) => a.secondsLeft - b.secondsLeft);
  const [first] = entries;
  if (first === undefined) return NOTHING;
  const states = [...new Set(entries.map(stateWord))];
  return html`<figure class="timeouts"><figcaption>Seconds until they expire</figcaption>
    <svg viewBox="0 0 ${WIDTH} 52" role="img" aria-label="The next one in ${durationText(first.secondsLeft)}">
      <line class="axis" x1="8" x2="${WIDTH - 8}" y1="26" y2="26"/>
      ${TICKS.map(([seconds, label]) => html`<line class="axis" x1="${placeOf(seconds).toFixed(1)}" x2="${placeOf(seconds).toFixed(1)}" y1="22" y2="30"/><text x="${placeOf(seconds).toFixed(1)}" y="44">${label}</text>`)}
      ${entries.slice(0, MOST_MARKS).map(({ secondsLeft }) => html`<circle cx="${placeOf(secondsLeft).toFixed(1)}" cy="26" r="5"/>`)}
      <text class="next" x="${placeOf(first.secondsLeft).toFixed(1)}" y="14">${durationText(first.secondsLeft)}</text>
    </svg>
    <p class="hint">${states.join(", ")}. ${timeoutWords(server.ticks, Math.max(1, first.secondsLeft))}</p></figure>`;
}

const stateWord = ({ state, isTemplate, secondsLeft }: ConnectionEntry): string =>
  `${isTemplate ? "template" : state} ${durationText(secondsLeft)}`;
