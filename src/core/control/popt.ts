/**
 * Words of a command line into options, as popt 1.19 tokenises them (popt.c: poptGetNextOpt). Knows nothing of ipvsadm.
 * differs: popt replaces `!#:+` in a value by the next ordinary word; here it stays as it is.
 */

/** Whether an option is followed by a value. `optional`: only by one that does not begin with a dash. */
export type ValueRule = "none" | "required" | "optional";

export interface OptionRow {
  /** One character. */
  readonly short?: string;
  readonly long?: string;
  readonly value: ValueRule;
}

export type OptionProblem = "unknown option" | "missing argument" | "option does not take an argument";

export type Token<Row> =
  | { readonly kind: "option"; readonly row: Row; readonly value: string | undefined; readonly word: string }
  /** `word` is the word of the command line that was being read, the whole bundle. */
  | { readonly kind: "problem"; readonly problem: OptionProblem; readonly word: string }
  | { readonly kind: "end" };

/** Finds an option by its long name, or by its letter. */
export type FindOption<Row> = (name: string, form: "long" | "short") => Row | undefined;

/**
 * Reads options one by one; words that are no options gather in `leftovers`.
 * @ipvs #Y control "Options as popt reads them: bundles, attached and =values, optional -p value, --, words in between"
 */
export class OptionReader<Row extends OptionRow> {
  readonly leftovers: string[] = [];
  readonly #words: readonly string[];
  readonly #find: FindOption<Row>;
  readonly #posixlyCorrect: boolean;
  #next = 0;
  /** The letters that are left of a bundle. */
  #bundle: string | undefined;
  #optionsEnded = false;

  /** `posixlyCorrect`: the first ordinary word ends the options (POSIXLY_CORRECT, POSIX_ME_HARDER). */
  constructor(words: readonly string[], find: FindOption<Row>, posixlyCorrect = false) {
    this.#words = words;
    this.#find = find;
    this.#posixlyCorrect = posixlyCorrect;
  }

  next(): Token<Row> {
    if (this.#bundle !== undefined) return this.#short(this.#bundle);
    for (let word = this.#take(); word !== undefined; word = this.#take()) {
      if (this.#optionsEnded || !word.startsWith("-") || word === "-") {
        if (this.#posixlyCorrect) this.#optionsEnded = true;
        this.leftovers.push(word);
      } else if (word === "--") this.#optionsEnded = true;
      else return word.startsWith("--") ? this.#long(word.slice(2)) : this.#short(word.slice(1));
    }
    return { kind: "end" };
  }

  #take(): string | undefined {
    return this.#next < this.#words.length ? this.#words[this.#next++] : undefined;
  }

  get #word(): string {
    return this.#words[this.#next - 1] ?? "";
  }

  #long(text: string): Token<Row> {
    const equals = text.indexOf("=");
    const row = this.#find(equals < 0 ? text : text.slice(0, equals), "long");
    if (row === undefined) return this.#problem("unknown option");
    const attached = equals < 0 ? undefined : text.slice(equals + 1);
    if (row.value !== "none") return this.#withValue(row, attached);
    return attached === undefined ? this.#option(row, undefined) : this.#problem("option does not take an argument");
  }

  /** One letter of a bundle. What follows may be `=value`, a value, or further letters. */
  #short(bundle: string): Token<Row> {
    const row = this.#find(bundle.slice(0, 1), "short");
    const rest = bundle.slice(1);
    const hasEquals = rest.startsWith("=");
    this.#bundle = undefined;
    if (row === undefined) return this.#problem("unknown option");
    if (row.value !== "none") return this.#withValue(row, hasEquals ? rest.slice(1) : rest || undefined);
    if (hasEquals) return this.#problem("option does not take an argument");
    if (rest !== "") this.#bundle = rest;
    return this.#option(row, undefined);
  }

  #withValue(row: Row, attached: string | undefined): Token<Row> {
    if (attached !== undefined) return this.#option(row, attached);
    const following = this.#words[this.#next];
    if (row.value === "optional" && (following === undefined || following.startsWith("-"))) {
      return this.#option(row, undefined);
    }
    return following === undefined ? this.#problem("missing argument") : this.#option(row, this.#take());
  }

  #option(row: Row, value: string | undefined): Token<Row> {
    return { kind: "option", row, value, word: this.#word };
  }

  #problem(problem: OptionProblem): Token<Row> {
    return { kind: "problem", problem, word: this.#word };
  }
}
