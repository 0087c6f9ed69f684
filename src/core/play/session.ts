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
  /** Words that the last word of a line could become. */
  complete(line: string): readonly string[];
}

export const said = (...lines: readonly string[]): Answer => ({ lines });
export const failed = (...lines: readonly string[]): Answer => ({ lines, failed: true });

/** A command of a session. */
export interface PlayCommand {
  /** How it is written: `curl http://ADDRESS[:PORT]/`. */
  readonly usage: string;
  readonly what: string;
  /** `words` are what stands behind its name, `rest` the same as it was typed. */
  readonly run: (words: readonly string[], rest: string) => Answer;
  /** What its words can be. */
  readonly words?: () => readonly string[];
}

export type PlayCommands = Readonly<Record<string, PlayCommand>>;

/** `help`: every command in a line. */
export function helpLines(commands: PlayCommands, more: readonly (readonly [string, string])[]): string[] {
  const rows = [...Object.values(commands).map(({ usage, what }) => [usage, what] as const), ...more];
  const width = Math.max(...rows.map(([usage]) => usage.length));
  return rows.map(([usage, what]) => `  ${usage.padEnd(width)}  ${what}`.trimEnd());
}

/** Completes a command's name, or one of its words. */
export function completions(commands: PlayCommands, line: string, more: readonly string[] = []): string[] {
  const [name = "", ...words] = line.trimStart().split(/\s+/);
  const last = words.at(-1);
  const choices =
    last === undefined
      ? [...Object.keys(commands), ...more]
      : Object.hasOwn(commands, name)
        ? (commands[name]?.words?.() ?? [])
        : [];
  return choices.filter((choice) => choice.startsWith(last ?? name));
}
