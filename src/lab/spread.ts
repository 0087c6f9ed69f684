/** How requests must spread over the real servers, by scheduler and weights. */

/** Fewest and most requests that a server may have got. */
export interface Share {
  readonly least: number;
  readonly most: number;
}

const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));

/**
 * The shares of `count` requests in a row, in the order of the weights. Round robin gives every server its weight in each
 * cycle, wherever in the cycle the first request falls; of a cycle that is truncated a server can have got none or all of
 * its part. `undefined` for schedulers that go by something else than the order of the requests.
 */
export function expectedShares(scheduler: string, weights: readonly number[], count: number): Share[] | undefined {
  const turns = turnsOf(scheduler, weights);
  if (turns === undefined) return undefined;
  const cycle = turns.reduce((sum, turn) => sum + turn, 0);
  if (cycle === 0) return turns.map(() => ({ least: 0, most: 0 }));
  const rest = count % cycle;
  return turns.map((turn) => {
    const least = Math.floor(count / cycle) * turn;
    return { least: least + Math.max(0, rest - (cycle - turn)), most: least + Math.min(turn, rest) };
  });
}

/** How often each server has its turn in one cycle (ip_vs_rr.c, ip_vs_wrr.c). */
function turnsOf(scheduler: string, weights: readonly number[]): readonly number[] | undefined {
  if (scheduler === "rr") return weights.map((weight) => (weight > 0 ? 1 : 0));
  if (scheduler !== "wrr") return undefined;
  const common = weights.reduce(divisor, 0);
  return common === 0 ? weights : weights.map((weight) => weight / common);
}
