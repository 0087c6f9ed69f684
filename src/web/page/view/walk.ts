/** What a host made of a frame, step by step in words, and the frames before and after. */
import type { FlowStep } from "../../../core/explain/flow.ts";
import { sentence, verdictSentence } from "../../../core/explain/sentences/sentences.ts";
import { summary } from "../../../core/explain/summary.ts";
import type { Reception } from "../../../core/simulator/network.ts";
import type { WalkEvent } from "../../../core/trace/events.ts";
import type { Arrival, Moment } from "../model/moment.ts";
import { toneOf } from "../model/motion.ts";
import type { Housekeeping } from "../model/run.ts";
import { changesLine, frameFields } from "./frame-fields.ts";
import { html, type Markup, NOTHING } from "./markup.ts";
import { clockText } from "./times.ts";

/** Shown of a burst; the rest is counted. */
const MOST_ARRIVALS = 3;
const MOST_EXPIRED = 5;

/** All that there is to tell of a moment. */
export function walk(moment: Moment, directorName: string): Markup {
  const { arrivals, departures, housekeeping, time } = moment;
  if (arrivals.length === 0 && departures.length === 0) {
    return html`<p class="hint">Nothing has been sent yet. <b>Request</b> asks for a page; <b>Run</b> or the key <kbd>→</kbd> lets it happen.</p>`;
  }
  const shown = [...arrivals]
    .sort((a, b) => interest(b, directorName) - interest(a, directorName))
    .slice(0, MOST_ARRIVALS);
  const more = arrivals.length - shown.length;
  return html`${housekeeping.length > 0 && housekeepingMarkup(housekeeping)}
    ${shown.map((arrival) => arrivalMarkup(arrival, directorName))}
    ${more > 0 && html`<p class="hint">and ${more} more at ${clockText(time)}</p>`}
    ${departures.slice(0, MOST_ARRIVALS).map(departureMarkup)}`;
}

/** What happened while time passed and nothing arrived. */
function housekeepingMarkup(all: readonly Housekeeping[]): Markup {
  const shown = all.slice(-MOST_EXPIRED).reverse();
  return html`<article class="housekeeping"><h3>Since then, by itself</h3><ul>${shown.map(
    ({ time, event }) => html`<li>${sentence(event)} <small>${clockText(time)}</small></li>`,
  )}</ul>${all.length > shown.length && html`<p class="hint">and ${all.length - shown.length} more</p>`}</article>`;
}

/** What the director does is told first. */
const interest = ({ receptions }: Arrival, directorName: string): number =>
  receptions.some(({ host }) => host === directorName) ? 1 : 0;

function arrivalMarkup({ step, receptions }: Arrival, directorName: string): Markup {
  const { hop } = step;
  return html`<article class="arrival">
    <h3><span class="frame-tag ${toneOf(hop.bytes)}">${hop.number}</span> ${hop.from} <span class="arrow">→</span> ${receiversOf(hop.to)}
      <small>${clockText(hop.time)}</small></h3>
    <p class="packet">${summary(hop.bytes)}</p>
    ${receptions.map((reception) => receptionMarkup(reception, reception.host === directorName))}
    ${hop.to.length === 0 && html`<p class="verdict bad">The switch has nobody to give it to.</p>`}
    <details data-key="arrived"><summary>Its headers as it arrived <small>(${changesLine(hop.bytes, step.before?.hop.bytes)})</small></summary>
      ${frameFields(hop.bytes, step.before?.hop.bytes)}</details>
  </article>`;
}

const receiversOf = (names: readonly string[]): string =>
  names.length > 2 ? `all ${names.length} others` : names.join(", ") || "nobody";

/** The director's steps are there to be read, those of other hosts behind a click. */
function receptionMarkup({ host, verdict, events }: Reception, open: boolean): Markup {
  const steps = events.filter(({ kind }) => kind !== "received");
  const outcome = events.length === 0 ? verdict : spokenAt(host, verdictSentence(events));
  const list = stepsList(steps, host);
  return html`<p class="verdict${isBad(verdict) ? " bad" : ""}"><b>${host}:</b> ${outcome}</p>
    ${steps.length > 0 && (open ? list : html`<details data-key="${host}"><summary>${host}, step by step</summary>${list}</details>`)}`;
}

const GOOD_ENDS = new Set(["sent", "delivered", "parked", "held", "accepted", "not-for-us", "arp-not-for-us"]);
/** The end of a walk that nobody wished for. */
export const isBad = (verdict: string): boolean => !GOOD_ENDS.has(verdict);

/** The steps of a walk, in words. */
export const stepsList = (events: readonly WalkEvent[], host: string): Markup =>
  html`<ol class="steps">${events.map((event) => html`<li class="${event.kind}">${spokenAt(host, sentence(event))}</li>`)}</ol>`;

/** All hosts are directors, most without services; sentences call them so. Here each has its own name. */
const spokenAt = (host: string, text: string): string =>
  host === "director" ? text : text.replace(/\b[Tt]he director( itself)?\b/g, host).replace(": IPVS ignores it", "");

function departureMarkup(step: FlowStep): Markup {
  const { hop, before } = step;
  return html`<article class="departure">
    <h3><span class="frame-tag ${toneOf(hop.bytes)}">${hop.number}</span> leaves ${hop.from} for ${receiversOf(hop.to)}
      <small>${changesLine(hop.bytes, before?.hop.bytes)}</small></h3>
    ${before === undefined ? NOTHING : html`<p class="packet">${summary(hop.bytes)}</p>`}
    ${frameFields(hop.bytes, before?.hop.bytes)}
  </article>`;
}
