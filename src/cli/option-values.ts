/** Values of options: read, or refused with what was expected. */
import { InvalidArgumentError } from "commander";

/** Reads a whole number from `least` to `most`; without it, as large as a number can be. */
export const wholeNumber =
  (least: number, most?: number) =>
  (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= (most ?? Number.MAX_SAFE_INTEGER)) return value;
    throw new InvalidArgumentError(`expected a whole number from ${least}${most === undefined ? "" : ` to ${most}`}`);
  };

/** commander makes a sentence of its own of what was wrong with a value; here as everywhere else what was expected follows a colon. */
export const inOurWords = (message: string): string =>
  message
    .replace(/(is invalid(?: for argument '[^']*')?)\. Allowed choices are (.*)\./, "$1: expected one of $2")
    .replace(/(is invalid(?: for argument '[^']*')?)\. expected/, "$1: expected");
