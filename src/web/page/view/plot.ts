/** Values over time as a small drawing. */
import { html, type Markup } from "./markup.ts";
import { amount } from "./tables.ts";

const WIDTH = 300;
const HEIGHT = 64;

export interface PlotLine {
  readonly name: string;
  readonly values: readonly number[];
}

/** Lines over the same time, `length` values wide; the newest values stand at the right, and their numbers above. */
export function plot(title: string, lines: readonly PlotLine[], length: number): Markup {
  const top = niceCeiling(Math.max(0, ...lines.flatMap(({ values }) => values)));
  return html`<figure class="plot"><figcaption><b>${title}</b> ${lines.map(
    ({ name, values }, index) => html`<span class="line-${index}">${name} ${shown(values.at(-1) ?? 0)}</span> `,
  )}<small>to ${shown(top)}</small></figcaption>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${title} over the last ${length} seconds">
      <line class="axis" x1="0" x2="${WIDTH}" y1="${HEIGHT - 1}" y2="${HEIGHT - 1}"/>
      ${lines.map(({ values }, index) => html`<polyline class="line-${index}" points="${points(values, length, top)}"/>`)}
    </svg></figure>`;
}

const shown = (value: number): string => (value < 10 && !Number.isInteger(value) ? value.toFixed(1) : amount(value));

function points(values: readonly number[], length: number, top: number): string {
  const first = length - values.length;
  return values
    .map(
      (value, index) =>
        `${(((first + index) / (length - 1)) * WIDTH).toFixed(1)},${(HEIGHT - 2 - (value / top) * (HEIGHT - 6)).toFixed(1)}`,
    )
    .join(" ");
}

/** 1, 2 or 5 times a power of ten, not less than the value. */
export function niceCeiling(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((factor) => factor * power >= value) ?? 10) * power;
}
