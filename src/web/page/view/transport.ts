/** Run, pause, forward and back; the clock, and time that is let pass. */
import { SPEEDS } from "../playback.ts";
import { flag, html, type Markup } from "./markup.ts";
import { clockText } from "./times.ts";

export interface TransportState {
  readonly playing: boolean;
  readonly speed: number;
  readonly head: number;
  readonly idle: boolean;
  /** How many frames there are to be; 0 if nobody knows. */
  readonly frames: number;
  /** Of the frame that has just arrived, as everywhere. */
  readonly number: string;
  /** What was is gone through once more. */
  readonly again: boolean;
  /** How far the slider stands, 0 to 1000; what it means is in `secondsOf`. */
  readonly wait: number;
  readonly hasTimeouts: boolean;
  /** So much changes so quickly that nobody reads all of it. */
  readonly hasty: boolean;
}

const LONGEST_WAIT = 1000;

/** Seconds that the slider's place stands for: fine at the beginning, 1000 s at the end. */
export const secondsOf = (place: number): number => (LONGEST_WAIT + 1) ** (place / 1000) - 1;

/** What stands below the slider, and where: 0 to 1. */
const WAIT_MARKS = (
  [
    [1, "1 s"],
    [10, "10 s"],
    [60, "1 min"],
    [900, "15 min"],
  ] as const
).map(([seconds, label]) => ({ label, place: Math.log(seconds + 1) / Math.log(LONGEST_WAIT + 1) }));

/** Signs on buttons, drawn: letters for them are missing in many fonts. */
const SIGNS = {
  start: "M3 2h2v12H3zM14 2v12L6 8z",
  back: "M9 3v10L2 8zM11 3h2v10h-2z",
  run: "M4 2l10 6-10 6z",
  pause: "M4 2h3v12H4zM9 2h3v12H9z",
  forward: "M3 3h2v10H3zM7 3l7 5-7 5z",
  end: "M2 2l8 6-8 6zM11 2h2v12h-2z",
} as const;

const sign = (name: keyof typeof SIGNS): Markup =>
  html`<svg viewBox="0 0 16 16" aria-hidden="true"><path d="${SIGNS[name]}"/></svg>`;

const button = (action: "start" | "back" | "forward" | "end", label: string, key: string): Markup =>
  html`<button data-do="${action}" class="round" aria-label="${label}" title="${label} (${key})">${sign(action)}</button>`;

/** `frame 7 of 20`; the same number stands at the sentence, on the timeline and in the ladder. */
function placeWords({ number, frames, idle }: TransportState): string {
  const of = frames > 0 ? ` of ${frames}` : "";
  const place = /^\d/.test(number) ? `frame ${number}${of}` : frames > 0 ? `${frames} frames` : "";
  return idle ? `${place}${place === "" ? "" : ", "}all done` : place;
}

export function transport(state: TransportState): Markup {
  const { playing, speed, head, again, wait, hasTimeouts } = state;
  return html`<div class="transport" role="group" aria-label="Time">
    <div class="buttons">
      ${button("start", "To the start", "Home")}
      ${button("back", "One moment back", "←")}
      <button data-do="run" class="round run" aria-pressed="${playing ? "true" : "false"}" aria-label="${playing ? "Pause" : "Run"}" title="${playing ? "Pause" : "Run"} (Space)">${sign(playing ? "pause" : "run")}</button>
      ${button("forward", "One moment forward", "→")}
      ${button("end", "To the end", "End")}
      <label class="speed"><span class="hidden">Speed</span><select data-set="speed" title="Speed (+ and -)">${SPEEDS.map(
        (value) => html`<option value="${value}"${flag("selected", value === speed)}>${value}×</option>`,
      )}</select></label>
    </div>
    <div class="clock"><output data-clock>${clockText(head)}</output><small>${again ? "once more from the start" : placeWords(state)}</small></div>
    <label class="wait"><span>Time passes <small>${wait > 0 && `+ ${clockText(secondsOf(wait) * 1e6)}`}</small></span><input type="range" data-set="wait" min="0" max="1000" value="${wait}" aria-valuetext="${clockText(secondsOf(wait) * 1e6)}">
      <span class="marks" aria-hidden="true">${WAIT_MARKS.map(({ label, place }) => html`<i style="--place: ${place.toFixed(3)}">${label}</i>`)}</span></label>
    <button data-do="timeout" title="Runs the clock to where the next connection expires (T)"${flag("disabled", !hasTimeouts)}>Next timeout</button>
  </div>`;
}
