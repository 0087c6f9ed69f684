/** Fields of packets that cannot be: numbers that do not fit. */
import { UsageError } from "../errors.ts";

/** The largest number of each field; `undefined` for what is no number, or may be any. */
export type Limits<Fields> = { readonly [Name in keyof Required<Fields>]: number | undefined };

/** Throws UsageError for a number that does not fit. */
export function checkFields<Fields extends object>(fields: Fields, limits: Limits<Fields>): void {
  for (const [name, value] of Object.entries(fields)) {
    const most = Object.hasOwn(limits, name) ? limits[name as keyof Fields] : undefined;
    const fits = typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= (most ?? value);
    if (most !== undefined && value !== undefined && !fits)
      throw new UsageError(`${name}: expected a whole number from 0 to ${most}, got ${value}`);
  }
}

/** Bytes of options, of which a header has whole words. */
export function checkOptions(name: string, options: readonly number[]): void {
  if (options.length % 4 !== 0 || options.length > LONGEST_OPTIONS)
    throw new UsageError(`${name}: expected a multiple of 4 bytes, at most ${LONGEST_OPTIONS}, got ${options.length}`);
}

/** A header has at most 15 words, five of them its own. */
const LONGEST_OPTIONS = 40;
