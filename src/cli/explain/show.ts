/** Puts explanations where they go: coloured lines on standard output, drawings into files. */
import { writeFileSync } from "node:fs";
import { folded, plainLine, type StyledLine, type Tone } from "../../core/explain/styled.ts";
import { STANDARD } from "../../io/standard.ts";
import { systemError } from "../../io/system-error.ts";
import { FAILED, Failure } from "../failure.ts";
import { coloured, print } from "../output.ts";

const COLOURS: Readonly<Record<Exclude<Tone, "plain">, Parameters<typeof coloured>[0]>> = {
  title: "bold",
  strong: "bold",
  dim: "dim",
  changed: "yellow",
  good: "green",
  bad: "red",
};

/** Prints lines, coloured where colours are wanted, and none longer than a terminal is wide. */
export function printLines(lines: readonly StyledLine[]): void {
  const columns = terminalColumns();
  const shown = columns === undefined ? lines : folded(lines, columns);
  print(shown.map((line) => `${painted(line)}\n`).join(""));
}

/** Blanks at the end of a line are dropped, so that what is copied from a terminal is clean. */
function painted(line: StyledLine): string {
  let room = plainLine(line).length;
  return line
    .map(({ text, tone }) => {
      const shown = text.slice(0, Math.max(0, room));
      room -= text.length;
      return tone === "plain" || shown === "" ? shown : coloured(COLOURS[tone], shown);
    })
    .join("");
}

/** Below these nothing can be drawn. */
const NARROWEST = 40;

/** Columns of the terminal; `undefined` where the output goes elsewhere. */
export const terminalColumns = (): number | undefined =>
  process.stdout.columns === undefined ? undefined : Math.max(NARROWEST, process.stdout.columns);

/** Columns for words: those of the terminal, within what can be read well. */
export const terminalWidth = (): number => Math.min(120, terminalColumns() ?? 110);

/** Writes a drawing; a file that cannot be written is a Failure. */
export function writeDrawing(file: string, text: string): void {
  try {
    if (file === STANDARD) print(text);
    else writeFileSync(file, text);
  } catch (error) {
    const failure = systemError(error);
    if (failure === undefined) throw error;
    throw new Failure(FAILED, `${file}: ${failure.text}`);
  }
}
