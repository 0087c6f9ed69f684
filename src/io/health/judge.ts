/** When a server is taken for up or down: after so many findings of one kind in a row. */
import type { Finding } from "./checks/check.ts";

export interface Thresholds {
  readonly rise: number;
  readonly fall: number;
}

/** What a finding changed. */
export type Change = "went-up" | "went-down" | undefined;

/** The record of one server. Until enough is known, it is neither up nor down, and stays in service. */
export class Judge {
  state: "unknown" | "up" | "down" = "unknown";
  checks = 0;
  failures = 0;
  /** Why the last check failed; empty if it did not. */
  last = "";
  #row = 0;
  readonly #thresholds: Thresholds;

  constructor(thresholds: Thresholds) {
    this.#thresholds = thresholds;
  }

  /** Takes a finding into account. */
  hear(finding: Finding): Change {
    this.checks++;
    if (finding !== undefined) this.failures++;
    const agrees = (finding === undefined) === (this.last === "");
    this.#row = agrees ? this.#row + 1 : 1;
    this.last = finding ?? "";
    const { rise, fall } = this.#thresholds;
    if (finding === undefined && this.state !== "up" && (this.state === "unknown" || this.#row >= rise))
      return this.#become("up");
    if (finding !== undefined && this.state !== "down" && this.#row >= fall) return this.#become("down");
    return undefined;
  }

  #become(state: "up" | "down"): Change {
    const before = this.state;
    this.state = state;
    if (state === "down") return "went-down";
    return before === "down" ? "went-up" : undefined;
  }
}
