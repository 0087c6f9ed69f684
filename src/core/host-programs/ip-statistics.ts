/** The counters that `ip -s` shows of an interface (ipaddress.c of iproute2: print_stats64). */
import type { Json } from "./ip-json.ts";
import type { Traffic } from "./program.ts";

export const NO_TRAFFIC: Traffic = { received: 0, receivedBytes: 0, sent: 0, sentBytes: 0, sendErrors: 0 };

/** Names of columns, and of how many letters each is at least; the last has no name and no number here. */
const WIDTHS = [10, 7, 6, 7, 7, 7] as const;
const COMPRESSED = " ".repeat(11);
const RECEIVED = ["bytes", "packets", "errors", "dropped", "missed", "mcast"] as const;
const SENT = ["bytes", "packets", "errors", "dropped", "carrier", "collsns"] as const;
const RECEIVE_ERRORS = ["length", "crc", "frame", "fifo", "overrun"] as const;
const SEND_ERRORS = ["aborted", "fifo", "window", "heartbt", "transns"] as const;
/** An interface has gone down and up once, as it was made. */
const TRANSITIONS = 2;

/** The lines of `-s`; of `-s -s` also which errors there were. */
export function statisticsLines(traffic: Traffic, isDetailed: boolean): string[] {
  const { received, receivedBytes, sent, sentBytes, sendErrors } = traffic;
  const into = [receivedBytes, received, 0, 0, 0, 0];
  const out = [sentBytes, sent, sendErrors, 0, 0, 0];
  const widths = WIDTHS.map((width, at) => Math.max(width, String(into[at]).length, String(out[at]).length));
  const row = (cells: readonly (string | number)[], from = 0): string =>
    cells.map((cell, at) => String(cell).padStart(widths[at + from] ?? 0)).join(" ");
  /** The name of the table stands in the first column. */
  const titles = (name: string, [first = "", ...rest]: readonly string[]): string =>
    `    ${name}${first.padStart((widths[0] ?? 0) - name.length)} ${row(rest, 1)}`;
  const errors = (name: string, names: readonly string[], numbers: readonly number[]): string[] =>
    isDetailed
      ? [`    ${name.padEnd(widths[0] ?? 0)} ${row(names, 1)}`, `    ${" ".repeat(widths[0] ?? 0)} ${row(numbers, 1)} `]
      : [];
  return [
    `${titles("RX:", RECEIVED)}${COMPRESSED}`,
    `    ${row(into)} `,
    ...errors("RX errors:", RECEIVE_ERRORS, [0, 0, 0, 0, 0]),
    `${titles("TX:", SENT)}${COMPRESSED}`,
    `    ${row(out)} `,
    ...errors("TX errors:", SEND_ERRORS, [0, 0, 0, 0, TRANSITIONS]),
  ];
}

export const statisticsJson = ({ received, receivedBytes, sent, sentBytes, sendErrors }: Traffic): Json => ({
  rx: { bytes: receivedBytes, packets: received, errors: 0, dropped: 0, over_errors: 0, multicast: 0 },
  tx: { bytes: sentBytes, packets: sent, errors: sendErrors, dropped: 0, carrier_errors: 0, collisions: 0 },
});
