/** The words of a link, `name=value` behind each other as in a query; what is wrong with one is noted, and it is passed over. */

/** Reads the words of a link, and notes what is wrong with them. */
export class LinkWords {
  readonly problems: string[] = [];
  readonly #words: URLSearchParams;

  constructor(fragment: string) {
    this.#words = new URLSearchParams(fragment.replace(/^#/, ""));
  }

  #wrong(name: string, value: string, expected: string): void {
    this.problems.push(`${name}=${value} in the link: expected ${expected}`);
  }

  /** One of the choices; `undefined` if the word is missing or none of them. */
  choice<Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined {
    const value = this.#words.get(name);
    if (value === null) return undefined;
    const found = choices.find((choice) => choice === value);
    if (found === undefined) this.#wrong(name, value, `one of ${choices.join(", ")}`);
    return found;
  }

  number(name: string, least: number, most: number, otherwise: number): number {
    const value = this.#words.get(name);
    if (value === null) return otherwise;
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    if (number >= least && number <= most) return number;
    this.#wrong(name, value, `a whole number from ${least} to ${most}`);
    return otherwise;
  }

  /** Words behind each other, separated by commas; those that `read` cannot read are left out. */
  list<Item>(
    name: string,
    expected: string,
    most: number,
    read: (text: string) => Item | undefined,
  ): Item[] | undefined {
    const value = this.#words.get(name);
    if (value === null) return undefined;
    const texts = value.split(",");
    const items = texts.map(read);
    if (items.includes(undefined) || items.length > most) this.#wrong(name, value, expected);
    return items.slice(0, most).filter((item) => item !== undefined);
  }

  /** What each word of this name says. */
  each<Item>(name: string, expected: string, read: (text: string) => Item | undefined): Item[] {
    const values = this.#words.getAll(name);
    for (const value of values) if (read(value) === undefined) this.#wrong(name, value, expected);
    return values.map(read).filter((item) => item !== undefined);
  }

  /** Names that nobody knows. */
  unknown(known: readonly string[]): void {
    for (const name of this.#words.keys())
      if (!known.includes(name)) this.#wrong(name, this.#words.get(name) ?? "", `one of the names ${known.join(", ")}`);
  }
}
