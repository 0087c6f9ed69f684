/** What a caller got wrong, who has no compiler to say so. */
import { UsageError } from "./errors.ts";

/** A value in a message, in a few words. */
export function got(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}...` : value);
  if (Array.isArray(value)) return "a list";
  if (typeof value === "function") return "a function";
  return typeof value === "object" && value !== null ? "an object" : String(value);
}

/** Throws UsageError for what is no object, and for names in it that mean nothing. */
export function checkNames(what: string, value: object, known: readonly string[]): void {
  if (typeof value !== "object" || value === null || Array.isArray(value) || ArrayBuffer.isView(value))
    throw new UsageError(`expected an object with any of ${known.join(", ")}; got ${got(value)}`);
  for (const name of Object.keys(value))
    if (!known.includes(name)) throw new UsageError(`${name}: no such ${what}; expected one of ${known.join(", ")}`);
}

/** Throws UsageError for what is no whole number from 0 to `most`. */
export function checkNumber(name: string, value: unknown, most: number): void {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > most)
    throw new UsageError(`${name}: expected a whole number from 0 to ${most}, got ${got(value)}`);
}
