/** Draws a ladder with letters: lifelines on the left, addresses on the right. */

import type { Message, Piece } from "../message.ts";
import { EMPTY, folded, foldedLine, line, plainLine, type Span, type StyledLine, span, wrapped } from "../styled.ts";
import { againWords, isHandedOver, type Ladder, type LadderHappening, type Lifeline, ladderRows } from "./ladder.ts";

/** Lines are drawn with box characters, or with those of ASCII. */
export interface LadderStyle {
  readonly ascii?: boolean;
  /** Columns there are for words; 120 by default. */
  readonly width?: number;
  /** Columns of a terminal, at least 40, that no line goes beyond: where the words do not fit beside the lifelines, they stand below. */
  readonly columns?: number;
}

/** What lines are drawn with. */
interface Pen {
  readonly vertical: string;
  readonly horizontal: string;
  readonly cross: string;
  readonly fromLeft: string;
  readonly fromRight: string;
}

const BOX: Pen = { vertical: "│", horizontal: "─", cross: "┼", fromLeft: "├", fromRight: "┤" };
const ASCII: Pen = { vertical: "|", horizontal: "-", cross: "+", fromLeft: "+", fromRight: "+" };
const DEFAULT_WIDTH = 120;
/** Columns between two lifelines: where there are many, or two directors with much to say, they stand closer. */
function gapBetween(lifelines: readonly Lifeline[]): number {
  if (lifelines.length > 4) return 13;
  if (lifelines.length < 4) return 20;
  return lifelines.filter(({ role }) => role === "director").length > 1 ? 14 : 17;
}

/** Where the first lifeline stands, behind number and time. */
const FIRST_COLUMN = 17;
/** Between the last lifeline and the words. */
const MARGIN = 2;
/** Before words that stand below. */
const BELOW = 6;
/** No lifelines stand closer. */
const SMALLEST_GAP = 7;

/** The ladder's lines: title, hosts, messages, what came of it. */
export function ladderText(
  ladder: Ladder,
  { ascii = false, width = DEFAULT_WIDTH, columns }: LadderStyle = {},
): StyledLine[] {
  const pen = ascii ? ASCII : BOX;
  const lines = drawn(ladder, new Drawing(ladder, pen, width));
  if (columns === undefined || lines.every((spans) => plainLine(spans).length <= columns)) return lines;
  return folded(drawn(ladder, new Drawing(ladder, pen, width, columns)), columns);
}

function drawn(ladder: Ladder, drawing: Drawing): StyledLine[] {
  return [
    line(ladder.title, "title"),
    EMPTY,
    ...drawing.heads(),
    ...ladderRows(ladder).flatMap((row) =>
      row.message === undefined
        ? drawing.happening(row.happening)
        : [...drawing.message(row.message, row.number), ...drawing.repetition(row.number - 1)],
    ),
    drawing.feet(),
    EMPTY,
    line(ladder.outcome, ladder.outcome.startsWith("The client has") ? "good" : "bad"),
    ...drawing.legend(),
  ];
}

class Drawing {
  readonly #ladder: Ladder;
  readonly #pen: Pen;
  readonly #gap: number;
  readonly #width: number;
  /** Columns of a packet's source and destination. */
  readonly #widths: readonly [number, number, number];
  /** Of the terminal, where words stand below the lifelines. */
  readonly #narrow: number | undefined;

  constructor(ladder: Ladder, pen: Pen, width: number, narrow?: number) {
    this.#ladder = ladder;
    this.#pen = pen;
    const gap = gapBetween(ladder.lifelines);
    const room = Math.floor(((narrow ?? width) - FIRST_COLUMN - MARGIN) / Math.max(1, ladder.lifelines.length - 1));
    this.#gap = narrow === undefined ? gap : Math.max(SMALLEST_GAP, Math.min(gap, room));
    this.#narrow = narrow;
    this.#width = width;
    const packets = ladder.messages.flatMap(({ lines }) => lines.filter((pieces) => pieces.length === 3));
    const widest = (index: number): number =>
      Math.max(0, ...packets.map((pieces) => (pieces[index]?.text.length ?? 0) + 1));
    this.#widths = [widest(0), 0, widest(2)];
  }

