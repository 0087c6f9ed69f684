/** Draws a ladder as SVG: lifelines, arrows, and beside each arrow the packet with what changed in it. */
import type { Ladder } from "./ladder.ts";
import type { Message, Piece } from "./message.ts";
import { escaped, svgDocument, svgText } from "./xml.ts";

const GAP = 180;
const LEFT = 110;
const TOP = 60;
const ROW = 30;
const LINE = 17;
/** Of the words beside the ladder, in pixels; letters are about 8 wide. */
const WORDS = 420;
const TIP = 7;

/** A whole SVG file. */
export function ladderSvg(ladder: Ladder): string {
  const { lifelines, messages, title, outcome } = ladder;
  const rows = Math.max(...lifelines.map(({ addresses }) => addresses.length));
  const first = TOP + (rows + 1) * LINE + ROW;
  const tops: number[] = [];
  let y = first;
  for (const message of messages) {
    tops.push(y);
    y += ROW + (noteLines(message).length + message.lines.length - 1) * LINE;
  }
  const bottom = y;
  const width = columnOf(lifelines.length - 1) + 24 + WORDS;
  return svgDocument(width, bottom + 2 * ROW, title, [
    svgText(20, 28, title, "tv-title"),
    ...lifelines.flatMap(({ name, addresses, role }, place) => [
      `<line class="tv-line" x1="${columnOf(place)}" x2="${columnOf(place)}" y1="${first - ROW + 8}" y2="${bottom}"/>`,
      svgText(columnOf(place), TOP, name, role === "director" ? "tv-strong tv-changed" : "tv-strong", "middle"),
      ...addresses.map((address, row) => svgText(columnOf(place), TOP + (row + 1) * LINE, address, "tv-dim", "middle")),
    ]),
    ...messages.flatMap((message, index) =>
      messageSvg(message, index + 1, tops[index] ?? 0, columnOf(lifelines.length - 1) + 24),
    ),
    svgText(20, bottom + ROW, outcome, outcome.startsWith("The client has") ? "tv-strong tv-good" : "tv-strong tv-bad"),
  ]);
}

const columnOf = (place: number): number => LEFT + place * GAP;

function messageSvg(message: Message, number: number, y: number, words: number): string[] {
  const { from, to, label, lost, lines, time } = message;
  const start = columnOf(from);
  const farthest = to.map(columnOf).reduce((a, b) => (Math.abs(b - start) > Math.abs(a - start) ? b : a), start);
  const beside = start + Math.sign(farthest - start) * (GAP / 2);
  return [
    svgText(20, y + 4, String(number), "tv-dim"),
    svgText(44, y + 4, (time / 1000).toFixed(2), "tv-dim"),
    ...to.flatMap((place) => arrowSvg(start, columnOf(place), y, lost !== "")),
    svgText(beside, y - 5, label, lost === "" ? "tv-strong" : "tv-strong tv-bad", "middle"),
    ...lines.map((pieces, index) => piecesSvg(words, y + 4 + index * LINE, pieces)),
    ...noteLines(message).map((note, index) =>
      svgText(words, y + 4 + (lines.length + index) * LINE, note, lost === "" ? "tv-dim" : "tv-bad"),
    ),
  ];
}

function arrowSvg(start: number, end: number, y: number, lost: boolean): string[] {
  const step = end > start ? 1 : -1;
  const tip = end - step * 2;
  const line = `<line class="tv-arrow${lost ? " tv-lost" : ""}" x1="${start}" x2="${tip}" y1="${y}" y2="${y}"/>`;
  const back = tip - step * TIP;
  return lost
    ? [
        line,
        `<path class="tv-arrow tv-lost" d="M${back} ${y - 5} L${tip} ${y + 5} M${back} ${y + 5} L${tip} ${y - 5}"/>`,
      ]
    : [line, `<path class="tv-tip" d="M${tip} ${y} L${back} ${y - 4} L${back} ${y + 4} Z"/>`];
}

/** Why it was lost, whose MAC address it goes to, when it was said again. */
function noteLines({ lost, again, macOnly, destinationMac }: Message): string[] {
  const notes = lost === "" ? [] : [lost];
  if (macOnly) notes.push(`to ${destinationMac}; addresses and ports as before`);
  if (again.length > 0) notes.push(`again at ${again.map((time) => (time / 1e6).toFixed(0)).join(", ")} s`);
  return notes;
}

function piecesSvg(x: number, y: number, pieces: readonly Piece[]): string {
  const spans = pieces.map(({ text, changed }) =>
    changed ? `<tspan class="tv-changed">${escaped(text)}</tspan>` : escaped(text),
  );
  return `<text x="${x}" y="${y}" xml:space="preserve">${spans.join("")}</text>`;
}
