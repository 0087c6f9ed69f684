/** What commands say: results on standard output, everything else on standard error. */
import { styleText } from "node:util";

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

/** A reader that has seen enough, as `head`, ends no command with an error. */
export function tolerateClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
      closed = true;
    });
  }
}

type Colour = "green" | "red" | "yellow" | "bold" | "dim";

/** Coloured if standard output is a terminal and NO_COLOR is not set (or FORCE_COLOR is). */
export function coloured(colour: Colour, text: string): string {
  return styleText(colour, text, { stream: process.stdout });
}