  #column(place: number): number {
    return FIRST_COLUMN + place * this.#gap;
  }

  /** Where the words about a message begin. */
  get #words(): number {
    return this.#column(this.#ladder.lifelines.length - 1) + MARGIN;
  }

  /** Names and addresses, centred over the lifelines. */
  heads(): StyledLine[] {
    const names = ["          ms"];
    const addresses: string[] = [];
    for (const [place, lifeline] of this.#ladder.lifelines.entries()) {
      this.#putAbove(place, lifeline.name, names, 0);
      let row = 0;
      for (const address of lifeline.addresses) row = this.#putAbove(place, address, addresses, row) + 1;
    }
    return [...names.map((text) => line(text, "strong")), ...addresses.map((text) => line(text)), this.feet()];
  }

  /** Centres a word over its lifeline, in the first row from `row` on that has room for it; that row. */
  #putAbove(place: number, word: string, rows: string[], row: number): number {
    const text = rows[row] ?? "";
    const centred = this.#column(place) - Math.floor(word.length / 2);
    const last = (this.#narrow ?? Number.POSITIVE_INFINITY) - word.length;
    const start = Math.max(0, Math.min(centred, last));
    if (text.length >= start && text !== "") return this.#putAbove(place, word, rows, row + 1);
    rows[row] = `${text.padEnd(start)}${word}`;
    return row;
  }

  /** The bare lifelines. */
  feet(): StyledLine {
    return line(this.#bare().join(""), "dim");
  }

  #bare(): string[] {
    const cells: string[] = new Array(this.#words).fill(" ");
    for (const place of this.#ladder.lifelines.keys()) cells[this.#column(place)] = this.#pen.vertical;
    return cells;
  }

  /** What befell a host, at its lifeline and in words. */
  happening({ time, of, text, isEnd }: LadderHappening): StyledLine[] {
    const cells = this.#bare();
    cells[this.#column(of)] = isEnd ? "x" : "*";
    const [first = "", ...rest] = wrapped(text, Math.max(30, this.#width - this.#words - 1));
    const tone = isEnd ? "bad" : "strong";
    if (this.#narrow !== undefined) {
      const start = `   ${(time / 1000).toFixed(2).padStart(9)}  `;
      return [[span(start, "dim"), span(cells.join("").slice(14), tone)], ...this.#below([span(text, tone)])];
    }
    return [
      [
        span("   ", "dim"),
        span(`${(time / 1000).toFixed(2).padStart(9)}  `, "dim"),
        span(`${cells.join("").slice(14)} `, tone),
        span(first, tone),
      ],
      ...rest.map((part): StyledLine => [span(`${this.#bare().join("")} `, "dim"), span(part, tone)]),
    ];
  }

  /** One message: the arrow with the first words, and a line for each further. */
  message(message: Message, number: number): StyledLine[] {
    const [first = [], ...rest] = message.lines;
    const time = (message.time / 1000).toFixed(2).padStart(9);
    const arrow = this.#arrow(message);
    const head: Span[] = [
      span(String(number).padStart(3), "dim"),
      span(`${time}  `, "dim"),
      span(arrow.slice(14), message.lost === "" ? "plain" : "bad"),
    ];
    if (this.#narrow !== undefined) return [head, ...this.#wordsBelow(message), ...this.#notes(message)];
    head.push(...this.#wordsOf(first), ...this.#remarks(message, rest.length === 0));
    const further = rest.map((pieces, index) => [
      span(this.#bare().join(""), "dim"),
      ...this.#wordsOf(pieces),
      ...this.#remarks(message, index === rest.length - 1),
    ]);
    return [head, ...further, ...this.#notes(message)];
  }

  /** The words of a message below its arrow, behind the name that the arrow has no room for. */
  #wordsBelow(message: Message): StyledLine[] {
    const { label, lines } = message;
    return lines.flatMap((pieces, index) =>
      this.#below([
        ...(index === 0 && !this.#hasRoom(label) ? [span(`${label}  `, "strong")] : []),
        ...pieces.map(({ text, changed }) => span(`${changed ? "*" : ""}${text}`, changed ? "changed" : "plain")),
        ...this.#remarks(message, index === lines.length - 1),
      ]),
    );
  }

  /** Whether a name stands in the arrow: where words stand below, one that would be cut does so, too. */
  #hasRoom(label: string): boolean {
    return this.#narrow === undefined || label.length <= this.#gap - 6;
  }

  #below(words: StyledLine): StyledLine[] {
    return foldedLine([span(" ".repeat(BELOW)), ...words], this.#narrow ?? this.#width, BELOW + 2);
  }

  /** What changed carries a star, and so do blanks stand before what did not: ends stand in columns. */
  #wordsOf(pieces: readonly Piece[]): Span[] {
    const isPacket = pieces.length === 3;
    return pieces.map(({ text, changed }, index) => {
      const mark = changed ? "*" : isPacket && index === 1 ? "" : " ";
      const width = isPacket ? (this.#widths[index] ?? 0) : 0;
      return span(`${mark}${text}`.padEnd(width), changed ? "changed" : "plain");
    });
  }

  /** TTL, and whose MAC address the frame goes to where the director changed nothing else. */
  #remarks(message: Message, last: boolean): Span[] {
    const { life, to, lines } = message;
    if (!last || life === "" || lines.at(-1)?.length !== 3) return [];
    const receiver = this.#ladder.lifelines[to[0] ?? -1]?.name ?? "";
    const remarks = [span(`  ${life}`, "dim")];
    if (isHandedOver(this.#ladder, message)) remarks.push(span(`  *MAC of ${receiver}`, "changed"));
    return remarks;
  }

  #notes({ lost }: Message): StyledLine[] {
    return lost === "" ? [] : this.#note(lost, "bad");
  }

  /** Words of their own beside the bare lifelines. */
  #note(text: string, tone: Span["tone"]): StyledLine[] {
    if (this.#narrow !== undefined) return this.#below([span(text, tone)]);
    const bare = `${this.#bare().join("")} `;
    const room = Math.max(30, this.#width - bare.length);
    return wrapped(text, room).map((part) => [span(bare, "dim"), span(part, tone)]);
  }

  /** Behind the last of some messages that were said again together: which, and when. */
  repetition(index: number): StyledLine[] {
    const { messages } = this.#ladder;
    const again = messages[index]?.again ?? [];
    if (again.length === 0 || saidTogether(messages[index], messages[index + 1])) return [];
    let first = index;
    while (saidTogether(messages[first - 1], messages[first])) first--;
    const which = first === index ? `${index + 1}` : `${first + 1} to ${index + 1}`;
    const atOnce = again.every((time) => time === messages[index]?.time);
    return this.#note(atOnce ? `(${which}: ${again.length + 1} times)` : `(${which} ${againWords(again)})`, "dim");
  }

  #arrow({ from, to, label, lost }: Message): string {
    const cells = this.#bare();
    const start = this.#column(from);
    for (const place of to) this.#stroke(cells, start, this.#column(place), lost === "" ? undefined : "x");
    const farthest = to.map((place) => this.#column(place));
    const right = farthest.some((column) => column > start);
    const left = farthest.some((column) => column < start);
    cells[start] = right && left ? this.#pen.cross : right ? this.#pen.fromLeft : this.#pen.fromRight;
    if (!this.#hasRoom(label)) return cells.join("");
    const text = ` ${label.slice(0, this.#gap - 6)} `;
    if (right) write(cells, start + 2, text);
    else if (left) write(cells, start - this.#gap + 3, text);
    return cells.join("");
  }

  #stroke(cells: string[], start: number, end: number, head: string | undefined): void {
    const step = end > start ? 1 : -1;
    for (let column = start + step; column !== end; column += step) {
      const isLifeline = cells[column] === this.#pen.vertical || cells[column] === this.#pen.cross;
      cells[column] = isLifeline
        ? this.#pen.cross
        : ((cells[column] === ">" || cells[column] === "<" ? cells[column] : this.#pen.horizontal) ?? " ");
    }
    cells[end - step] = head ?? (step > 0 ? ">" : "<");
  }

  legend(): StyledLine[] {
    const pieces = this.#ladder.messages.flatMap(({ lines }) => lines.flat());
    const changes =
      pieces.some(({ changed }) => changed) ||
      this.#ladder.messages.some((message) => isHandedOver(this.#ladder, message));
    return changes ? [line("* changed by the host that sends it on", "dim")] : [];
  }
}

function write(cells: string[], at: number, text: string): void {
  for (const [index, letter] of [...text].entries()) cells[at + index] = letter;
}

/** Both were said again as often, and each time within the same hundredth of a second. */
function saidTogether(a: Message | undefined, b: Message | undefined): boolean {
  if (a === undefined || b === undefined || a.again.length === 0 || a.again.length !== b.again.length) return false;
  return a.again.every((time, index) => Math.abs(time - (b.again[index] ?? 0)) < 10_000);
}
