/** Draws a ladder as SVG: lifelines, arrows, and beside each arrow the packet with what changed in it. */

import type { Message, Piece } from "../message.ts";
import { againWords, isHandedOver, type Ladder, type LadderHappening, type Lifeline, ladderRows } from "./ladder.ts";
import { escaped, svgDocument, svgText } from "./xml.ts";

const GAP = 180;
const LEFT = 130;
const TOP = 60;
const ROW = 30;
const LINE = 17;
/** Of the words beside the ladder, in pixels; letters are about 8 wide. */
const WORDS = 420;
const TIP = 7;
/** From where the words begin: behind the longest pair of addresses and ports of the built-in networks. */
const TTL = 290;

/** A message where it is to be drawn. */
interface Row {
  readonly message: Message;
  readonly number: number;
  readonly y: number;
  /** Lines of words below the packet's. */
  readonly notes: readonly (readonly Piece[])[];
}

/** Something that befell a host, where it is to be drawn. */
interface HappeningRow {
  readonly happening: LadderHappening;
  readonly y: number;
}

export interface LadderSvgOptions {
  /** Number of the hop from which it goes wrong: its row is marked. */
  readonly culprit?: number | undefined;
  /** 16:9, for a slide. */
  readonly slide?: boolean;
}

/** A whole SVG file. */
export function ladderSvg(ladder: Ladder, { culprit, slide = false }: LadderSvgOptions = {}): string {
  const { lifelines, title, outcome } = ladder;
  const top = TOP + (Math.max(...lifelines.map(({ addresses }) => addresses.length)) + 1) * LINE;
  const { rows, happenings, bottom } = layout(ladder, top + ROW);
  const words = columnOf(lifelines.length - 1) + 24;
  const width = words + WORDS;
  const body = [
    svgText(20, 28, title, "tv-title"),
    svgText(50, TOP, "ms", "tv-dim"),
    ...rows.filter(({ message }) => message.hop === culprit).map((row) => culpritSvg(row, width)),
    ...lifelines.flatMap((lifeline, place) => lifelineSvg(lifeline, columnOf(place), top + 8, bottom)),
    ...happenings.flatMap((row) => happeningSvg(row, words)),
    ...rows.flatMap((row) => rowSvg(row, words)),
    svgText(20, bottom + ROW, outcome, outcome.startsWith("The client has") ? "tv-strong tv-good" : "tv-strong tv-bad"),
  ];
  return svgDocument(width, bottom + 2 * ROW, title, body, slide);
}

/** The row's background, and what it means. */
const culpritSvg = ({ y, message, notes }: Row, width: number): string =>
  `<rect class="tv-culprit" x="8" y="${y - 18}" width="${width - 16}" height="${ROW + (notes.length + message.lines.length - 1) * LINE}" rx="6"><title>Here it goes wrong</title></rect>`;

const columnOf = (place: number): number => LEFT + place * GAP;

/** All rows below each other, and where they end. */
interface Layout {
  readonly rows: readonly Row[];
  readonly happenings: readonly HappeningRow[];
  readonly bottom: number;
}

function layout(ladder: Ladder, first: number): Layout {
  const rows: Row[] = [];
  const happenings: HappeningRow[] = [];
  let bottom = first;
  for (const row of ladderRows(ladder)) {
    if (row.message === undefined) {
      happenings.push({ happening: row.happening, y: bottom });
      bottom += ROW;
      continue;
    }
    const notes = notesOf(ladder, row.message);
    rows.push({ message: row.message, number: row.number, y: bottom, notes });
    bottom += ROW + (notes.length + row.message.lines.length - 1) * LINE;
  }
  return { rows, happenings, bottom };
}

/** A mark at the lifeline, and the words beside the ladder. */
function happeningSvg({ happening: { time, of, text, isEnd }, y }: HappeningRow, words: number): string[] {
  const x = columnOf(of);
  return [
    svgText(50, y + 4, (time / 1000).toFixed(2), "tv-dim"),
    isEnd
      ? `<path class="tv-arrow tv-lost" d="M${x - 6} ${y - 6} L${x + 6} ${y + 6} M${x - 6} ${y + 6} L${x + 6} ${y - 6}"/>`
      : `<circle class="tv-tip" cx="${x}" cy="${y}" r="5"/>`,
    svgText(words, y + 4, text, isEnd ? "tv-strong tv-bad" : "tv-strong"),
  ];
}

