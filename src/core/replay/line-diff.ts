/** Two texts line by line, as `diff -u` shows them. */

/** Lines around a difference that are shown too. */
const CONTEXT = 2;
/** Longer texts are compared from their first to their last different line as a whole. */
const LONGEST = 1000;

/** `-` a line of the expected text, `+` a line of ours, ` ` one of both; `...` stands for what is left out. */
export function lineDiff(expected: string, got: string): string[] {
  const a = expected.split("\n");
  const b = got.split("\n");
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) tail++;
  const middle = between(a.slice(head, a.length - tail), b.slice(head, b.length - tail));
  const same = (lines: readonly string[]): string[] => lines.map((line) => ` ${line}`);
  return abridged([...same(a.slice(0, head)), ...middle, ...same(a.slice(a.length - tail))]);
}

/** By the longest common subsequence. */
function between(a: readonly string[], b: readonly string[]): string[] {
  if (a.length > LONGEST || b.length > LONGEST) return [...a.map((line) => `-${line}`), ...b.map((line) => `+${line}`)];
  const width = b.length + 1;
  const common = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number): number => common[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      common[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: string[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push(` ${a[i++]}`);
      j++;
    } else if (j === b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) lines.push(`-${a[i++]}`);
    else lines.push(`+${b[j++]}`);
  }
  return lines;
}

/** Leaves out lines of both texts that are far from a difference. */
function abridged(lines: readonly string[]): string[] {
  const isNear = (index: number): boolean =>
    lines.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some((line) => !line.startsWith(" "));
  const shown: string[] = [];
  for (const [index, line] of lines.entries()) {
    if (isNear(index)) shown.push(line);
    else if (shown.at(-1) !== "...") shown.push("...");
  }
  return shown;
}
