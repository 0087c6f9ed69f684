/** Entries of the connection table as listings see them (ip_vs_conn.c: ip_vs_conn_seq_show). */
import { NONE, type Row, SYNCHRONIZED, TEMPLATE } from "../ipvs/connection-rows.ts";
import type { Connections } from "../ipvs/connections.ts";
import { protocolName } from "../ipvs/protocols/protocols.ts";
import { stateOf } from "../ipvs/views.ts";
import type { Address } from "../wire/address.ts";

export interface EntryEnd {
  readonly address: Address;
  readonly port: number;
}

export interface ConnectionEntry {
  readonly protocol: number;
  readonly protocolName: string;
  readonly state: string;
  readonly isTemplate: boolean;
  /** A master told of it (IP_VS_CONN_F_SYNC). */
  readonly isSynchronized: boolean;
  readonly client: EntryEnd;
  /** A firewall mark's template has the mark in place of the address. */
  readonly virtual: EntryEnd;
  readonly destination: EntryEnd;
  /** FULLNAT: where the connection leaves the director from. */
  readonly local: EntryEnd | undefined;
  /** The forwarding method's name, `Masq`. */
  readonly method: string;
  /** What a persistence engine named the template by. */
  readonly engine: { readonly name: string; readonly data: string } | undefined;
  /** Whole seconds until its time is up. */
  readonly secondsLeft: number;
}

const MILLISECONDS = 1000;

/**
 * The same as the kernel lists it: it counts in milliseconds of 32 bits (jiffies_delta_to_msecs), so that a time of more than 49 days begins again
 * at 0. No packet makes such a time; a master can tell one.
 */
export const secondsListed = ({ secondsLeft }: ConnectionEntry): number =>
  Math.floor(((secondsLeft * MILLISECONDS) % 2 ** 32) / MILLISECONDS);

/** Every connection and template, in no order that means anything. One-packet connections are never among them. */
export function connectionEntries(connections: Connections): ConnectionEntry[] {
  const entries: ConnectionEntry[] = [];
  connections.table.forEach((row) => {
    entries.push(entryOf(connections, row));
  });
  return entries;
}

function entryOf(connections: Connections, row: Row): ConnectionEntry {
  const { rows } = connections.table;
  const { addresses } = connections;
  const flags = rows.flags(row);
  const protocol = rows.protocol(row);
  return {
    protocol,
    protocolName: protocolName(protocol),
    state: stateOf(connections, row),
    isTemplate: (flags & TEMPLATE) !== 0,
    isSynchronized: (flags & SYNCHRONIZED) !== 0,
    client: { address: addresses.value(rows.clientAddress(row)), port: rows.clientPort(row) },
    virtual: { address: addresses.value(rows.virtualAddress(row)), port: rows.virtualPort(row) },
    destination: { address: addresses.value(rows.destinationAddress(row)), port: rows.destinationPort(row) },
    local:
      rows.localIndex(row) === NONE
        ? undefined
        : { address: addresses.value(rows.localAddress(row)), port: rows.localPort(row) },
    method: connections.methodOf(row).name,
    engine: engineOf(connections, row),
    secondsLeft: connections.timers.secondsLeft(row),
  };
}

function engineOf({ table: { rows } }: Connections, row: Row): ConnectionEntry["engine"] {
  const named = rows.extras(row)?.engineData;
  return named && { name: named.engine.name, data: named.engine.show(named.data) };
}
