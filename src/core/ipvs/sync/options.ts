/**
 * Options of a record of version 1: the kernel's, and two of ours (net/netfilter/ipvs/ip_vs_sync.c: ip_vs_proc_sync_conn).
 *
 *   an option     type (1)  length (1)  value
 *   sequences     initial number, delta, delta before: of requests, and of answers (24)
 *   local         local port (2)  0 (2)  sequence delta (4)  first data (4)  local address (4 or 16)
 *   life          flags (4)  ticks left (4)  timeout in ticks (4)  packets (4)  number (4)  number of the controller (4)
 *                 state of the helper (4)  shifts of the helper (24)
 *
 * differs: Linux has no FULLNAT, nor have the messages of alibaba/LVS and DPVS a place for local addresses. A record with one
 * of our options is one that Linux passes over, and it reads on behind it.
 */
import type { SyncRefusal } from "../../trace/events.ts";
import { AF_INET } from "../../wire/address.ts";
import type { SyncRecord } from "./message.ts";

export const OPTION_SEQUENCES = 1;
export const OPTION_ENGINE_DATA = 2;
export const OPTION_ENGINE_NAME = 3;
export const OPTION_HEADER = 2;
/** Who does not know an option that has this bit skips it. */
const SKIPPABLE = 0x40;
const LONGEST_ENGINE_NAME = 16;
/** Sequence numbers: three words of each direction. */
export const SEQUENCES = 24;
/** FULLNAT: where the connection leaves the director from. */
export const OPTION_LOCAL = 0x20;
/** In a snapshot only: what no other director needs to know. */
export const OPTION_LIFE = 0x21;
/** Bytes of a local end before its address. */
export const LOCAL = 12;
export const LIFE = 52;

/** Reads what stands between the addresses of a record and its end. */
export function readOptions(view: DataView, first: number, end: number, record: SyncRecord): SyncRefusal | undefined {
  record.sequences = -1;
  record.engineData = undefined;
  record.engineName = "";
  record.local = -1;
  record.life = -1;
  let next = first;
  while (next < end) {
    if (next + OPTION_HEADER > end) return "optionCut";
    const type = view.getUint8(next);
    const length = view.getUint8(next + 1);
    const at = next + OPTION_HEADER;
    next = at + length;
    if (length === 0 || next > end) return "optionLength";
    const fault = readOption(view, type, at, length, record);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function readOption(
  view: DataView,
  type: number,
  at: number,
  length: number,
  record: SyncRecord,
): SyncRefusal | undefined {
  const bytes = (): Uint8Array => new Uint8Array(view.buffer, view.byteOffset + at, length);
  switch (type & ~SKIPPABLE) {
    case OPTION_SEQUENCES:
      if (length !== SEQUENCES || record.sequences >= 0) return "optionSequences";
      record.sequences = at;
      return undefined;
    case OPTION_ENGINE_DATA:
      if (record.engineData !== undefined) return "optionEngine";
      record.engineData = bytes().slice();
      return undefined;
    case OPTION_ENGINE_NAME:
      if (length > LONGEST_ENGINE_NAME || record.engineName !== "") return "optionEngine";
      record.engineName = String.fromCharCode(...bytes());
      return undefined;
    case OPTION_LOCAL:
      if (record.local >= 0 || length !== LOCAL + (record.family === AF_INET ? 4 : 16)) return "optionLocal";
      record.local = at;
      return undefined;
    case OPTION_LIFE:
      if (record.life >= 0 || length !== LIFE) return "optionUnknown";
      record.life = at;
      return undefined;
    default:
      return (type & SKIPPABLE) === 0 ? "optionUnknown" : undefined;
  }
}
