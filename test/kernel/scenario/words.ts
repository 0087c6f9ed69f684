/** The words of one line of a scenario, read from left to right. */
import { parseIpv4 } from "../../../src/core/wire/address.ts";

/** A mistake in a scenario. `message` is `FILE:LINE: expected ..., got ...`. */
export class ScenarioError extends Error {
  override readonly name = "ScenarioError";
}

/** A number, decimal or 0x hexadecimal; `undefined` for anything else. */
const numberOf = (word: string): number | undefined =>
  /^(\d+(\.\d+)?|0x[0-9a-f]+)$/i.test(word) ? Number(word) : undefined;

/** Splits a line at blanks; "text in quotes" stays one word, its quotes still on. A `#` at the start of a word ends the line. */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  for (const [word] of line.matchAll(/"[^"]*"|[^\s"]\S*|"/g)) {
    if (word.startsWith("#")) break;
    words.push(word);
  }
  return words;
}

export class Words {
  readonly #words: readonly string[];
  readonly #where: string;
  #at = 0;

  /** `where` is the file and line that mistakes are told with. */
  constructor(words: readonly string[], where: string) {
    this.#words = words;
    this.#where = where;
  }

  get done(): boolean {
    return this.#at >= this.#words.length;
  }

  peek(): string | undefined {
    return this.#words[this.#at];
  }

  /** All words not read yet. */
  rest(): string[] {
    const rest = this.#words.slice(this.#at);
    this.#at = this.#words.length;
    return rest;
  }

  /** Other words of the same line. */
  again(words: readonly string[]): Words {
    return new Words(words, this.#where);
  }

  /** Reads a word if it is this one. */
  accept(word: string): boolean {
    if (this.peek() !== word) return false;
    this.#at++;
    return true;
  }

  /** Throws a ScenarioError that tells what stands at the current place instead of what was expected. */
  refuse(expected: string): never {
    return this.wrong(expected, this.#words[this.#at] ?? "the end of the line");
  }

  /** Throws a ScenarioError about something that is not at the current place. */
  wrong(expected: string, got: string): never {
    throw new ScenarioError(`${this.#where}: expected ${expected}, got ${got}`);
  }

  /** Reads a word as `read` understands it; `undefined` means that it does not. */
  parsed<T>(expected: string, read: (word: string) => T | undefined): T {
    const word = this.peek();
    const value = word === undefined ? undefined : read(word);
    if (value === undefined) return this.refuse(expected);
    this.#at++;
    return value;
  }

  word(expected: string): string {
    return this.parsed(expected, (word) => word);
  }

  expect(word: string): void {
    if (!this.accept(word)) this.refuse(`"${word}"`);
  }

  integer(what: string, min: number, max: number): number {
    return this.parsed(`${what}, ${min} to ${max}`, (word) => {
      const value = numberOf(word);
      return value !== undefined && Number.isInteger(value) && value >= min && value <= max ? value : undefined;
    });
  }

  seconds(): number {
    return this.parsed("seconds", numberOf);
  }

  hex(what: string): Uint8Array {
    return this.parsed(`${what} as pairs of hexadecimal digits`, hexBytes);
  }

  address(names: ReadonlyMap<string, number>): number {
    return this.parsed("an IPv4 address or a name given before", (word) => names.get(word) ?? parseIpv4(word));
  }

  end(): void {
    if (!this.done) this.refuse("the end of the line");
  }
}

/** Bytes from pairs of hexadecimal digits, at least one; `undefined` for anything else. */
export const hexBytes = (word: string): Uint8Array | undefined =>
  /^([0-9a-f]{2})+$/i.test(word)
    ? Uint8Array.from(word.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
    : undefined;
