/** What schedulers ask about weights. */
import type { Destination } from "../destination.ts";

/** The greatest common divisor of two whole numbers; 0 counts as divisible by all. */
export const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b));

/** The destination of the greatest weight above 0 among those that qualify, the first of equals. */
export function heaviest(
  destinations: readonly Destination[],
  qualifies: (destination: Destination) => boolean,
): Destination | undefined {
  let best: Destination | undefined;
  for (const destination of destinations) {
    if (qualifies(destination) && destination.weight > (best?.weight ?? 0)) best = destination;
  }
  return best;
}
