/**
 * Writes a connection down as a record of a synchronisation message: of both versions for a master, with all that there is to
 * say in a snapshot. Mirrors ip_vs_sync_conn and ip_vs_sync_conn_v0 of net/netfilter/ipvs/ip_vs_sync.c.
 */
import { AF_INET, AF_INET6, type Family } from "../../wire/address.ts";
import { type AddressHandle, familyOf } from "../../wire/address-table.ts";
import { ANSWERS_TO_LOCAL, HASHED, type Row } from "../connection-rows.ts";
import type { Connections } from "../connections.ts";
import {
  ADDRESSES,
  ADDRESSES_V0,
  RECORD_IPV4,
  RECORD_IPV6,
  RECORD_V0,
  SEQUENCES_FLAGS,
  SIZE_MASK,
  TYPE_IPV6,
} from "./message.ts";
import {
  LOCAL,
  OPTION_ENGINE_DATA,
  OPTION_ENGINE_NAME,
  OPTION_HEADER,
  OPTION_LOCAL,
  OPTION_SEQUENCES,
  SEQUENCES,
} from "./options.ts";

/** The kernel's own flags of a connection; above them are those of ours. */
export const KERNEL_FLAGS = 0x1ffff;
/** ::ffff:0:0/96, for an IPv4 address among IPv6 ones. */
const MAPPED = 0xffff;

const widthOf = (family: Family): number => (family === AF_INET ? 4 : 16);

export function sizeOfRecordV0({ table }: Connections, row: Row): number {
  return RECORD_V0 + ((table.rows.flags(row) & SEQUENCES_FLAGS) === 0 ? 0 : SEQUENCES);
}

export function sizeOfRecord(connections: Connections, row: Row): number {
  const { rows } = connections.table;
  const flags = rows.flags(row);
  const family = recordFamily(connections, row);
  const plain = family === AF_INET ? RECORD_IPV4 : RECORD_IPV6;
  const sequences = (flags & SEQUENCES_FLAGS) === 0 ? 0 : OPTION_HEADER + SEQUENCES;
  const named = rows.extras(row)?.engineData;
  const engine = named === undefined ? 0 : 2 * OPTION_HEADER + named.data.length + named.engine.name.length;
  const local = (flags & ANSWERS_TO_LOCAL) === 0 ? 0 : OPTION_HEADER + LOCAL + widthOf(family);
  return plain + sequences + engine + local;
}

/** IPv6 as soon as one of the ends is; an IPv4 one is written as a mapped address then. Linux synchronises no such connections. */
function recordFamily({ table: { rows } }: Connections, row: Row): Family {
  const isIpv4 = familyOf(rows.clientAddress(row)) === AF_INET && familyOf(rows.destinationAddress(row)) === AF_INET;
  return isIpv4 ? AF_INET : AF_INET6;
}

/** Version 1. Where the next byte goes: less than `size` further on where options are to follow. */
export function writeRecord(connections: Connections, row: Row, size: number, view: DataView, at: number): number {
  const { rows } = connections.table;
  const family = recordFamily(connections, row);
  view.setUint8(at, family === AF_INET ? 0 : TYPE_IPV6);
  view.setUint8(at + 1, rows.protocol(row));
  view.setUint16(at + 2, size & SIZE_MASK);
  view.setUint32(at + 4, rows.flags(row) & KERNEL_FLAGS & ~HASHED);
  view.setUint16(at + 8, rows.state(row));
  view.setUint16(at + 10, rows.clientPort(row));
  view.setUint16(at + 12, rows.virtualPort(row));
  view.setUint16(at + 14, rows.destinationPort(row));
  view.setUint32(at + 16, rows.fwmark(row));
  view.setUint32(at + 20, Math.floor(rows.timeout(row) / connections.ticks.hz));
  return writeOptions(connections, row, view, writeAddresses(connections, row, family, view, at + ADDRESSES));
}

/** Version 0, IPv4 only: flags and state stand behind the addresses. */
export function writeRecordV0(connections: Connections, row: Row, view: DataView, at: number): void {
  const { rows } = connections.table;
  view.setUint8(at + 1, rows.protocol(row));
  view.setUint16(at + 2, rows.clientPort(row));
  view.setUint16(at + 4, rows.virtualPort(row));
  view.setUint16(at + 6, rows.destinationPort(row));
  writeAddresses(connections, row, AF_INET, view, at + ADDRESSES_V0);
  view.setUint16(at + 20, rows.flags(row) & 0xffff & ~HASHED);
  view.setUint16(at + 22, rows.state(row));
  // In the host's byte order: here little-endian, as most are.
  if ((rows.flags(row) & SEQUENCES_FLAGS) !== 0) writeSequences(connections, row, view, at + RECORD_V0, true);
}