/** Why it was lost, whose MAC address it goes to where nothing else changed, when it was said again. */
function notesOf(ladder: Ladder, message: Message): Piece[][] {
  const { lost, again, destinationMac } = message;
  const plain = (text: string): Piece => ({ text, changed: false });
  const notes = lost === "" ? [] : [[plain(lost)]];
  if (isHandedOver(ladder, message)) {
    notes.push([plain("to "), { text: destinationMac, changed: true }, plain("; addresses and ports as before")]);
  }
  if (again.length > 0) notes.push([plain(againWords(again))]);
  return notes;
}

const lifelineSvg = ({ name, addresses, role }: Lifeline, x: number, top: number, bottom: number): string[] => [
  `<line class="tv-line" x1="${x}" x2="${x}" y1="${top}" y2="${bottom}"/>`,
  // Marked as in the drawing of the network; red is for what changed.
  ...(role === "director"
    ? [`<rect class="tv-box tv-director" x="${x - 44}" y="${TOP - 15}" width="88" height="20" rx="5"/>`]
    : []),
  svgText(x, TOP, name, "tv-strong", "middle"),
  ...addresses.map((address, row) => svgText(x, TOP + (row + 1) * LINE, address, "tv-dim", "middle")),
];

function rowSvg({ message, number, y, notes }: Row, words: number): string[] {
  const { from, to, label, lost, lines, time, life } = message;
  const start = columnOf(from);
  const farthest = to.map(columnOf).reduce((a, b) => (Math.abs(b - start) > Math.abs(a - start) ? b : a), start);
  const beside = start + Math.sign(farthest - start) * (GAP / 2);
  return [
    svgText(20, y + 4, String(number), "tv-dim"),
    svgText(50, y + 4, (time / 1000).toFixed(2), "tv-dim"),
    ...to.flatMap((place) => arrowSvg(start, columnOf(place), y, lost !== "", isFarthest(from, place, to))),
    svgText(beside, y - 5, label, lost === "" ? "tv-strong" : "tv-strong tv-bad", "middle"),
    ...lines.map((pieces, index) => piecesSvg(words, y + 4 + index * LINE, pieces)),
    ...(life === "" ? [] : [svgText(words + TTL, y + 4, life, "tv-dim")]),
    ...notes.map((pieces, index) =>
      piecesSvg(words, y + 4 + (lines.length + index) * LINE, pieces, lost === "" ? "tv-dim" : "tv-bad"),
    ),
  ];
}

/** Whether no other receiver stands beyond this one on its side of the sender. */
const isFarthest = (from: number, place: number, to: readonly number[]): boolean =>
  !to.some(
    (other) => Math.sign(other - from) === Math.sign(place - from) && Math.abs(other - from) > Math.abs(place - from),
  );

/** Of a broadcast only the farthest arrow has a line: the others are tips on it. */
function arrowSvg(start: number, end: number, y: number, lost: boolean, hasLine: boolean): string[] {
  const step = end > start ? 1 : -1;
  const tip = end - step * 2;
  const back = tip - step * TIP;
  return [
    ...(hasLine
      ? [`<line class="tv-arrow${lost ? " tv-lost" : ""}" x1="${start}" x2="${tip}" y1="${y}" y2="${y}"/>`]
      : []),
    lost
      ? `<path class="tv-arrow tv-lost" d="M${back} ${y - 5} L${tip} ${y + 5} M${back} ${y + 5} L${tip} ${y - 5}"/>`
      : `<path class="tv-tip" d="M${tip} ${y} L${back} ${y - 4} L${back} ${y + 4} Z"/>`,
  ];
}

function piecesSvg(x: number, y: number, pieces: readonly Piece[], kind = ""): string {
  const spans = pieces.map(({ text, changed }) =>
    changed ? `<tspan class="tv-changed">${escaped(text)}</tspan>` : escaped(text),
  );
  return `<text x="${x}" y="${y}"${kind === "" ? "" : ` class="${kind}"`} xml:space="preserve">${spans.join("")}</text>`;
}
