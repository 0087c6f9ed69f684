/**
 * The local end of a FULLNAT connection that is told of: its local address and port, and the numbers of its segments.
 * differs: Linux has no FULLNAT; alibaba/LVS and iqiyi/dpvs synchronise none of its connections.
 */
import type { AddressHandle } from "../../wire/address-table.ts";
import type { Row } from "../connection-rows.ts";
import type { Destination } from "../destination.ts";
import type { LocalAddress } from "../local-address.ts";
import type { VirtualServer } from "../virtual-server.ts";
import { isFullnat } from "./find-destination.ts";
import type { SyncRecord } from "./message.ts";
import { LOCAL } from "./options.ts";
import { readAddress } from "./record.ts";

const DELTA = 4;
const FIRST_DATA = 8;

export const addressOfLocal = (server: VirtualServer, { view, family, local }: SyncRecord): AddressHandle =>
  readAddress(server, family, view, local + LOCAL, true);

export const localPortOf = ({ view, local }: SyncRecord): number => view.getUint16(local);

/**
 * The local address of that name, which the service must have here; `undefined` if it has not, or its server is reached by another
 * method. Ports that are handed out from now on are those behind the one that is told.
 */
export function localAddressOf(
  server: VirtualServer,
  record: SyncRecord,
  destination: Destination | undefined,
): LocalAddress | undefined {
  if (destination === undefined || !isFullnat(destination)) return undefined;
  const handle = addressOfLocal(server, record);
  const local = destination.service.localAddresses.find((one) => one.handle === handle);
  if (local !== undefined) local.portCounter = Math.max(0, localPortOf(record) - server.sysctl.fullnat_lport_min + 1);
  return local;
}

/** Whether the connection leaves from elsewhere than the record says: it is another one between the same ends. */
export function isOfOtherLocalEnd(server: VirtualServer, record: SyncRecord, row: Row): boolean {
  if (record.local < 0) return false;
  const { rows } = server.connections.table;
  return rows.localPort(row) !== localPortOf(record) || rows.localAddress(row) !== addressOfLocal(server, record);
}

export function copyNumbers(server: VirtualServer, { view, local }: SyncRecord, row: Row): void {
  const { rows } = server.connections.table;
  rows.setSequenceDelta(row, view.getUint32(local + DELTA));
  rows.setFirstData(row, view.getUint32(local + FIRST_DATA));
}
