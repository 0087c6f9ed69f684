/** The tests' own random numbers, by a seed, so that a run can be had again. */

/** A source of whole numbers 0..limit-1 (xorshift32, Marsaglia 2003). */
export type Dice = (limit: number) => number;

export function diceOf(seed: number): Dice {
  let state = seed >>> 0 || 1;
  return (limit) => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % limit;
  };
}

export function pick<T>(dice: Dice, list: readonly T[]): T {
  const found = list[dice(list.length)];
  if (found === undefined) throw new Error("nothing to pick from");
  return found;
}
