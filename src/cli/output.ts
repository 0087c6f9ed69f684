/** What commands say: results on standard output, everything else on standard error. */
import { styleText } from "node:util";
import { systemError } from "../io/system-error.ts";
import { FAILED } from "./failure.ts";

let closed = false;

/** Results. Once nobody reads standard output any more, they are dropped without a word. */
export function print(text: string): void {
  if (!closed) process.stdout.write(text);
}

/** One line that is no result: a warning, an error. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** One JSON document, with a line end. */
export function printJson(value: object): void {
  print(`${JSON.stringify(value, undefined, 2)}\n`);
}

/** Sees to what becomes of writing: a reader that has seen enough, as `head`, is no error; a full disk is. */
export function watchOutput(): void {
  process.stdout.on("error", (error) => {
    closed = true;
    const failure = systemError(error);
    if (failure === undefined) throw error;
    if (failure.code === "EPIPE") return;
    say(`standard output: ${failure.text}`);
    process.exit(FAILED);
  });
  // Where nobody hears errors, none can be told.
  process.stderr.on("error", () => {});
}

type Colour = "green" | "red" | "yellow" | "bold" | "dim";

/** Coloured if standard output is a terminal and NO_COLOR is not set (or FORCE_COLOR is). */
export function coloured(colour: Colour, text: string): string {
  return styleText(colour, text, { stream: process.stdout });
}
