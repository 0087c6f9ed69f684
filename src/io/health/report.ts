/** How checked servers are doing, as the control interface tells it. */

export interface ServerReport {
  /** `TCP 10.1.0.100:80`. */
  readonly service: string;
  /** `10.2.0.2:80`. */
  readonly server: string;
  readonly state: "up" | "down" | "unknown";
  /** Checks since the start, and how many of them failed. */
  readonly checks: number;
  readonly failures: number;
  /** Why the last one failed; empty if it did not. */
  readonly last: string;
}

export interface HealthReport {
  readonly v: 1;
  readonly servers: readonly ServerReport[];
  /** Services whose sorry server stands in. */
  readonly sorry: readonly string[];
}
