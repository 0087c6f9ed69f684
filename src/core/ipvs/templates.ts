/**
 * Entries that control others: a persistent client's template its connections, an FTP control connection its data
 * connections. Mirrors net/netfilter/ipvs/ip_vs_conn.c; which template a client gets is persistence.ts.
 */
import { NONE, type Row, TEMPLATE } from "./connection-rows.ts";
import type { ConnectionTable } from "./connection-table.ts";
import type { ConnectionRows } from "./table-rows.ts";

/** The bit of a template's state that says that a connection under it was answered (IP_VS_CTPL_S_ASSURED). */
const TEMPLATE_ASSURED = 1;
/** By state. A packet to the client's port 0 finds a template and moves it on like a connection: then it is none of these. */
export const TEMPLATE_STATE_NAMES: readonly string[] = ["NONE", "ASSURED"];

/** Puts an entry under another that controls it (ip_vs_control_add). */
export function addControl(rows: ConnectionRows, row: Row, controller: Row): void {
  rows.setControl(row, controller);
  rows.setControlled(controller, rows.controlled(controller) + 1);
}

/** Takes an entry from under the one that controls it (ip_vs_control_del). */
export function endControl(rows: ConnectionRows, row: Row, controller: Row): void {
  rows.setControl(row, NONE);
  rows.setControlled(controller, rows.controlled(controller) - 1);
}

/** Marks the template over a connection as assured, if there is one; what else its state says stays (ip_vs_control_assure_ct). */
export function assureTemplate(rows: ConnectionRows, row: Row): void {
  const template = rows.control(row);
  if (template === NONE || (rows.flags(template) & TEMPLATE) === 0) return;
  rows.setState(template, rows.state(template) | TEMPLATE_ASSURED);
}

export const isAssuredTemplate = (rows: ConnectionRows, row: Row): boolean =>
  (rows.flags(row) & TEMPLATE) !== 0 && (rows.state(row) & TEMPLATE_ASSURED) !== 0;

/**
 * A template that may not be used any more stays with its children, under a name that matches nobody (ip_vs_check_template).
 * @ipvs #Y persistence "A template whose server is gone, or quiesced with expire_quiescent_template, is renamed to port 65535"
 */
export function invalidateTemplate(table: ConnectionTable, row: Row): void {
  const { rows } = table;
  if (!table.remove(row)) return;
  rows.setDestinationPort(row, 0xffff);
  rows.setVirtualPort(row, 0xffff);
  rows.setClientPort(row, 0);
  table.insert(row);
}
