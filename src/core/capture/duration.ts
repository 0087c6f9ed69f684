/** Spans of time as people write them: `15 min`, `200 ms`, `1.5 h`. Seconds behind all of it. */

const UNITS: readonly (readonly [string, number])[] = [
  ["us", 1e-6],
  ["ms", 1e-3],
  ["s", 1],
  ["min", 60],
  ["h", 3600],
  ["d", 86_400],
];

/** Seconds; `undefined` for what is no span. A number alone is seconds. */
export function parseDuration(text: string): number | undefined {
  const [, number, unit = "s"] = /^(\d+(?:\.\d+)?)\s*([a-z]+)?$/.exec(text.trim()) ?? [];
  const factor = UNITS.find(([name]) => name === unit)?.[1];
  return number === undefined || factor === undefined ? undefined : Math.round(Number(number) * factor * 1e6) / 1e6;
}

/** In the largest unit that leaves a whole number, or as seconds. */
export function durationText(seconds: number): string {
  const whole = UNITS.toReversed().find(([name, factor]) => name !== "us" && isWhole(seconds / factor));
  return whole === undefined || seconds === 0 ? `${seconds} s` : `${Math.round(seconds / whole[1])} ${whole[0]}`;
}

const isWhole = (number: number): boolean => number >= 1 && Math.abs(number - Math.round(number)) < 1e-9;
