/** Times as people say them. */
import { UsageError } from "./errors.ts";
import { got } from "./wrong-use.ts";

const UNITS: Readonly<Record<string, number>> = {
  us: 1,
  µs: 1,
  ms: 1e3,
  s: 1e6,
  sec: 1e6,
  second: 1e6,
  seconds: 1e6,
  min: 60e6,
  minute: 60e6,
  minutes: 60e6,
  h: 3600e6,
  hour: 3600e6,
  hours: 3600e6,
  d: 86_400e6,
  day: 86_400e6,
  days: 86_400e6,
};

/** In microseconds, 285 years: what a number still counts one by one. */
const LONGEST = Number.MAX_SAFE_INTEGER;

/** Microseconds of `"15 min"`, `"2.5 s"`, `"1 h 30 min"`, or of a number of seconds. Throws UsageError. */
export function microseconds(time: string | number): number {
  const text = typeof time === "number" ? `${time} s` : String(time);
  const parts = [...text.matchAll(/\s*(\d+(?:\.\d+)?(?:e[+-]?\d+)?)\s*([a-zµ]+)\s*/g)];
  const read = parts.map(([whole]) => whole).join("");
  const total = parts.reduce(
    (sum, [, number = "", unit = ""]) => sum + Number(number) * (UNITS[unit] ?? Number.NaN),
    0,
  );
  if (parts.length === 0 || read.length !== text.length || !(total <= LONGEST))
    throw new UsageError(`${got(time)}: expected a time such as "15 min", "300 ms", or seconds as a number`);
  return Math.round(total);
}
