/** When a master tells of a connection. Mirrors ip_vs_sync_conn_needed of net/netfilter/ipvs/ip_vs_sync.c. */
import type { Ticks } from "../../time/kernel-ticks.ts";
import { type ConnectionRows, NONE, type Row, TEMPLATE } from "../connection-rows.ts";
import { AT_ONCE, BY_COUNT, NEVER } from "../protocols/protocol.ts";
import { protocolOf } from "../protocols/protocols.ts";
import type { VsSysctl } from "../sysctl.ts";

/** The two low bits of the end that was told last: how often it was told again. */
const RETRIES = 3;
const SHORTEST_HALF_SECONDS = 10;

/**
 * Whether the connection is to be told of now, after so many packets; then it counts as told. `now` in ticks.
 * @ipvs #Y sync "sync_threshold: the packet that leaves this rest in each sync_period; with 0 0 or a refresh period the other rules"
 * @ipvs #Y sync "sync_refresh_period and sync_retries: told again once the end of its life has moved that far, and so often in between"
 * @ipvs #Y sync "sync_persist_mode: of persistent services only the templates"
 * @ipvs #Y sync "FIN_WAIT, TIME_WAIT, CLOSE and CLOSE_WAIT are told at once, half-open connections never"
 */
export function isToBeTold(
  rows: ConnectionRows,
  row: Row,
  packets: number,
  now: Ticks,
  hz: number,
  sysctl: Readonly<VsSysctl>,
): boolean {
  const isTemplate = (rows.flags(row) & TEMPLATE) !== 0;
  const end = ((now + rows.timeout(row)) & ~RETRIES) >>> 0;
  if (!isTemplate) {
    if (sysctl.sync_persist_mode !== 0 && isPersistent(rows, row)) return false;
    const how = protocolOf(rows.protocol(row))?.syncs(rows.state(row)) ?? BY_COUNT;
    if (how === NEVER) return false;
    if (how === AT_ONCE && rows.state(row) !== rows.toldState(row)) return told(rows, row, end);
  }
  const refresh = sysctl.sync_refresh_period * hz;
  const retries = refresh > 0 ? retriesOf(rows, row, now, end, refresh, hz, sysctl.sync_retries) : 0;
  if (retries < 0) return false;
  const { sync_threshold: threshold, sync_period: period } = sysctl;
  if (period > 0) {
    if (!isTemplate && packets % period !== threshold) return false;
  } else if (refresh === 0 && packets !== threshold) return false;
  return told(rows, row, (end | retries) >>> 0);
}

const isPersistent = (rows: ConnectionRows, row: Row): boolean => {
  for (let above = rows.control(row); above !== NONE; above = rows.control(above)) {
    if ((rows.flags(above) & TEMPLATE) !== 0) return true;
  }
  return false;
};

/** How many times it was told of again if it is now; -1 if it is too early. */
function retriesOf(
  rows: ConnectionRows,
  row: Row,
  now: Ticks,
  end: number,
  refresh: number,
  hz: number,
  most: number,
): number {
  const timeout = rows.timeout(row);
  const before = rows.toldEnd(row);
  const shortest = Math.min(refresh, Math.max(timeout / 2, SHORTEST_HALF_SECONDS * hz));
  // Differences of ticks that are counted modulo 2^32.
  if (Math.abs((end - before) | 0) >= shortest) return 0;
  const retries = before & RETRIES;
  const isTooEarly = ((now - (before - timeout + Math.floor(refresh / 8))) | 0) < 0;
  return retries >= most || isTooEarly ? -1 : retries + 1;
}

function told(rows: ConnectionRows, row: Row, end: number): boolean {
  rows.setToldState(row, rows.state(row));
  rows.setToldEnd(row, end);
  return true;
}
