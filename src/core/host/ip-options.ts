/** IPv4 options (RFC 791, section 3.1): what they ask for when a packet arrives, and what becomes of them in fragments. net/ipv4/ip_options.c. */
import { finishHeader, headerLength, IPV4_HEADER } from "../wire/ipv4.ts";

const END = 0;
const NO_OPERATION = 1;
const RECORD_ROUTE = 7;
const TIMESTAMP = 68;
const LOOSE_SOURCE_ROUTE = 131;
const STRICT_SOURCE_ROUTE = 137;
const ROUTER_ALERT = 148;
/** Set in the type of an option that every fragment carries. */
const COPIED = 0x80;
/** An option's parts: type, length, and in some a pointer, 1 for the type, to what is to be filled in next. */
const LENGTH = 1;
const POINTER = 2;

/** What `obeyOptions` says of a packet that wants to choose its route itself. */
export const SOURCE_ROUTED = -1;

/**
 * Reads the options of the header at `network` and does what they ask for when a packet is for us: `address` is written
 * into a record route; nothing if it is `undefined`, the packet passes. 0 if they are sound, SOURCE_ROUTED, or the offset from the header's start of the first byte that is wrong
 * (ip_options_compile). The header's checksum stays as it was.
 * @ipvs #P[timestamps are not filled in, and options not echoed in what the host answers itself] director "IP options: record routes are filled in, source routes refused, faults answered by a parameter problem"
 */
export function obeyOptions(view: DataView, network: number, address: number | undefined): number {
  const end = network + headerLength(view, network);
  const seen = new Set<number>();
  let at = network + IPV4_HEADER;
  while (at < end) {
    const type = view.getUint8(at);
    if (type === END) {
      for (let rest = at; rest < end; rest++) view.setUint8(rest, END);
      break;
    }
    if (type === NO_OPERATION) {
      at++;
      continue;
    }
    const fault = at + 1 < end ? faultOf(view, at, end, seen) : at;
    if (fault !== 0) return fault - network;
    if (type === RECORD_ROUTE && address !== undefined) record(view, at, address);
    seen.add(type);
    at += view.getUint8(at + LENGTH);
  }
  return seen.has(LOOSE_SOURCE_ROUTE) || seen.has(STRICT_SOURCE_ROUTE) ? SOURCE_ROUTED : 0;
}

/** The position of what is wrong with the option at `at`; 0 if nothing is. */
function faultOf(view: DataView, at: number, end: number, seen: ReadonlySet<number>): number {
  const type = view.getUint8(at);
  const length = view.getUint8(at + LENGTH);
  if (length < 2 || at + length > end) return at;
  switch (type) {
    case LOOSE_SOURCE_ROUTE:
    case STRICT_SOURCE_ROUTE:
      return pointerFault(view, at, 3, 4) || (seen.has(LOOSE_SOURCE_ROUTE) || seen.has(STRICT_SOURCE_ROUTE) ? at : 0);
    case RECORD_ROUTE:
      return seen.has(type) ? at : pointerFault(view, at, 3, 4) || slotFault(view, at, 4);
    case TIMESTAMP:
      return seen.has(type) ? at : pointerFault(view, at, 4, 5) || slotFault(view, at, 4) || overflowFault(view, at);
    case ROUTER_ALERT:
      return length < 4 ? at + LENGTH : 0;
    default:
      return 0;
  }
}

const pointerFault = (view: DataView, at: number, shortest: number, first: number): number =>
  view.getUint8(at + LENGTH) < shortest ? at + LENGTH : view.getUint8(at + POINTER) < first ? at + POINTER : 0;

/** There is room left, but not for a whole entry. */
function slotFault(view: DataView, at: number, size: number): number {
  const [length, pointer] = [view.getUint8(at + LENGTH), view.getUint8(at + POINTER)];
  return pointer <= length && pointer + size - 1 > length ? at + POINTER : 0;
}

/** More hosts had no room for their timestamp than can be counted; with prescribed addresses nobody counts. */
function overflowFault(view: DataView, at: number): number {
  const flags = view.getUint8(at + 3);
  const isFull = view.getUint8(at + POINTER) > view.getUint8(at + LENGTH);
  return isFull && (flags & 0x0f) !== 3 && flags >> 4 === 15 ? at + 3 : 0;
}

/** Writes `address` into the record route of a packet that leaves, if it has one with room (ip_forward_options). */
export function recordRoute(view: DataView, network: number, address: number): void {
  const end = network + headerLength(view, network);
  let at = network + IPV4_HEADER;
  while (at < end) {
    const type = view.getUint8(at);
    if (type === RECORD_ROUTE) record(view, at, address);
    if (type === RECORD_ROUTE || type === END) {
      // What stood behind an end of options was blanked when the packet came, and the checksum is not right yet either.
      finishHeader(view, network);
      return;
    }
    at += type === NO_OPERATION ? 1 : view.getUint8(at + LENGTH);
  }
}

function record(view: DataView, at: number, address: number): void {
  const pointer = view.getUint8(at + POINTER);
  if (pointer > view.getUint8(at + LENGTH)) return;
  view.setUint32(at + pointer - 1, address);
  view.setUint8(at + POINTER, pointer + 4);
}

/** Overwrites with no-operations what only the first fragment carries (ip_options_fragment). */
export function blankUncopiedOptions(view: DataView, at: number, end: number): void {
  let position = at;
  while (position < end) {
    const type = view.getUint8(position);
    if (type === END) return;
    const length = type === NO_OPERATION || position + 1 >= end ? 1 : view.getUint8(position + 1);
    if (length < 1 || (type !== NO_OPERATION && length < 2) || position + length > end) return;
    if ((type & COPIED) === 0)
      for (let index = 0; index < length; index++) view.setUint8(position + index, NO_OPERATION);
    position += length;
  }
}
