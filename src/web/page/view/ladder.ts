/** Who said what to whom, a row for each frame; it grows as time goes on. */
import { type Lifeline, lifelineOf, messagesOf } from "../../../core/explain/drawings/ladder.ts";
import type { Message, Piece } from "../../../core/explain/message.ts";
import { toneOf } from "../model/motion.ts";
import type { Run } from "../model/run.ts";
import { html, type Markup } from "./markup.ts";
import { clockText } from "./times.ts";

/** Rows shown, and rows shown while they change quickly; the older ones are counted. */
const MOST_ROWS = 120;
const MOST_ROWS_IN_HASTE = 30;
/** With more hosts, the words stand below the arrows. */
const MOST_BESIDE_WORDS = 8;
const LANE = 92;
const ROW = 30;

/** The rows up to the run's present time. A row goes to its moment when clicked: `data-go`. */
export function ladder(run: Run, hasty: boolean): Markup {
  const { topology } = run;
  const { hops } = topology.network;
  const messages = messagesOf(topology, hops.slice(hasty ? -MOST_ROWS_IN_HASTE : -MOST_ROWS));
  const lifelines = topology.hosts.map(({ name }) => lifelineOf(topology, name));
  const now = run.stops.findLast((stop) => stop <= run.now) ?? 0;
  const hidden = hops.length - messages.length;
  const width = lifelines.length * LANE;
  return html`<div class="ladder${lifelines.length > MOST_BESIDE_WORDS ? " crowded" : ""}" style="--lanes: ${lifelines.length}">
    <div class="ladder-head"><span></span><div class="lifelines">${lifelines.map(head)}</div><span></span></div>
    ${hidden > 0 && html`<p class="hint">${hidden} earlier frames are not shown.</p>`}
    ${messages.map((message) => row(message, width, toneOf(hops[message.hop - 1]?.bytes ?? new Uint8Array(0)), now, arrivalTime(run, message)))}
    ${messages.length === 0 && html`<p class="hint">The ladder grows with the frames on the wires.</p>`}
  </div>`;
}

const head = ({ name, role }: Lifeline): Markup => html`<b class="${role}">${name}</b>`;

/** When the frame had come to its last receiver; `undefined` while it is in flight. */
function arrivalTime(run: Run, { hop }: Message): number | undefined {
  const record = run.topology.network.hops[hop - 1];
  if (record === undefined || record.receptions.length < record.to.length) return undefined;
  return Math.max(record.time, ...record.receptions.map(({ time }) => time));
}

function row(message: Message, width: number, tone: string, now: number, arrival: number | undefined): Markup {
  const state = arrival === undefined ? "in-flight" : arrival === now ? "now" : "";
  const going = arrival === undefined ? html`` : html` data-do="go" data-time="${arrival}"`;
  return html`<div class="ladder-row ${state}${message.lost === "" ? "" : " lost"}" data-key="${message.hop}"${going}${arrival === now && html` data-now`}>
    <span class="number">${message.hop}<small>${clockText(message.time)}</small></span>
    <svg viewBox="0 0 ${width} ${ROW}" preserveAspectRatio="none" aria-hidden="true">${arrows(message, tone)}</svg>
    <span class="label ${tone}" style="--from: ${Math.min(message.from, ...message.to)}; --to: ${Math.max(message.from, ...message.to)}">${message.label}</span>
    <span class="words">${message.lines.map(line)}<small>${remarks(message)}</small></span>
  </div>`;
}

const middle = (place: number): number => place * LANE + LANE / 2;

function arrows({ from, to, lost }: Message, tone: string): Markup[] {
  const y = ROW - 8;
  return to.map((place) => {
    const [start, end] = [middle(from), middle(place)];
    const side = end > start ? 1 : -1;
    const tip =
      lost === ""
        ? `M${end - side * 8} ${y - 5}L${end} ${y}L${end - side * 8} ${y + 5}`
        : `M${end - 5} ${y - 5}l10 10M${end + 5} ${y - 5}l-10 10`;
    return html`<path class="arrow-line ${tone}" d="M${start} ${y}H${end}${tip}"/>`;
  });
}

const line = (pieces: readonly Piece[]): Markup =>
  html`<span class="line">${pieces.map(({ text, changed }) => (changed ? html`<mark>${text}</mark>` : text))}</span>`;

function remarks({ life, macOnly, lost, forwarded }: Message): string {
  const words = life === "" ? [] : [life];
  if (forwarded && macOnly) words.push("only the MAC addresses changed");
  if (lost !== "") words.push(lost);
  return words.join(", ");
}
