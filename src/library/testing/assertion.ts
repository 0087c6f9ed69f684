/** What a check throws: an error that mocha, node:test, vitest and chai show as their own, with what was expected and what came. */

/** A check that failed. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
  /** As the errors of node:assert have it. */
  readonly code = "ERR_ASSERTION";
  /** What came. */
  readonly actual: unknown;
  /** What was expected. */
  readonly expected: unknown;
  /** Has mocha show the difference. */
  readonly showDiff: boolean;

  /** With the two values, where there are such. */
  constructor(message: string, ...values: readonly [] | readonly [actual: unknown, expected: unknown]) {
    super(message);
    this.showDiff = values.length > 0;
    [this.actual, this.expected] = values;
  }
}

/** Throws unless the two are the same: texts, numbers, truths, and lists of them. */
export function same(actual: unknown, expected: unknown, what: string): void {
  if (Object.is(actual, expected) || JSON.stringify(actual) === JSON.stringify(expected)) return;
  throw new AssertionError(`${what}: expected ${shown(expected)}, got ${shown(actual)}`, actual, expected);
}

const shown = (value: unknown): string => JSON.stringify(value) ?? String(value);
