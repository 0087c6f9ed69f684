/** When a master tells of a connection. Mirrors ip_vs_sync_conn_needed of net/netfilter/ipvs/ip_vs_sync.c. */
import { NONE, ONE_PACKET, type Row, TEMPLATE, UNDER_CONTROL } from "../connection-rows.ts";
import type { Connections } from "../connections.ts";
import { AT_ONCE, BY_COUNT, NEVER } from "../protocols/protocol.ts";
import { protocolOf } from "../protocols/protocols.ts";
import type { ConnectionRows } from "../table-rows.ts";

/** The two low bits of the end that was told last: how often it was told again. */
const RETRIES = 3;
const SHORTEST_HALF_SECONDS = 10;

/**
 * Whether the connection is to be told of now, after so many packets; then it counts as told. Nearly always it is not: then
 * nobody asks for the time.
 * @ipvs #Y sync "sync_threshold: the packet that leaves this rest in each sync_period; with 0 0 or a refresh period the other rules"
 * @ipvs #Y sync "sync_refresh_period and sync_retries: told again once the end of its life has moved that far, and so often in between"
 * @ipvs #Y sync "sync_persist_mode: of persistent services only the templates"
 * @ipvs #Y sync "FIN_WAIT, TIME_WAIT, CLOSE and CLOSE_WAIT are told at once, half-open connections never"
 */
export function isToBeTold(connections: Connections, row: Row, packets: number): boolean {
  const { sysctl, table } = connections;
  const { rows } = table;
  const isTemplate = (rows.flags(row) & TEMPLATE) !== 0;
  if (!isTemplate) {
    if (sysctl.sync_persist_mode !== 0 && isPersistent(rows, row)) return false;
    const how = protocolOf(rows.protocol(row))?.syncs(rows.state(row)) ?? BY_COUNT;
    if (how === NEVER) return false;
    if (how === AT_ONCE && rows.state(row) !== rows.toldState(row)) return told(connections, row, 0);
  }
  const { sync_refresh_period: refresh, sync_threshold: threshold, sync_period: period } = sysctl;
  const retries = refresh > 0 ? retriesOf(connections, row) : 0;
  if (retries < 0) return false;
  if (period > 0) {
    if (!isTemplate && packets % period !== threshold) return false;
  } else if (refresh <= 0 && packets !== threshold) return false;
  return told(connections, row, retries);
}

/** Connections of which others are told without a look at their packets, or that are told of below others. */
const UNUSUAL = ONE_PACKET | TEMPLATE | UNDER_CONTROL;

/**
 * A short cut through `isNews` and `isToBeTold`, for nearly all packets: whether it is plain that both are false, and nothing is to be written. A
 * director asks this of each packet as long as a master runs.
 */
export function isOldNews(connections: Connections, row: Row, packets: number): boolean {
  const { sysctl, table } = connections;
  const { rows } = table;
  if (packets === 1 || (rows.flags(row) & UNUSUAL) !== 0 || rows.state(row) !== rows.toldState(row)) return false;
  const { sync_period: period, sync_threshold: threshold } = sysctl;
  if (period > 0) return packets % period !== threshold;
  return sysctl.sync_refresh_period > 0 ? retriesOf(connections, row) < 0 : packets !== threshold;
}

/** Whether nobody was told of the connection as it is; then it counts as told. For masters that tell at once. */
export function isNews(connections: Connections, row: Row, packets: number): boolean {
  const { rows } = connections.table;
  if ((rows.flags(row) & TEMPLATE) !== 0) return false;
  return (packets === 1 || rows.state(row) !== rows.toldState(row)) && told(connections, row, 0);
}

const isPersistent = (rows: ConnectionRows, row: Row): boolean => {
  for (let above = rows.control(row); above !== NONE; above = rows.control(above)) {
    if ((rows.flags(above) & TEMPLATE) !== 0) return true;
  }
  return false;
};

/** The tick at which its time is up if it hears nothing more, modulo 2^32, without the bits of RETRIES. */
function endOf({ table, timers }: Connections, row: Row): number {
  return ((timers.tick + table.rows.timeout(row)) & ~RETRIES) >>> 0;
}

/** How many times it was told of again if it is now; -1 if it is too early. */
function retriesOf(connections: Connections, row: Row): number {
  const {
    table,
    ticks,
    timers: { tick },
    sysctl,
  } = connections;
  const refresh = sysctl.sync_refresh_period * ticks.hz;
  const timeout = table.rows.timeout(row);
  const before = table.rows.toldEnd(row);
  const shortest = Math.min(refresh, Math.max(timeout / 2, SHORTEST_HALF_SECONDS * ticks.hz));
  // Differences of ticks that are counted modulo 2^32.
  if (Math.abs((endOf(connections, row) - before) | 0) >= shortest) return 0;
  const retries = before & RETRIES;
  const isTooEarly = ((tick - (before - timeout + Math.floor(refresh / 8))) | 0) < 0;
  return retries >= sysctl.sync_retries || isTooEarly ? -1 : retries + 1;
}

function told(connections: Connections, row: Row, retries: number): boolean {
  const { rows } = connections.table;
  rows.setToldState(row, rows.state(row));
  rows.setToldEnd(row, endOf(connections, row) + retries);
  return true;
}
