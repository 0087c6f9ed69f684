/** Entries of the connection table as listings see them (ip_vs_conn.c: ip_vs_conn_seq_show). */
import { NONE, TEMPLATE } from "../ipvs/connection-rows.ts";
import { type Connections, TEMPLATE_STATE_NAMES } from "../ipvs/connections.ts";
import { TCP_STATE_NAMES } from "../ipvs/protocols/tcp-states.ts";
import { protocolName, SCTP, TCP, UDP } from "../ipvs/service.ts";
import { type Address, ipv4 } from "../wire/address.ts";

/** Of an entry that stands for a firewall mark instead of a protocol. */
const IPPROTO_IP = 0;

/** ip_vs_proto_sctp.c: sctp_state_name_table. */
const SCTP_STATE_NAMES: readonly string[] = [
  "NONE",
  "INIT1",
  "INIT",
  "C-SENT",
  "C-REPLIED",
  "C-WAIT",
  "COOKIE",
  "C-ECHOED",
  "ESTABLISHED",
  "S-SENT",
  "S-RECEIVED",
  "S-ACK-SENT",
  "REJECTED",
  "CLOSED",
];

export interface EntryEnd {
  readonly address: Address;
  readonly port: number;
}

export interface ConnectionEntry {
  readonly protocol: number;
  readonly protocolName: string;
  readonly state: string;
  readonly isTemplate: boolean;
  readonly client: EntryEnd;
  /** A firewall mark's template has the mark in place of the address. */
  readonly virtual: EntryEnd;
  readonly destination: EntryEnd;
  /** FULLNAT: where the connection leaves the director from. */
  readonly local: EntryEnd | undefined;
  /** The forwarding method, as numbered in destination.ts. */
  readonly forwarding: number;
  /** Whole seconds until its time is up. */
  readonly secondsLeft: number;
}

/** Every connection and template, in no order that means anything. One-packet connections are never among them. */
export function connectionEntries(connections: Connections): ConnectionEntry[] {
  const entries: ConnectionEntry[] = [];
  connections.table.forEach((row) => {
    entries.push(entryOf(connections, row));
  });
  return entries;
}

function entryOf(connections: Connections, row: number): ConnectionEntry {
  const { rows } = connections.table;
  const isTemplate = (rows.flags(row) & TEMPLATE) !== 0;
  const protocol = rows.protocol(row);
  return {
    protocol,
    protocolName: protocol === IPPROTO_IP ? "IP" : protocolName(protocol),
    state: isTemplate ? templateState(rows.state(row)) : stateName(protocol, rows.state(row)),
    isTemplate,
    client: { address: ipv4(rows.clientAddress(row)), port: rows.clientPort(row) },
    virtual: { address: ipv4(rows.virtualAddress(row)), port: rows.virtualPort(row) },
    destination: { address: ipv4(rows.destinationAddress(row)), port: rows.destinationPort(row) },
    local:
      rows.localIndex(row) === NONE ? undefined : { address: ipv4(rows.localAddress(row)), port: rows.localPort(row) },
    forwarding: connections.forwardingOf(row),
    secondsLeft: connections.secondsLeft(row),
  };
}

const templateState = (state: number): string => TEMPLATE_STATE_NAMES[state] ?? "ERR!";

function stateName(protocol: number, state: number): string {
  if (protocol === UDP) return "UDP";
  const names = protocol === TCP ? TCP_STATE_NAMES : protocol === SCTP ? SCTP_STATE_NAMES : ["NONE"];
  return names[state] ?? "ERR!";
}
