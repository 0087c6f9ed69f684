/** Run, pause, forward and back; the clock, and time that is let pass. */
import { SPEEDS } from "../playback.ts";
import { flag, html, type Markup } from "./markup.ts";
import { clockText } from "./times.ts";

export interface TransportState {
  readonly playing: boolean;
  readonly speed: number;
  readonly head: number;
  readonly idle: boolean;
  /** Moments so far. */
  readonly moments: number;
  readonly busy: boolean;
  /** How far the slider stands, 0 to 1000; what it means is in `secondsOf`. */
  readonly wait: number;
  readonly hasTimeouts: boolean;
}

const LONGEST_WAIT = 1000;

/** Seconds that the slider's place stands for: fine at the beginning, 1000 s at the end. */
export const secondsOf = (place: number): number => (LONGEST_WAIT + 1) ** (place / 1000) - 1;

const button = (deed: string, sign: string, label: string, key: string): Markup =>
  html`<button data-do="${deed}" class="round" aria-label="${label}" title="${label} (${key})">${sign}</button>`;

export function transport(state: TransportState): Markup {
  const { playing, speed, head, idle, moments, busy, wait, hasTimeouts } = state;
  return html`<div class="transport" role="group" aria-label="Time">
    <div class="buttons">
      ${button("start", "⏮", "To the start", "Home")}
      ${button("back", "◀", "One moment back", "←")}
      <button data-do="run" class="round run" aria-pressed="${playing ? "true" : "false"}" aria-label="${playing ? "Pause" : "Run"}" title="${playing ? "Pause" : "Run"} (Space)">${playing ? "⏸" : "▶"}</button>
      ${button("forward", "▶︎❘", "One moment forward", "→")}
      ${button("end", "⏭", "To the end", "End")}
      <label class="speed"><span class="hidden">Speed</span><select data-set="speed" title="Speed (+ and -)">${SPEEDS.map(
        (value) => html`<option value="${value}"${flag("selected", value === speed)}>${value}×</option>`,
      )}</select></label>
    </div>
    <div class="clock"><output data-clock>${clockText(head)}</output><small>${busy ? "living through it again" : idle ? `moment ${moments}, nothing left but timeouts` : `moment ${moments}`}</small></div>
    <label class="wait"><span>Let time pass</span><input type="range" data-set="wait" min="0" max="1000" value="${wait}" aria-valuetext="${clockText(secondsOf(wait) * 1e6)}">
      <output>${wait > 0 && `+ ${clockText(secondsOf(wait) * 1e6)}`}</output></label>
    <button data-do="timeout" title="Runs the clock to where the next connection expires (T)"${flag("disabled", !hasTimeouts)}>To the next timeout</button>
  </div>`;
}
