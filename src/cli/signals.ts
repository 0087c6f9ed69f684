/** How a command that does its work and ends takes an interruption. */
import { constants } from "node:os";

/** Ends the process on SIGINT with 130 and on SIGTERM with 143; `before` may put things in order. */
export function endOnSignals(before: () => void = () => {}): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      before();
      process.exit(128 + constants.signals[signal]);
    });
  }
}
