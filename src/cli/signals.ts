/** How a command that does its work and ends takes an interruption. */
import { constants } from "node:os";

/** What is put in order first, by whoever began last; `undefined` before anybody listens. */
let putInOrder: (() => void) | undefined;

/** Ends the process on SIGINT with 130 and on SIGTERM with 143; `before` may put things in order. */
export function endOnSignals(before: () => void = () => {}): void {
  const listens = putInOrder !== undefined;
  putInOrder = before;
  if (listens) return;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      putInOrder?.();
      process.exit(128 + constants.signals[signal]);
    });
  }
}
