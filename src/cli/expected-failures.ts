/** Cases that are known to fail, and why: `NAME: REASON` a line, `#` begins a comment. */
import { readText } from "../io/text-file.ts";
import { Failure, WRONG_USAGE } from "./failure.ts";

interface Entry {
  readonly line: number;
  readonly reason: string;
}

export class ExpectedFailures {
  readonly #file: string;
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #met = new Set<string>();

  private constructor(file: string, entries: ReadonlyMap<string, Entry>) {
    this.#file = file;
    this.#entries = entries;
  }

  /** None without a file. Throws Failure for one that cannot be read, or that has other lines. */
  static read(file: string | undefined): ExpectedFailures {
    if (file === undefined) return new ExpectedFailures("", new Map());
    const read = readText(file, "failures");
    if ("message" in read) throw new Failure(WRONG_USAGE, read.message);
    const entries = new Map<string, Entry>();
    const mistakes: string[] = [];
    for (const [index, text] of read.text.split("\n").entries()) {
      if (text.trim() === "" || text.startsWith("#")) continue;
      const [, name, reason] = /^(.+?):\s+(\S.*)$/.exec(text.trim()) ?? [];
      if (name === undefined || reason === undefined)
        mistakes.push(`${file}:${index + 1}: expected the name of a case, a colon and the reason why it fails`);
      else if (entries.has(name)) mistakes.push(`${file}:${index + 1}: ${name} is listed already`);
      else entries.set(name, { line: index + 1, reason });
    }
    if (mistakes.length > 0) throw new Failure(WRONG_USAGE, ...mistakes);
    return new ExpectedFailures(file, entries);
  }

  /** Why the case of this name fails, if it is listed. */
  reasonFor(name: string): string | undefined {
    this.#met.add(name);
    return this.#entries.get(name)?.reason;
  }

  /** Names that no case has: a list with such is out of date. */
  strangers(): string[] {
    return [...this.#entries]
      .filter(([name]) => !this.#met.has(name))
      .map(([name, { line }]) => `${this.#file}:${line}: no case is called ${name}`);
  }
}
