/** Text with tones, so that one rendering serves a terminal with colours, one without, and a page. */

/** `changed` is what a host on the way made other than it was; without colours it carries a star. */
export type Tone = "plain" | "title" | "strong" | "dim" | "changed" | "good" | "bad";

export interface Span {
  readonly text: string;
  readonly tone: Tone;
}

export type StyledLine = readonly Span[];

export const span = (text: string, tone: Tone = "plain"): Span => ({ text, tone });

/** A line of one tone. */
export const line = (text: string, tone: Tone = "plain"): StyledLine => [span(text, tone)];

export const EMPTY: StyledLine = [];

/** A line's text, without blanks at its end. */
export const plainLine = (spans: StyledLine): string =>
  spans
    .map(({ text }) => text)
    .join("")
    .trimEnd();

/** Lines as a text; each ends in a newline. */
export const plainText = (lines: readonly StyledLine[]): string =>
  lines.map((spans) => `${plainLine(spans)}\n`).join("");

/** Between words, but not between a number and its `s` for seconds. */
const BREAK = / (?!s[ ,.;)])/;

/** Breaks a text between words into lines of at most `width` letters; a longer word stands alone. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let current = "";
  for (const word of text.split(BREAK)) {
    if (current !== "" && current.length + 1 + word.length > width) {
      lines.push(current);
      current = word;
    } else current = current === "" ? word : `${current} ${word}`;
  }
  return [...lines, current];
}

/** A text broken into lines, the first behind `first`, the others behind as many blanks. */
export const hanging = (first: string, text: string, width: number, tone: Tone = "plain"): StyledLine[] =>
  wrapped(text, width - first.length).map((part, index) => [
    span(index === 0 ? first : " ".repeat(first.length), "dim"),
    span(part, tone),
  ]);

/** What a person copies and types stands behind this, and stays whole. */
const PROMPT = /^\s*[#$] $/;

/** The same lines, none longer than a terminal is wide: what is too long goes on below, a little further in. */
export const folded = (lines: readonly StyledLine[], columns: number): StyledLine[] =>
  lines.flatMap((spans) => {
    const isTyped = PROMPT.test(spans[0]?.text ?? "");
    const start = plainLine(spans).search(/\S/);
    return isTyped ? [spans] : foldedLine(spans, columns, Math.min(start + 4, columns >> 1));
  });

/** A line broken between words, the rest of it behind `indent` blanks; a word that is longer than the line stands alone. */
export function foldedLine(spans: StyledLine, columns: number, indent: number): StyledLine[] {
  const text = plainLine(spans);
  if (text.length <= columns) return [spans];
  const first = text.search(/\S/);
  const before = text.lastIndexOf(" ", columns);
  const end = before > first ? before : text.indexOf(" ", columns);
  // A long word stands less far in.
  if (end < 0) return [part(spans, Math.min(first, text.length - columns))];
  const rest = part(spans, end + text.slice(end).search(/\S/));
  return [part(spans, 0, end), ...foldedLine([span(" ".repeat(indent)), ...rest], columns, indent)];
}

/** The letters of a line from one place to another. */
function part(spans: StyledLine, from: number, to = Number.POSITIVE_INFINITY): Span[] {
  let at = 0;
  return spans.flatMap(({ text, tone }) => {
    const piece = text.slice(Math.max(0, from - at), Math.max(0, to - at));
    at += text.length;
    return piece === "" ? [] : [span(piece, tone)];
  });
}
