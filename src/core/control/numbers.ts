/** Numbers as C reads them. */

const MAXIMUM_LONG = 2n ** 63n - 1n;
const MINIMUM_LONG = -(2n ** 63n);

/** A decimal number from `minimum` to `maximum`: blanks and a sign may precede it, nothing may follow (strtol). */
export function parseNumber(text: string, minimum: number, maximum: number): number | undefined {
  if (!/^[ \t\n\v\f\r]*[+-]?\d+$/.test(text)) return undefined;
  const value = Number(text.trim());
  return value >= minimum && value <= maximum ? value + 0 : undefined;
}

/** What `atoi` makes of a text: 0 if it does not begin with a number, 32 bits of it if it is large. */
export function atoi(text: string): number {
  const digits = /^[ \t\n\v\f\r]*([+-]?)(\d+)/.exec(text);
  if (digits === null) return 0;
  const value = BigInt(digits[2] ?? "0") * (digits[1] === "-" ? -1n : 1n);
  const long = value > MAXIMUM_LONG ? MAXIMUM_LONG : value < MINIMUM_LONG ? MINIMUM_LONG : value;
  return Number(BigInt.asIntN(32, long));
}
