/** The lines of a case as text. */

/** A line that says something. */
export interface Statement {
  /** From 1. */
  readonly line: number;
  readonly text: string;
}

/** Thrown for a line that cannot be; `message` says what was expected. */
export class StatementError extends Error {
  override readonly name = "StatementError";
}

/** The lines that say something, without their comments. */
export function statementsOf(text: string): Statement[] {
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  return lines.flatMap((line, index) => {
    const said = /^\s*[|!]/.test(line) ? line.trimStart() : withoutComment(line).trim();
    return said === "" ? [] : [{ line: index + 1, text: said }];
  });
}

/** A `#` begins a comment where a word could begin, outside of quotes. */
function withoutComment(line: string): string {
  const [before = ""] = /^(?:"(?:[^"\\]|\\.)*"|[^"#]|(?<=\S)#|"(?!.*"))*/.exec(line) ?? [];
  return before;
}
