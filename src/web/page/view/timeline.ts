/** All frames of what happens, a dot for each, in the colours of their kinds; the one that breaks is large. */
import { BurstExchange, type Exchange } from "../model/exchange.ts";
import type { ForeseenFrame, Outlook } from "../model/outlook.ts";
import { html, type Markup, NOTHING } from "./markup.ts";
import { clockText } from "./times.ts";

/** More dots than these stand too close to be told apart, or hit. */
const MOST_DOTS = 120;

/** A click on a dot goes to its moment. `now` is the moment that is shown. */
export function timeline(outlook: Outlook | undefined, now: number, last: Exchange | undefined): Markup {
  if (outlook === undefined || outlook.frames.length === 0) return html`<div class="dots none">${progress(last)}</div>`;
  const frames = outlook.frames.slice(0, MOST_DOTS);
  const left = outlook.frames.length - frames.length;
  return html`<ol class="dots" aria-label="All frames">${frames.map((frame) => dot(frame, now, frame === outlook.culprit))}</ol>
    ${left > 0 ? html`<small class="more">and ${left} more</small>` : NOTHING}`;
}

/** How many requests of a burst have ended. */
function progress(last: Exchange | undefined): Markup {
  if (!(last instanceof BurstExchange)) return NOTHING;
  return html`<progress max="${last.count}" value="${last.count - last.waiting}" aria-label="Requests that have ended"></progress>`;
}

function dot({ number, arrival, tone, label, breaks }: ForeseenFrame, now: number, isCulprit: boolean): Markup {
  const state = arrival === now ? " now" : arrival < now ? " passed" : "";
  const what = `frame ${number}, ${label}, at ${clockText(arrival)}${breaks ? ": here it breaks" : ""}`;
  return html`<li data-key="${number}"><button class="dot ${breaks ? "bad" : tone}${state}${isCulprit ? " culprit" : ""}" data-do="go" data-time="${arrival}" tabindex="-1" aria-label="${what}" title="${what}"${arrival === now && html` aria-current="step"`}></button></li>`;
}
