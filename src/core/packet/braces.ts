/**
 * Braces as in bash: `10.1.0.{1,2}:{40000..40003}` is eight texts, the last brace counting fastest. `{8..1}` goes down, `{01..10}` keeps
 * its zeros, `{0..100..10}` takes every tenth. What stands in double quotes is left alone, and so is a brace that is neither a list
 * nor a range. Unlike in bash, there may be blanks in a list.
 */

/** Who asks for more texts than this has mistyped a range. */
export const MOST_TEXTS = 100_000;

/** All texts; `undefined` if they are more than MOST_TEXTS. */
export function expandBraces(text: string): string[] | undefined {
  const pieces = text.match(PIECES) ?? [];
  let texts = [""];
  for (const piece of pieces) {
    const choices = choicesOf(piece);
    if (choices === undefined || texts.length * choices.length > MOST_TEXTS) return undefined;
    texts = texts.flatMap((start) => choices.map((choice) => start + choice));
  }
  return texts;
}

/** Quoted texts, braces, and what is neither. */
const PIECES = /"(?:[^"\\]|\\.)*"?|\{[^{}"]*\}|[^{"]+|\{/g;
const RANGE = /^\{(-?\d{1,10})\.\.(-?\d{1,10})(?:\.\.(-?\d{1,10}))?\}$/;

function choicesOf(piece: string): readonly string[] | undefined {
  const [, first, last, step] = RANGE.exec(piece) ?? [];
  if (first !== undefined && last !== undefined) return range(first, last, Math.abs(Number(step ?? 1)) || 1);
  return /^\{[^{}]*,[^{}]*\}$/.test(piece) ? piece.slice(1, -1).split(",") : [piece];
}

function range(first: string, last: string, step: number): readonly string[] | undefined {
  const [from, to] = [Number(first), Number(last)];
  const length = Math.floor(Math.abs(to - from) / step) + 1;
  if (length > MOST_TEXTS) return undefined;
  const digits = [first, last].some((end) => /^-?0\d/.test(end)) ? Math.max(first.length, last.length) : 0;
  const way = to < from ? -step : step;
  return Array.from({ length }, (_, index) => String(from + index * way).padStart(digits, "0"));
}
