/**
 * Synchronisation messages in place, versions 0 and 1: read record by record, and written.
 * Mirrors net/netfilter/ipvs/ip_vs_sync.c: struct ip_vs_sync_mesg, ip_vs_sync_v4, ip_vs_sync_v6, ip_vs_process_message.
 *
 *   version 1   0 (1)  SyncID (1)  size (2)  records (1)  1 (1)  0 (2), then records, each on a multiple of 4 bytes
 *   a record    type (1)  protocol (1)  version and size (2)  flags (4)  state (2)  client, virtual and destination port (2 each)
 *               firewall mark (4)  timeout in seconds (4)  client, virtual and destination address  options
 *   version 0   records (1)  SyncID (1)  size (2), then records of 24 bytes, of 48 with sequence numbers; IPv4 only
 *   a record    0 (1)  protocol (1)  three ports  three addresses  flags (2)  state (2)  sequence numbers (24)
 */
import type { SyncRefusal } from "../../trace/events.ts";
import { AF_INET, AF_INET6, type Family } from "../../wire/address.ts";
import { readOptions, SEQUENCES } from "./options.ts";

export const SYNC_VERSION = 1;
export const MESSAGE_HEADER = 8;
export const MESSAGE_HEADER_V0 = 4;
export const MESSAGE_SYNC_ID = 1;
export const MESSAGE_SIZE = 2;
/** Of version 1; in version 0 the first byte. */
export const MESSAGE_COUNT = 4;
export const MESSAGE_VERSION = 5;
const MESSAGE_SPARE = 6;

/** Where the addresses begin in a record of version 1, and the lengths of records without options. */
export const ADDRESSES = 24;
export const ADDRESSES_V0 = 8;
export const RECORD_IPV4 = 36;
export const RECORD_IPV6 = 72;
export const RECORD_V0 = 24;
export const TYPE_IPV6 = 1;
export const SIZE_MASK = 0x0fff;

/** IP_VS_CONN_F_IN_SEQ and OUT_SEQ: the record tells sequence numbers. */
export const SEQUENCES_FLAGS = 0x0600;
/** What a backup takes over of a record's flags (IP_VS_CONN_F_BACKUP_MASK). */
const TAKEN_FLAGS = 0x1f87;
const HASHED_FLAG = 0x40;
const ONE_PACKET_FLAG = 0x2000;

/** A record as it was read; borrowed, as one object serves all. Addresses are offsets in `view`. */
export class SyncRecord {
  view: DataView = new DataView(new ArrayBuffer(0));
  family: Family = AF_INET;
  protocol = 0;
  flags = 0;
  state = 0;
  clientPort = 0;
  virtualPort = 0;
  destinationPort = 0;
  fwmark = 0;
  /** Seconds; 0 if the message does not say. */
  timeoutSeconds = 0;
  client = 0;
  virtual = 0;
  destination = 0;
  /** Offset of the sequence numbers; -1 if there are none. In version 0 they are in the sender's byte order. */
  sequences = -1;
  engineData: Uint8Array | undefined = undefined;
  engineName = "";
  /** FULLNAT: offset of the local end; -1 if there is none. */
  local = -1;
  /** In a snapshot: offset of what is left of its life; -1 elsewhere. */
  life = -1;
}

export interface SyncListener {
  /** A sound record. */
  record(record: SyncRecord): void;
  /** A record that is passed over. */
  refused(why: SyncRefusal): void;
}

/** Whose message is heard: 0 for anybody's. */
export const ANY_SYNC_ID = 0;

/**
 * Reads a message of `view`'s length, in the kernel's order (ip_vs_process_message): nothing of it is believed. Why it, or
 * the rest of it, is not taken; `undefined` if it was read to its end.
 * @ipvs #Y sync "A message is refused by its length, its SyncID, and then record by record: a broken record ends the message, an unknown one is skipped"
 */
export function readMessage(
  view: DataView,
  syncId: number,
  record: SyncRecord,
  listener: SyncListener,
): SyncRefusal | undefined {
  const length = view.byteLength;
  if (length < MESSAGE_HEADER_V0) return "short";
  if (view.getUint16(MESSAGE_SIZE) !== length) return "size";
  if (syncId !== ANY_SYNC_ID && view.getUint8(MESSAGE_SYNC_ID) !== syncId) return "syncId";
  record.view = view;
  return isVersion1(view) ? readRecords(view, record, listener) : readRecordsV0(view, record, listener);
}

/** All else is taken for version 0, whose receivers see no record in a message of version 1. */
export const isVersion1 = (view: DataView): boolean =>
  view.byteLength >= MESSAGE_HEADER &&
  view.getUint8(0) === 0 &&
  view.getUint8(MESSAGE_VERSION) === SYNC_VERSION &&
  view.getUint16(MESSAGE_SPARE) === 0;

