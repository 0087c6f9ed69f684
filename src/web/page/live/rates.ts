/** Rates over time, from counters that only grow. */
import type { LiveStatus } from "./listing.ts";

/** What is plotted, each a list of values by second. */
export const SERIES = ["packets in", "packets out", "Mbit/s in", "Mbit/s out", "dropped", "connections"] as const;
export type SeriesName = (typeof SERIES)[number];

/** One look at the counters. `at` is in milliseconds. */
interface Look {
  readonly at: number;
  readonly values: Readonly<Record<SeriesName, number>>;
}

/** Seconds that are kept. */
export const LENGTH = 120;
const NOT_DROPPED = new Set(["sent", "delivered", "parked", "held"]);

export class Rates {
  readonly series: Record<SeriesName, number[]> = {
    "packets in": [],
    "packets out": [],
    "Mbit/s in": [],
    "Mbit/s out": [],
    dropped: [],
    connections: [],
  };
  #last: Look | undefined;

  /** Counters as of `at`, in milliseconds. A counter that is smaller than before has begun anew: nothing is known of it. */
  add(status: LiveStatus, at: number): void {
    const values = valuesOf(status);
    const last = this.#last;
    this.#last = { at, values };
    if (last === undefined || at <= last.at) return;
    const seconds = (at - last.at) / 1000;
    for (const name of SERIES) {
      const rate = name === "connections" ? values[name] : Math.max(0, values[name] - last.values[name]) / seconds;
      this.series[name] = [...this.series[name], rate].slice(-LENGTH);
    }
  }
}

function valuesOf({ ports, verdicts, connections }: LiveStatus): Look["values"] {
  const sum = (of: (port: LiveStatus["ports"][number]) => number): number =>
    ports.reduce((total, port) => total + of(port), 0);
  const dropped = Object.entries(verdicts).filter(([name]) => !NOT_DROPPED.has(name));
  const megabits = 8 / 1e6;
  return {
    "packets in": sum(({ received }) => received),
    "packets out": sum(({ sent }) => sent),
    "Mbit/s in": sum(({ receivedBytes }) => receivedBytes) * megabits,
    "Mbit/s out": sum(({ sentBytes }) => sentBytes) * megabits,
    dropped: dropped.reduce((total, [, count]) => total + count, 0),
    connections,
  };
}
