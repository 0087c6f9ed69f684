/** Draws a ladder as SVG: lifelines, arrows, and beside each arrow the packet with what changed in it. */
import { isHandedOver, type Ladder, type Lifeline } from "./ladder.ts";
import type { Message, Piece } from "./message.ts";
import { escaped, svgDocument, svgText } from "./xml.ts";

const GAP = 180;
const LEFT = 130;
const TOP = 60;
const ROW = 30;
const LINE = 17;
/** Of the words beside the ladder, in pixels; letters are about 8 wide. */
const WORDS = 420;
const TIP = 7;

/** A message where it is to be drawn. */
interface Row {
  readonly message: Message;
  readonly number: number;
  readonly y: number;
  /** Lines of words below the packet's. */
  readonly notes: readonly (readonly Piece[])[];
}

/** A whole SVG file. */
export function ladderSvg(ladder: Ladder): string {
  const { lifelines, title, outcome } = ladder;
  const top = TOP + (Math.max(...lifelines.map(({ addresses }) => addresses.length)) + 1) * LINE;
  const { rows, bottom } = layout(ladder, top + ROW);
  const words = columnOf(lifelines.length - 1) + 24;
  return svgDocument(words + WORDS, bottom + 2 * ROW, title, [
    svgText(20, 28, title, "tv-title"),
    ...lifelines.flatMap((lifeline, place) => lifelineSvg(lifeline, columnOf(place), top + 8, bottom)),
    ...rows.flatMap((row) => rowSvg(row, words)),
    svgText(20, bottom + ROW, outcome, outcome.startsWith("The client has") ? "tv-strong tv-good" : "tv-strong tv-bad"),
  ]);
}

const columnOf = (place: number): number => LEFT + place * GAP;

function layout(ladder: Ladder, first: number): { readonly rows: readonly Row[]; readonly bottom: number } {
  let bottom = first;
  const rows = ladder.messages.map((message, index) => {
    const row = { message, number: index + 1, y: bottom, notes: notesOf(ladder, message) };
    bottom += ROW + (row.notes.length + message.lines.length - 1) * LINE;
    return row;
  });
  return { rows, bottom };
}

/** Why it was lost, whose MAC address it goes to where nothing else changed, when it was said again. */
function notesOf(ladder: Ladder, message: Message): Piece[][] {
  const { lost, again, destinationMac } = message;
  const plain = (text: string): Piece => ({ text, changed: false });
  const notes = lost === "" ? [] : [[plain(lost)]];
  if (isHandedOver(ladder, message)) {
    notes.push([plain("to "), { text: destinationMac, changed: true }, plain("; addresses and ports as before")]);
  }
  if (again.length > 0) notes.push([plain(`again at ${again.map((time) => (time / 1e6).toFixed(0)).join(", ")} s`)]);
  return notes;
}

const lifelineSvg = ({ name, addresses, role }: Lifeline, x: number, top: number, bottom: number): string[] => [
  `<line class="tv-line" x1="${x}" x2="${x}" y1="${top}" y2="${bottom}"/>`,
  svgText(x, TOP, name, role === "director" ? "tv-strong tv-changed" : "tv-strong", "middle"),
  ...addresses.map((address, row) => svgText(x, TOP + (row + 1) * LINE, address, "tv-dim", "middle")),
];

function rowSvg({ message, number, y, notes }: Row, words: number): string[] {
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
    ...notes.map((pieces, index) =>
      piecesSvg(words, y + 4 + (lines.length + index) * LINE, pieces, lost === "" ? "tv-dim" : "tv-bad"),
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

function piecesSvg(x: number, y: number, pieces: readonly Piece[], kind = ""): string {
  const spans = pieces.map(({ text, changed }) =>
    changed ? `<tspan class="tv-changed">${escaped(text)}</tspan>` : escaped(text),
  );
  return `<text x="${x}" y="${y}"${kind === "" ? "" : ` class="${kind}"`} xml:space="preserve">${spans.join("")}</text>`;
}
