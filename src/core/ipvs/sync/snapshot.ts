/**
 * All connections as a master would tell of them, and with each what no other director needs: how long it has to live, who
 * controls it, how far its numbers are shifted. A director that starts again takes them over.
 *
 *   a snapshot   messages of version 1, one behind the other, whose records have the option `life` last (options.ts)
 */
import type { Microseconds, Ticks } from "../../time/kernel-ticks.ts";
import { HASHED, NONE, type Row } from "../connection-rows.ts";
import type { Connections } from "../connections.ts";
import { MESSAGE_COUNT, MESSAGE_HEADER, MESSAGE_SIZE, MESSAGE_VERSION, SYNC_VERSION } from "./message.ts";
import { LIFE, OPTION_HEADER, OPTION_LIFE } from "./options.ts";
import { KERNEL_FLAGS, sizeOfRecord, writeOptionHead, writeRecord } from "./record.ts";

/** Offsets in the option `life`. */
export const LIFE_FLAGS = 0;
export const LIFE_LEFT = 4;
export const LIFE_TIMEOUT = 8;
export const LIFE_PACKETS = 12;
export const LIFE_NUMBER = 16;
export const LIFE_CONTROLLER = 20;
export const LIFE_HELPER = 24;
export const LIFE_SHIFTS = 28;

const LARGEST_MESSAGE = 0xffff;
const MOST_RECORDS = 255;
/** No record is longer (SIZE_MASK). */
const LONGEST_RECORD = 0xfff;

/** A part of a snapshot. */
export interface SnapshotPart {
  /** Whole messages. */
  readonly bytes: Uint8Array;
  /** Where the next part begins; NONE behind the last one. */
  readonly next: Row;
  /** Of which arrangement of the rows; if another part has another one, they do not belong together. */
  readonly arrangement: number;
  readonly connections: number;
}

/** What stands over the parts of a snapshot. */
export interface SnapshotTime {
  /** Ticks a second, in which times are counted. */
  readonly hz: number;
  /** Microseconds since it was taken. */
  readonly elapsed: Microseconds;
}

/** Writes down the connections of at most `most` rows from `from` on: as many as packets may wait for. */
export function takeSnapshot(connections: Connections, from: Row, most: number): SnapshotPart {
  const { rows } = connections.table;
  const end = Math.min(rows.end, from + most);
  const messages: Uint8Array[] = [];
  let message = beginMessage();
  let length = MESSAGE_HEADER;
  let count = 0;
  let written = 0;
  const finish = (): void => {
    message.setUint16(MESSAGE_SIZE, length);
    message.setUint8(MESSAGE_COUNT, count);
    if (count > 0) messages.push(new Uint8Array(message.buffer, 0, length));
  };
  for (let row = from; row < end; row++) {
    if (!rows.inUse(row) || (rows.flags(row) & HASHED) === 0) continue;
    if (count === MOST_RECORDS || length + LONGEST_RECORD + 3 > LARGEST_MESSAGE) {
      finish();
      message = beginMessage();
      length = MESSAGE_HEADER;
      count = 0;
    }
    length = (length + 3) & ~3;
    length += writeWithLife(connections, row, message, length);
    count++;
    written++;
  }
  finish();
  const next = end < rows.end ? end : NONE;
  return { bytes: joined(messages), next, arrangement: connections.table.arrangement, connections: written };
}

function beginMessage(): DataView {
  const view = new DataView(new ArrayBuffer(LARGEST_MESSAGE));
  view.setUint8(MESSAGE_VERSION, SYNC_VERSION);
  return view;
}

/** The length of the record. */
function writeWithLife(connections: Connections, row: Row, view: DataView, at: number): number {
  const size = sizeOfRecord(connections, row) + OPTION_HEADER + LIFE;
  const next = writeRecord(connections, row, size, view, at);
  writeLife(connections, row, view, writeOptionHead(view, next, OPTION_LIFE, LIFE));
  return size;
}

function writeLife(connections: Connections, row: Row, view: DataView, at: number): void {
  const { rows } = connections.table;
  const extras = rows.extras(row);
  view.setUint32(at + LIFE_FLAGS, rows.flags(row) & KERNEL_FLAGS & ~HASHED);
  view.setUint32(at + LIFE_LEFT, asTicks(connections.timers.ticksLeft(row)));
  view.setUint32(at + LIFE_TIMEOUT, rows.timeout(row));
  view.setUint32(at + LIFE_PACKETS, rows.inPackets(row));
  view.setInt32(at + LIFE_NUMBER, row);
  view.setInt32(at + LIFE_CONTROLLER, rows.control(row));
  view.setUint32(at + LIFE_HELPER, extras?.appState ?? 0);
  const { inShift, outShift } = extras?.tracking ?? extras?.shifts ?? {};
  for (const [index, shift] of [inShift, outShift].entries()) {
    const of = at + LIFE_SHIFTS + index * 12;
    view.setUint32(of, shift?.position ?? 0);
    view.setInt32(of + 4, shift?.after ?? 0);
    view.setInt32(of + 8, shift?.before ?? 0);
  }
}

const asTicks = (left: Ticks): number => Math.min(left, 0xffffffff);

function joined(messages: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(messages.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const message of messages) {
    bytes.set(message, at);
    at += message.length;
  }
  return bytes;
}
