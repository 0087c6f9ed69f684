/** Two sequences side by side, up to where they part. */

/** Where two sequences part: an item is missing from the second, the second has one too many, or one is another. */
export interface Parting {
  readonly kind: "missing" | "unexpected" | "changed";
  /** Of the item in the expected sequence; where one is too many, of the item before which it stands. */
  readonly expectedAt: number;
  readonly gotAt: number;
}

/**
 * The first place at which `got` is not `expected`; `undefined` if there is none. A lost or additional item is told
 * from a changed one by whether the sequences agree again right behind it.
 */
export function firstParting<Item>(
  expected: readonly Item[],
  got: readonly Item[],
  same: (a: Item, b: Item) => boolean,
): Parting | undefined {
  const agree = (i: number, j: number): boolean => {
    const a = expected[i];
    const b = got[j];
    return a !== undefined && b !== undefined && same(a, b);
  };
  let at = 0;
  while (agree(at, at)) at++;
  const place = { expectedAt: at, gotAt: at };
  if (at >= expected.length) return at >= got.length ? undefined : { kind: "unexpected", ...place };
  if (at >= got.length || agree(at + 1, at)) return { kind: "missing", ...place };
  return { kind: agree(at, at + 1) ? "unexpected" : "changed", ...place };
}