function writeAddresses(connections: Connections, row: Row, family: Family, view: DataView, at: number): number {
  const { rows } = connections.table;
  const width = widthOf(family);
  writeAddress(connections, rows.clientAddress(row), family, view, at);
  writeAddress(connections, rows.virtualAddress(row), family, view, at + width);
  writeAddress(connections, rows.destinationAddress(row), family, view, at + 2 * width);
  return at + 3 * width;
}

function writeAddress(
  { addresses }: Connections,
  address: AddressHandle,
  family: Family,
  view: DataView,
  at: number,
): void {
  if (familyOf(address) === family) {
    addresses.write(view, at, address);
    return;
  }
  view.setUint32(at, 0);
  view.setUint32(at + 4, 0);
  view.setUint32(at + 8, MAPPED);
  addresses.write(view, at + 12, address);
}

/** The address that writeAddress has written. A mapped one is IPv4's where records are our own (`unmapped`). */
export function readAddress(
  { addresses }: Pick<Connections, "addresses">,
  family: Family,
  view: DataView,
  at: number,
  unmapped: boolean,
): AddressHandle {
  if (family === AF_INET) return addresses.ofIpv4(view.getInt32(at));
  const isMapped =
    unmapped && view.getUint32(at + 8) === MAPPED && view.getUint32(at) === 0 && view.getUint32(at + 4) === 0;
  return isMapped ? addresses.ofIpv4(view.getInt32(at + 12)) : addresses.ofIpv6At(view, at);
}

function writeOptions(connections: Connections, row: Row, view: DataView, at: number): number {
  const { rows } = connections.table;
  let next = at;
  if ((rows.flags(row) & SEQUENCES_FLAGS) !== 0) {
    next = writeOptionHead(view, next, OPTION_SEQUENCES, SEQUENCES);
    next = writeSequences(connections, row, view, next, false);
  }
  const named = rows.extras(row)?.engineData;
  if (named !== undefined) {
    next = writeBytes(view, writeOptionHead(view, next, OPTION_ENGINE_DATA, named.data.length), named.data);
    const name = Uint8Array.from(named.engine.name, (letter) => letter.charCodeAt(0));
    next = writeBytes(view, writeOptionHead(view, next, OPTION_ENGINE_NAME, name.length), name);
  }
  return (rows.flags(row) & ANSWERS_TO_LOCAL) === 0 ? next : writeLocal(connections, row, view, next);
}

function writeLocal(connections: Connections, row: Row, view: DataView, at: number): number {
  const { rows } = connections.table;
  const family = recordFamily(connections, row);
  const value = writeOptionHead(view, at, OPTION_LOCAL, LOCAL + widthOf(family));
  view.setUint16(value, rows.localPort(row));
  view.setUint16(value + 2, 0);
  view.setUint32(value + 4, rows.sequenceDelta(row));
  view.setUint32(value + 8, rows.firstData(row));
  writeAddress(connections, rows.localAddress(row), family, view, value + LOCAL);
  return value + LOCAL + widthOf(family);
}

/** differs: before 6.1.190 and 6.12.111 the kernel sends what happens to stand in its buffer, and loses its own numbers. */
function writeSequences({ table }: Connections, row: Row, view: DataView, at: number, littleEndian: boolean): number {
  const sequences = table.rows.extras(row)?.sequences;
  for (let word = 0; word < SEQUENCES / 4; word++) view.setUint32(at + word * 4, sequences?.[word] ?? 0, littleEndian);
  return at + SEQUENCES;
}

/** Where its value goes. */
export function writeOptionHead(view: DataView, at: number, type: number, length: number): number {
  view.setUint8(at, type);
  view.setUint8(at + 1, length);
  return at + OPTION_HEADER;
}

function writeBytes(view: DataView, at: number, bytes: Uint8Array): number {
  for (const [index, byte] of bytes.entries()) view.setUint8(at + index, byte);
  return at + bytes.length;
}
