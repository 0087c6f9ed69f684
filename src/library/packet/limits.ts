/** Fields of packets that cannot be: names that are none, numbers that do not fit. */
import { UsageError } from "../errors.ts";
import { checkNames, checkNumber, got } from "../wrong-use.ts";

/** What is no number. */
type Kind = "true or false" | "a list" | "bytes or a text";

/** The largest number of each field, or what it is instead. */
export type Limits<Fields> = { readonly [Name in keyof Required<Fields>]: number | Kind };

const IS: Readonly<Record<Kind, (value: unknown) => boolean>> = {
  "true or false": (value) => typeof value === "boolean",
  "a list": Array.isArray,
  "bytes or a text": (value) => typeof value === "string" || value instanceof Uint8Array,
};

/** Throws UsageError for a name that is no field's, and for a value that does not fit. */
export function checkFields<Fields extends object>(fields: Fields, limits: Limits<Fields>): void {
  checkNames("field", fields, Object.keys(limits));
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    const limit: number | Kind = limits[name as keyof Fields];
    if (typeof limit === "number") checkNumber(name, value, limit);
    else if (!IS[limit](value)) throw new UsageError(`${name}: expected ${limit}, got ${got(value)}`);
  }
}

/** Bytes of options, of which a header has whole words. */
export function checkOptions(name: string, options: readonly number[]): void {
  if (options.length % 4 !== 0 || options.length > LONGEST_OPTIONS)
    throw new UsageError(`${name}: expected a multiple of 4 bytes, at most ${LONGEST_OPTIONS}, got ${options.length}`);
}

/** A header has at most 15 words, five of them its own. */
const LONGEST_OPTIONS = 40;
