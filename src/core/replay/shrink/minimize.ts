/**
 * Delta debugging: the fewest items of a list that still keep what is asked for (Zeller and Hildebrandt, Simplifying and isolating
 * failure-inducing input, 2002). What is left cannot do without any single one.
 */
export function minimize<Item>(items: readonly Item[], keeps: (rest: readonly Item[]) => boolean): readonly Item[] {
  let left = items;
  if (left.length > 0 && keeps([])) return [];
  let parts = 2;
  while (left.length > 1) {
    const size = Math.ceil(left.length / parts);
    const smaller = smallerOf(left, size, keeps);
    if (smaller !== undefined) {
      const wasPart = smaller.length <= size;
      left = smaller;
      parts = wasPart ? 2 : Math.max(parts - 1, 2);
    } else if (size === 1) return left;
    else parts = Math.min(parts * 2, left.length);
  }
  return left;
}

/** One part of the list alone, or all but one part. */
function smallerOf<Item>(
  items: readonly Item[],
  size: number,
  keeps: (rest: readonly Item[]) => boolean,
): readonly Item[] | undefined {
  const halves = size * 2 >= items.length;
  for (let at = 0; at < items.length; at += size) {
    const part = items.slice(at, at + size);
    // Of two halves each is the other's rest.
    if ((halves || size > 1) && part.length < items.length && keeps(part)) return part;
  }
  for (let at = 0; !halves && at < items.length; at += size) {
    const rest = [...items.slice(0, at), ...items.slice(at + size)];
    if (keeps(rest)) return rest;
  }
  return undefined;
}
