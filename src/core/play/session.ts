/** A prompt on a director: words in, lines out. What there is behind it, a network or a case, is a file of its own. */

/** What came of a line. */
export interface Answer {
  readonly lines: readonly string[];
  /** Whether it failed: a command was refused, a page did not come, an expectation was not met. */
  readonly failed?: true;
  /** Whether the session is over. */
  readonly over?: true;
  /** A file to be written. */
  readonly file?: { readonly name: string; readonly text: string };
}

export interface Session {
  /** What it says when it begins. */
  readonly greeting: readonly string[];
  run(line: string): Answer;
  /** No line comes any more: what was only begun comes to its end. */
  end(): Answer;
  /** Words that the last word of a line could become. */
  complete(line: string): readonly string[];
}

export const said = (...lines: readonly string[]): Answer => ({ lines });
export const failed = (...lines: readonly string[]): Answer => ({ lines, failed: true });

/** One answer behind the other. */
export const both = (first: Answer, second: Answer): Answer => ({
  ...first,
  lines: [...first.lines, ...second.lines],
  ...(second.failed && { failed: true }),
});

/** A command of a session. */
export interface PlayCommand {
  /** How it is written: `curl http://ADDRESS[:PORT]/`. */
  readonly usage: string;
  readonly what: string;
  /** So many words may stand behind its name; without it, the command looks at them itself. */
  readonly most?: number;
  /** `words` are what stands behind its name, `rest` the same as it was typed. */
  readonly run: (words: readonly string[], rest: string) => Answer;
  /** What its words can be. */
  readonly words?: () => readonly string[];
}

export type PlayCommands = Readonly<Record<string, PlayCommand>>;

/** Runs a command, unless more words stand behind its name than it has. */
export function runCommand({ usage, most, run }: PlayCommand, words: readonly string[], rest: string): Answer {
  return most !== undefined && words.length > most
    ? failed(`expected ${usage}${most === 0 ? " alone" : ""}`)
    : run(words, rest);
}

/** What the program at the keyboard knows by itself. */
const OF_THE_PROMPT = [["history", "what was typed"]] as const;

/** `help`: every command in a line. */
export function helpLines(commands: PlayCommands, more: readonly (readonly [string, string])[]): string[] {
  const own = Object.values(commands).map(({ usage, what }) => [usage, what] as const);
  const rows = [...own, ...more, ...OF_THE_PROMPT];
  const width = Math.max(...rows.map(([usage]) => usage.length));
  return rows.map(([usage, what]) => `  ${usage.padEnd(width)}  ${what}`.trimEnd());
}

/** Completes a command's name, or one of its words. */
export function completions(commands: PlayCommands, line: string, more: readonly string[] = []): string[] {
  const [name = "", ...words] = line.trimStart().split(/\s+/);
  const last = words.at(-1);
  const choices =
    last === undefined
      ? [...Object.keys(commands), ...more, ...OF_THE_PROMPT.map(([word]) => word)]
      : Object.hasOwn(commands, name)
        ? (commands[name]?.words?.() ?? [])
        : [];
  return choices.filter((choice) => choice.startsWith(last ?? name));
}