function readRecords(view: DataView, record: SyncRecord, listener: SyncListener): SyncRefusal | undefined {
  const end = view.byteLength;
  let at = MESSAGE_HEADER;
  for (let count = view.getUint8(MESSAGE_COUNT); count > 0; count--) {
    if (at + RECORD_IPV4 > end) return "recordCut";
    const sizeAndVersion = view.getUint16(at + 2);
    const size = sizeAndVersion & SIZE_MASK;
    if (at + size > end) return "recordBeyond";
    if (sizeAndVersion !== size) return "recordVersion";
    const fault = readRecord(view, at, at + size, record);
    if (fault === undefined) listener.record(record);
    else if (fault === "optionUnknown") listener.refused(fault);
    else return fault;
    at += (size + 3) & ~3;
  }
  return undefined;
}

/** ip_vs_proc_sync_conn. */
function readRecord(view: DataView, at: number, end: number, record: SyncRecord): SyncRefusal | undefined {
  const type = view.getUint8(at);
  if ((type & TYPE_IPV6) === 0 && type !== 0) return "recordType";
  const family = type === 0 ? AF_INET : AF_INET6;
  const width = family === AF_INET ? 4 : 16;
  const options = at + ADDRESSES + 3 * width;
  if (options > end) return "addressesCut";
  record.family = family;
  record.protocol = view.getUint8(at + 1);
  record.flags = view.getUint32(at + 4) & TAKEN_FLAGS;
  record.state = view.getUint16(at + 8);
  record.clientPort = view.getUint16(at + 10);
  record.virtualPort = view.getUint16(at + 12);
  record.destinationPort = view.getUint16(at + 14);
  record.fwmark = view.getUint32(at + 16);
  record.timeoutSeconds = view.getUint32(at + 20);
  record.client = at + ADDRESSES;
  record.virtual = record.client + width;
  record.destination = record.virtual + width;
  return readOptions(view, options, end, record);
}

/** ip_vs_process_message_v0: neither timeouts nor marks, and a service of a mark is not found. */
function readRecordsV0(view: DataView, record: SyncRecord, listener: SyncListener): SyncRefusal | undefined {
  const end = view.byteLength;
  let at = MESSAGE_HEADER_V0;
  record.family = AF_INET;
  record.fwmark = 0;
  record.timeoutSeconds = 0;
  record.local = -1;
  record.life = -1;
  record.engineData = undefined;
  record.engineName = "";
  for (let count = view.getUint8(0); count > 0; count--) {
    if (at + RECORD_V0 > end) return "recordCut";
    record.protocol = view.getUint8(at + 1);
    record.clientPort = view.getUint16(at + 2);
    record.virtualPort = view.getUint16(at + 4);
    record.destinationPort = view.getUint16(at + 6);
    record.client = at + ADDRESSES_V0;
    record.virtual = record.client + 4;
    record.destination = record.virtual + 4;
    record.flags = view.getUint16(at + 20) & ~(HASHED_FLAG | ONE_PACKET_FLAG);
    record.state = view.getUint16(at + 22);
    at += RECORD_V0;
    record.sequences = (record.flags & SEQUENCES_FLAGS) === 0 ? -1 : at;
    if (record.sequences >= 0) at += SEQUENCES;
    if (at > end) return "recordCut";
    listener.record(record);
  }
  return undefined;
}

/** Messages without a record: a backup asks for all connections, a master has told of all. differs: to Linux they say nothing. */
export const requestMessage = (syncId: number): Uint8Array => withoutRecord(syncId, MESSAGE_HEADER);

/** Behind the header of the latter stands how many it has told of (4). */
export const endMessage = (syncId: number, connections: number): Uint8Array =>
  withoutRecord(syncId, END_LENGTH, connections);
export const connectionsAtEnd = (view: DataView): number => view.getUint32(MESSAGE_HEADER);

const END_LENGTH = MESSAGE_HEADER + 4;

function withoutRecord(syncId: number, length: number, connections?: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(length));
  if (connections !== undefined) view.setUint32(MESSAGE_HEADER, connections);
  view.setUint8(MESSAGE_SYNC_ID, syncId);
  view.setUint16(MESSAGE_SIZE, length);
  view.setUint8(MESSAGE_VERSION, SYNC_VERSION);
  return new Uint8Array(view.buffer);
}

const isWithoutRecord = (view: DataView, syncId: number, length: number): boolean =>
  view.byteLength === length &&
  isVersion1(view) &&
  view.getUint8(MESSAGE_COUNT) === 0 &&
  view.getUint8(MESSAGE_SYNC_ID) === syncId;

export const isRequest = (view: DataView, syncId: number): boolean => isWithoutRecord(view, syncId, MESSAGE_HEADER);
export const isEnd = (view: DataView, syncId: number): boolean => isWithoutRecord(view, syncId, END_LENGTH);
