/**
 * IPv4 options: what they ask for when a packet arrives, when it is sent on, and what becomes of them in fragments.
 * Mirrors net/ipv4/ip_options.c. Answers of the host's own are ip-options-echo.ts.
 */
import { finishHeader, headerLength, IPV4_HEADER } from "../wire/ipv4.ts";
import {
  CIPSO,
  COPIED,
  END,
  type Ipv4Options,
  LENGTH,
  LOOSE_SOURCE_ROUTE,
  NO_OPERATION,
  POINTER,
  PRESCRIBED,
  RECORD_ROUTE,
  ROUTER_ALERT,
  STRICT_SOURCE_ROUTE,
  TIMES,
  TIMES_AND_ADDRESSES,
  TIMESTAMP,
  TIMESTAMP_FLAGS,
} from "../wire/ipv4-options.ts";

/** What `readOptions` says of a packet that wants to choose its route itself. */
export const SOURCE_ROUTED = -1;

/** Who fills options in. */
export interface OptionWriter {
  /** The address the host has for this packet (fib_compute_spec_dst). */
  readonly address: number;
  /** Milliseconds since midnight UTC. */
  readonly time: number;
  /** Whether an address is another host's. */
  isForeign(address: number): boolean;
}

/**
 * Reads the options of the header at `network` and fills in what they ask for; what is known of them then is in `options`. 0 if they are
 * sound, SOURCE_ROUTED, or the offset from the header's start of the first byte that is wrong (ip_options_compile). The
 * header's checksum stays as it was.
 * @ipvs #Y director "IP options: record routes and timestamps are filled in, source routes refused, faults and any CIPSO answered by a parameter problem"
 */
export function readOptions(view: DataView, network: number, options: Ipv4Options, writer: OptionWriter): number {
  const end = network + headerLength(view, network);
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
    const cutOff = at + 1 >= end || view.getUint8(at + LENGTH) < 2 || at + view.getUint8(at + LENGTH) > end;
    const fault = cutOff ? at : readOption(view, at, network, options, writer);
    if (fault !== 0) return fault - network;
    at += view.getUint8(at + LENGTH);
  }
  return options.sourceRoute === 0 ? 0 : SOURCE_ROUTED;
}

/** The position of what is wrong with the option at `at`; 0 if nothing is. */
function readOption(view: DataView, at: number, network: number, options: Ipv4Options, writer: OptionWriter): number {
  switch (view.getUint8(at)) {
    case LOOSE_SOURCE_ROUTE:
    case STRICT_SOURCE_ROUTE:
      return readSourceRoute(view, at, network, options);
    case RECORD_ROUTE:
      return options.recordRoute !== 0 ? at : readRoute(view, at, network, options, writer);
    case TIMESTAMP:
      return options.timestamp !== 0 ? at : readTimestamp(view, at, network, options, writer);
    case ROUTER_ALERT:
      return view.getUint8(at + LENGTH) < 4 ? at + LENGTH : 0;
    case CIPSO:
      // No domain of interpretation is configured, so none is known, and an error tells where its number stands.
      if (options.cipso !== 0) return at;
      options.cipso = at - network;
      return view.getUint8(at + LENGTH) < LEAST_CIPSO ? at + LENGTH : at + DOMAIN;
    default:
      return 0;
  }
}

/** Up to where a CIPSO option's first tag would begin, and two bytes of that. */
const LEAST_CIPSO = 8;
/** Offset of a CIPSO option's domain of interpretation. */
const DOMAIN = 2;
/** Bytes of an address, and of a time. */
const SLOT = 4;

const pointerFault = (view: DataView, at: number, shortest: number, first: number): number =>
  view.getUint8(at + LENGTH) < shortest ? at + LENGTH : view.getUint8(at + POINTER) < first ? at + POINTER : 0;

function readSourceRoute(view: DataView, at: number, network: number, options: Ipv4Options): number {
  const fault = pointerFault(view, at, 3, 4);
  if (fault !== 0) return fault;
  if (options.sourceRoute !== 0) return at;
  options.sourceRoute = at - network;
  return 0;
}

function readRoute(view: DataView, at: number, network: number, options: Ipv4Options, writer: OptionWriter): number {
  const fault = pointerFault(view, at, 3, 4);
  if (fault !== 0) return fault;
  const [length, pointer] = [view.getUint8(at + LENGTH), view.getUint8(at + POINTER)];
  if (pointer <= length) {
    if (pointer + SLOT - 1 > length) return at + POINTER;
    view.setUint32(at + pointer - 1, writer.address);
    view.setUint8(at + POINTER, pointer + SLOT);
    options.wantsRoute = true;
  }
  options.recordRoute = at - network;
  return 0;
}

function readTimestamp(
  view: DataView,
  at: number,
  network: number,
  options: Ipv4Options,
  writer: OptionWriter,
): number {
  const fault = pointerFault(view, at, 4, 5);
  if (fault !== 0) return fault;
  const [length, pointer] = [view.getUint8(at + LENGTH), view.getUint8(at + POINTER)];
  const flags = view.getUint8(at + TIMESTAMP_FLAGS);
  const kind = flags & 0x0f;
  if (pointer <= length) {
    const size = kind === TIMES_AND_ADDRESSES || kind === PRESCRIBED ? 2 * SLOT : SLOT;
    if (pointer + SLOT - 1 > length || pointer + size - 1 > length) return at + POINTER;
    stamp(view, at, kind, options, writer);
  } else if (kind !== PRESCRIBED) {
    // One more host that had no room; more than can be counted is a fault.
    if (flags >> 4 === 15) return at + TIMESTAMP_FLAGS;
    view.setUint8(at + TIMESTAMP_FLAGS, flags + 0x10);
  }
  options.timestamp = at - network;
  return 0;
}

/** Fills in an entry; one of a prescribed address only if that is ours. */
function stamp(view: DataView, at: number, kind: number, options: Ipv4Options, writer: OptionWriter): void {
  const pointer = view.getUint8(at + POINTER);
  const slot = at + pointer - 1;
  if (kind === TIMES) {
    view.setUint32(slot, writer.time);
    view.setUint8(at + POINTER, pointer + SLOT);
    options.wantsTime = true;
    return;
  }
  if (kind !== TIMES_AND_ADDRESSES && kind !== PRESCRIBED) return;
  if (kind === PRESCRIBED && writer.isForeign(view.getUint32(slot))) return;
  if (kind === TIMES_AND_ADDRESSES) {
    view.setUint32(slot, writer.address);
    options.wantsAddress = true;
  }
  view.setUint32(slot + SLOT, writer.time);
  view.setUint8(at + POINTER, pointer + 2 * SLOT);
  options.wantsTime = true;
}

/**
 * A packet with options is sent on: in its record route, the address it leaves by takes the place of the one that was
 * written when it came; in a timestamp, that stays (ip_forward_options).
 */
export function forwardOptions(view: DataView, network: number, options: Ipv4Options, address: number): void {
  if (options.wantsRoute) writeLast(view, network + options.recordRoute, SLOT, address);
  finishHeader(view, network);
}

/** Writes into the entry of an option that was filled in last, so many bytes before where its pointer points. */
export function writeLast(view: DataView, option: number, before: number, value: number): void {
  view.setUint32(option + view.getUint8(option + POINTER) - 1 - before, value);
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
