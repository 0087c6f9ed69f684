/** Two sequences side by side, that grow: where they part, and where they agree again. */

/** How far is looked for the place at which they agree again. */
const AHEAD = 16;
/** One may be so much behind the other before what it lacks counts as missing. */
const LAG = 4096;

/** Hears where the sequences differ: an item is missing (no `got`), one too many (no `expected`), or another. */
export type TakeParting<Item> = (expected: Item | undefined, got: Item | undefined) => void;

/** How items are compared: whether they are the same, and whether one is what has become of the other. */
export interface Likeness<Item> {
  readonly same: (a: Item, b: Item) => boolean;
  readonly alike: (a: Item, b: Item) => boolean;
}

/** Keeps no item that agrees, and of those that do not, no more than it takes to find where they agree again. */
export class Alignment<Item> {
  readonly #likeness: Likeness<Item>;
  readonly #take: TakeParting<Item>;
  readonly #expected: Item[] = [];
  readonly #got: Item[] = [];

  constructor(likeness: Likeness<Item>, take: TakeParting<Item>) {
    this.#likeness = likeness;
    this.#take = take;
  }

  expect(item: Item): void {
    this.#expected.push(item);
    this.#settle();
  }

  got(item: Item): void {
    this.#got.push(item);
    this.#settle();
  }

  /** Nothing follows. Of what is left over in the second sequence, only what `counts` is too many. */
  end(counts: (item: Item) => boolean = () => true): void {
    this.#pair();
    while (this.#expected.length > 0 && this.#got.length > 0) {
      this.#part();
      this.#pair();
    }
    for (const item of this.#expected.splice(0)) this.#take(item, undefined);
    for (const item of this.#got.splice(0)) if (counts(item)) this.#take(undefined, item);
  }

  #settle(): void {
    this.#pair();
    const [expected, got] = [this.#expected.length, this.#got.length];
    if (Math.min(expected, got) > AHEAD || Math.max(expected, got) > LAG) {
      this.#part();
      this.#pair();
    }
  }

  /** Takes away what agrees at the head of both. */
  #pair(): void {
    while (this.#are(this.#likeness.same, 0, 0)) {
      this.#expected.shift();
      this.#got.shift();
    }
  }

  #are(compare: (a: Item, b: Item) => boolean, i: number, j: number): boolean {
    const [a, b] = [this.#expected[i], this.#got[j]];
    return a !== undefined && b !== undefined && compare(a, b);
  }

  /** Tells of all up to where they agree again, or where one is what has become of the other. */
  #part(): void {
    const found = this.#reunion();
    // What has nothing to do with each other for so long is not one thing that became another.
    if (found === undefined && Math.min(this.#expected.length, this.#got.length) > AHEAD) {
      this.#take(this.#expected.shift(), undefined);
      this.#take(undefined, this.#got.shift());
      return;
    }
    const [missing, unexpected] = found ?? [Math.min(1, this.#expected.length), Math.min(1, this.#got.length)];
    const expected = this.#expected.splice(0, missing);
    const got = this.#got.splice(0, unexpected);
    if (missing === unexpected) for (let at = 0; at < missing; at++) this.#take(expected[at], got[at]);
    else {
      for (const item of expected) this.#take(item, undefined);
      for (const item of got) this.#take(undefined, item);
    }
  }

  /** The fewest items to pass over in each; one lost or added is likelier than one that became another. */
  #reunion(): readonly [number, number] | undefined {
    const { same, alike } = this.#likeness;
    if (this.#are(same, 1, 0)) return [1, 0];
    if (this.#are(same, 0, 1)) return [0, 1];
    if (this.#are(alike, 0, 0)) return [1, 1];
    const either = (a: Item, b: Item): boolean => same(a, b) || alike(a, b);
    for (let steps = 1; steps <= 2 * AHEAD; steps++)
      for (let less = steps >> 1; less >= 0; less--)
        for (const [i, j] of [
          [steps - less, less],
          [less, steps - less],
        ] as const)
          if (i <= AHEAD && j <= AHEAD && this.#are(either, i, j)) return [i, j];
    return undefined;
  }
}

/** All places at which `got` is not `expected`. */
export function partings<Item>(
  expected: readonly Item[],
  got: readonly Item[],
  likeness: Likeness<Item>,
): (readonly [Item | undefined, Item | undefined])[] {
  const found: (readonly [Item | undefined, Item | undefined])[] = [];
  const alignment = new Alignment(likeness, (a, b) => found.push([a, b]));
  for (let at = 0; at < Math.max(expected.length, got.length); at++) {
    const [a, b] = [expected[at], got[at]];
    if (a !== undefined) alignment.expect(a);
    if (b !== undefined) alignment.got(b);
  }
  alignment.end();
  return found;
}
