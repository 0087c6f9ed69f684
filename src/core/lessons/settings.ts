/** Files of settings and of answers: `key = value` in each line, comments behind #. */
import { type Address, ANY, ipv4, parseIpv4 } from "../wire/address.ts";
import { WorkError, type WorkFiles } from "./lesson.ts";

interface Entry {
  readonly line: number;
  readonly value: string;
}

/**
 * The settings of one file. Every reading notes what is wrong, and `done` throws it all as one WorkError; until then a
 * value that is missing or wrong reads as a harmless one.
 */
export class Settings {
  readonly #file: string;
  readonly #entries = new Map<string, Entry>();
  readonly #known = new Set<string>();
  readonly #mistakes: { readonly line: number; readonly text: string }[] = [];

  constructor(files: WorkFiles, file: string) {
    this.#file = file;
    for (const [index, text] of (files[file] ?? "").split(/\r?\n/).entries()) this.#readLine(text, index + 1);
  }

  #readLine(text: string, line: number): void {
    const words = text.replace(/#.*/, "").trim();
    if (words === "") return;
    const [, key, value] = /^([^=]*?)\s*=\s*(.*)$/.exec(words) ?? [];
    if (key === undefined || value === undefined || key === "") {
      this.#wrong(line, `expected "name = value", got "${words}"`);
    } else if (this.#entries.has(key)) {
      this.#wrong(line, `${key}: expected once, and it is in line ${this.#entries.get(key)?.line} already`);
    } else this.#entries.set(key, { line, value });
  }

  #wrong(line: number, text: string): void {
    this.#mistakes.push({ line, text });
  }

  /** An IPv4 address. */
  address(key: string): Address {
    return this.#read(key, "an IPv4 address such as 10.1.0.1", readIpv4) ?? ANY;
  }

  /** A whole number within bounds. */
  number(key: string, least: number, most: number): number {
    return this.#read(key, `a whole number from ${least} to ${most}`, wholeNumber(least, most)) ?? least;
  }

  /** A number that need not be there yet: `undefined` while nothing stands behind the =. */
  answerNumber(key: string, least: number, most: number): number | undefined {
    return this.#isBlank(key)
      ? undefined
      : this.#read(key, `a whole number from ${least} to ${most}`, wholeNumber(least, most));
  }

  /** Any text; empty while nothing stands behind the =. */
  answerText(key: string): string {
    return this.#isBlank(key) ? "" : (this.#read(key, "a word", (text) => text) ?? "");
  }

  /** Words that need not be there yet; each has to be one of `choices`, and there may be `most` of them. */
  answerWords(key: string, choices: readonly string[], most: number): readonly string[] {
    if (this.#isBlank(key)) return [];
    const what = most === 1 ? `one of ${choices.join(", ")}` : `up to ${most} words, each one of ${choices.join(", ")}`;
    return this.#read(key, what, (text) => chosen(text, choices, most)) ?? [];
  }

  /** Looks for names that nobody asked for, and throws all mistakes in the order of their lines. */
  done(): void {
    for (const [key, { line }] of this.#entries) {
      if (!this.#known.has(key)) {
        this.#wrong(line, `${key}: there is no such name here, expected one of ${[...this.#known].join(", ")}`);
      }
    }
    const inOrder = this.#mistakes.toSorted((a, b) => a.line - b.line);
    const lines = inOrder.map(({ line, text }) => `${this.#file}${line === 0 ? "" : `:${line}`}: ${text}`);
    if (lines.length > 0) throw new WorkError(lines);
  }

  #isBlank(key: string): boolean {
    this.#known.add(key);
    return this.#entries.get(key)?.value === "";
  }

  #read<T>(key: string, what: string, parse: (text: string) => T | undefined): T | undefined {
    this.#known.add(key);
    const entry = this.#entries.get(key);
    const result = entry === undefined ? undefined : parse(entry.value);
    if (entry === undefined) this.#wrong(0, `${key} is missing: expected ${what}`);
    else if (result === undefined) this.#wrong(entry.line, `${key}: expected ${what}, got "${entry.value}"`);
    return result;
  }
}

function readIpv4(text: string): Address | undefined {
  const word = parseIpv4(text);
  return word === undefined ? undefined : ipv4(word);
}

const wholeNumber =
  (least: number, most: number) =>
  (text: string): number | undefined => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    return value >= least && value <= most ? value : undefined;
  };

function chosen(text: string, choices: readonly string[], most: number): readonly string[] | undefined {
  const words = text.split(/[\s,]+/).filter((word) => word !== "");
  return words.length <= most && words.every((word) => choices.includes(word)) ? words : undefined;
}
