/** Counters in columns of eight (ipvsadm.c: print_largenum). */

const UNITS: readonly (readonly [below: number, divisor: number, letter: string])[] = [
  [1e8, 1, ""],
  [1e9, 1e3, "K"],
  [1e11, 1e6, "M"],
  [1e14, 1e9, "G"],
  [Number.POSITIVE_INFINITY, 1e12, "T"],
];

/** A blank and the number, nine characters or more; shortened without rounding unless `exact`. */
export function largeNumber(value: number, exact: boolean): string {
  if (exact) return ` ${String(value).padStart(8)}`;
  const [, divisor, letter] = UNITS.find(([below]) => value < below) ?? [0, 1, ""];
  const digits = String(Math.floor(value / divisor));
  return `${digits.padStart(letter === "" ? 9 : 8)}${letter}`;
}
