/** What an option of ipvsadm is made of. The tables beside this file hold them all (ipvsadm.c: parse_options). */
import { usageError } from "../exit.ts";
import type { Names } from "../names.ts";
import { parseNumber } from "../numbers.ts";
import type { OptionRow } from "../popt.ts";
import type { Command, OptionName, Request } from "../request.ts";

/** Takes an option's value over (`` for one without). Throws Exit. */
export type Apply = (request: Request, value: string, names: Names) => void;

export interface Option extends OptionRow {
  /** The command it stands for: such a word must come first. */
  readonly command?: Command;
  /** What messages call it: such an option may be given once. */
  readonly name?: OptionName;
  readonly apply?: Apply;
  /** The value if none follows. */
  readonly defaultValue?: string;
  /** The option that it is if no value follows. */
  readonly alone?: Option;
}

/** Seconds; 31 days. */
const LONGEST_TIMEOUT = 2678400;
export const LARGEST_INT = 2147483647;
/** Characters kept of the names of schedulers, engines and interfaces. */
const NAME_LENGTH = 15;

export const cutName = (name: string): string => name.slice(0, NAME_LENGTH);

/** A number in a range. Throws `message` if it is none. */
export function numberOr(message: string, value: string, minimum: number, maximum: number): number {
  const number = parseNumber(value, minimum, maximum);
  if (number === undefined) throw usageError(message);
  return number;
}

/** Seconds for `-p` and `--set`. */
export const parseTimeout = (value: string, minimum: number): number =>
  numberOr(`invalid timeout value \`${value}' specified`, value, minimum, LONGEST_TIMEOUT);

/** An option that says all by being there. Its long name is the one that messages use. */
export const switchOption = (name: OptionName, short?: string): Option => ({
  name,
  ...(short === undefined ? {} : { short }),
  long: name,
  value: "none",
});
