/**
 * The memory of the connection table: one row a connection, in two typed blocks.
 * 64 bytes that the packet path touches, on one cache line, and 32 bytes that it seldom does.
 *
 *   hot    0        4         8        12     14     16    18  19  20     24      28       32
 *        | client | virtual | dest  | cport| vport| dport|pr|st| flags | dest# | timeout | expires (8 bytes) |
 *         40     44      46      48           52       56        60
 *        | next | bucket| lport | in packets | laddr | seqdelta | firstdata |
 *                                                  | told end | told state|   where there is no local address
 *   cold | next local | timer next | timer previous | control | controlled | fwmark | laddr# | told end |
 *                                                                                            | where there is a local address
 */

import type { Flavoured } from "../flavoured.ts";
import type { Ticks } from "../time/kernel-ticks.ts";
import type { TimerRows } from "../time/timer-wheel.ts";
import { ACCEPT, type Verdict } from "../trace/verdict.ts";
import type { AddressHandle } from "../wire/address-table.ts";
import { ConnectionExtras } from "./connection-extras.ts";
import { type Freeable, FreeRows } from "./free-rows.ts";

/** The number of a row; below 0 there is none. */
export type Row = Flavoured<"row">;

/** No row, no destination. */
export const NONE = -1;

/**
 * What stands in the place of a packet's row where it has none because of a verdict: NONE if that is ACCEPT, another
 * number below 0 for each drop.
 */
export const refused = (verdict: Verdict): Row => NONE + ACCEPT - verdict;
export const refusalOf = (row: Row): Verdict => NONE + ACCEPT - row;

/** The low three bits of the flags: the forwarding method (IP_VS_CONN_F_FWD_MASK, include/uapi/linux/ip_vs.h). */
export const FORWARDING_MASK = 0x7;
/** Made by what a master told (IP_VS_CONN_F_SYNC). */
export const SYNCHRONIZED = 0x20;
export const HASHED = 0x40;
export const NO_OUTPUT = 0x80;
export const INACTIVE = 0x100;
/** The client's port is not known yet: the first packet that fits fills it in. */
export const NO_CLIENT_PORT = 0x800;
export const TEMPLATE = 0x1000;
export const ONE_PACKET = 0x2000;
/** Connection tracking follows it (IP_VS_CONN_F_NFCT). */
export const TRACKED = 0x10000;
/** It has extras (of ours; the kernel has pointers instead). */
const EXTRAS = 0x20000;
/** Another connection controls it; of those that none does, nobody looks into the cold block (ours). */
export const UNDER_CONTROL = 0x40000;
/**
 * What a real server's answers show, by forwarding method. From the virtual address to the client; from the server's own
 * address to the client; or from there to the connection's local address. Ours: above all bits of the kernel.
 */
export const ANSWERS_AS_VIRTUAL = 0;
export const ANSWERS_AS_SERVER = 0x1000000;
export const ANSWERS_TO_LOCAL = 0x2000000;
export const ANSWERS_MASK = 0x3000000;
/** Where there is a local address: the state that a master told last. */
const TOLD_STATE_SHIFT = 26;
const TOLD_STATE_MASK = 0xf << TOLD_STATE_SHIFT;

export const HOT = 64;
const COLD = 32;
/** A large ArrayBuffer of V8 begins 16 bytes into a cache line; rows begin on the next one. */
const ALIGNMENT = 48;

export const CLIENT_ADDRESS = 0;
export const VIRTUAL_ADDRESS = 4;
export const DESTINATION_ADDRESS = 8;
export const CLIENT_PORT = 12;
export const VIRTUAL_PORT = 14;
export const DESTINATION_PORT = 16;
export const PROTOCOL = 18;
const STATE = 19;
export const FLAGS = 20;
const DESTINATION = 24;
const TIMEOUT = 28;
const EXPIRES = 32;
export const NEXT = 40;
const TIMER_BUCKET = 44;
const LOCAL_PORT = 46;
const IN_PACKETS = 48;
const LOCAL_ADDRESS = 52;
const SEQUENCE_DELTA = 56;
const FIRST_DATA = 60;
/** Of connections without a local address, in the places of SEQUENCE_DELTA and FIRST_DATA; FULLNAT's are in flags and cold. */
const TOLD_END = 56;
const TOLD_STATE = 60;

/** Rows up to which growing is copying. */
const LARGE = 1 << 14;
/** Rows up to which what is left moves to a block of its own: a few milliseconds. */
const SMALL = 1 << 16;
/** More rows than begin on a page of memory, of 64 KB at most. */
const PAGE = 4096;
/** Rows that a larger table has addresses for: 1.5 GB of them. */
const RESERVED = 1 << 24;
/** Rows of a table that has just begun: their memory is counted whether it was touched or not. */
const ALWAYS_THERE = 4096;

/** What stands in PROTOCOL of a row that is not in use; no IP protocol has this number in IPVS. */
const FREE = 255;

const NEXT_LOCAL = 0;
const TIMER_NEXT = 4;
const TIMER_PREVIOUS = 8;
const CONTROL = 12;
const CONTROLLED = 16;
const FWMARK = 20;
const LOCAL_INDEX = 24;
const TOLD_END_OF_LOCAL = 28;

/** Gives the pages that lie wholly within some memory back to the system: they are zeros from then on. */
export type Discard = (memory: Uint8Array) => void;

/** Rows and their fields. Addresses are handles, kept by whoever made the row. */
export class ConnectionRows implements TimerRows, Freeable {
  /** The hot block, little-endian: borrowed until the next `take`, which may grow it. */
  hot: DataView;
  /** More rows than this are not wanted; memory for no more is taken. */
  most = Number.POSITIVE_INFINITY;
  #cold: DataView;
  #capacity: number;
  readonly free = new FreeRows(this);
  /** Rows that have memory, whether they are used again or not. */
  #touched = 0;
  #count = 0;
  readonly #extras = new Map<Row, ConnectionExtras>();
  /** Where templates are that were moved while rows are moved together, by the number that those under them know. */
  readonly #movedTemplates = new Map<Row, Row>();

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.hot = new DataView(new ArrayBuffer(capacity * HOT + ALIGNMENT), ALIGNMENT);
    this.#cold = new DataView(new ArrayBuffer(capacity * COLD));
  }

  /** Rows in use. */
  get count(): number {
    return this.#count;
  }

  get capacity(): number {
    return this.#capacity;
  }

  /** Every row in use has a number below this. */
  get end(): number {
    return this.free.end;
  }

  /** Memory that rows have taken so far. What lies behind them was never touched: the system has given addresses for it, and nothing else. */
  get bytes(): number {
    return Math.min(this.#capacity, Math.max(this.#touched, ALWAYS_THERE)) * (HOT + COLD) + ALIGNMENT;
  }

  /** A row, all fields 0 but those that say NONE. */
  take(): Row {
    let row = this.free.take();
    if (row === NONE && this.free.isKeeping) {
      this.keepAll();
      row = this.free.take();
    }
    if (row === NONE) {
      if (this.end === this.#capacity) this.#grow();
      row = this.free.end++;
      this.#touched = Math.max(this.#touched, row + 1);
    }
    this.#count++;
    this.#clear(row);
    return row;
  }

  release(row: Row): void {
    if ((this.flags(row) & EXTRAS) !== 0) this.#extras.delete(row);
    this.setProtocol(row, FREE);
    this.#count--;
    this.free.release(row);
  }

  /** What the connection has beside its row; `undefined` for nearly all. */
  extras(row: Row): ConnectionExtras | undefined {
    return (this.flags(row) & EXTRAS) === 0 ? undefined : this.#extras.get(row);
  }

  /** The same, made if there are none. */
  addExtras(row: Row): ConnectionExtras {
    const extras = this.extras(row) ?? new ConnectionExtras();
    this.setFlags(row, this.flags(row) | EXTRAS);
    this.#extras.set(row, extras);
    return extras;
  }

  inUse(row: Row): boolean {
    return row >= 0 && row < this.end && this.protocol(row) !== FREE;
  }

  isFree(row: Row): boolean {
    return this.protocol(row) === FREE;
  }

  #clear(row: Row): void {
    for (let at = 0; at < HOT; at += 8) this.hot.setFloat64(row * HOT + at, 0);
    for (let at = 0; at < COLD; at += 8) this.#cold.setFloat64(row * COLD + at, 0);
    this.setDestination(row, NONE);
    this.setNext(row, NONE);
    this.setNextLocal(row, NONE);
    this.setTimerBucket(row, NONE);
    this.setControl(row, NONE);
    this.setLocalIndex(row, NONE);
  }

  /** Whether there are as many rows as are wanted. */
  get isFull(): boolean {
    return this.#count >= this.most;
  }

  // --- moved together, where few are left (compaction.ts)

  /** Moves a row to one that is kept; which one, or NONE if none is free. Links to it are for their owners to follow, but for those to a template. */
  move(from: Row): Row {
    const to = this.free.take();
    if (to === NONE) return NONE;
    for (let at = 0; at < HOT; at += 4) this.hot.setInt32(to * HOT + at, this.hot.getInt32(from * HOT + at));
    for (let at = 0; at < COLD; at += 4) this.#cold.setInt32(to * COLD + at, this.#cold.getInt32(from * COLD + at));
    const extras = this.extras(from);
    if (extras !== undefined) this.#extras.set(to, extras);
    this.#extras.delete(from);
    if (this.controlled(from) > 0) this.#movedTemplates.set(from, to);
    this.setProtocol(from, FREE);
    return to;
  }

  /** Rows from `from` up to `end` learn where their templates are now. */
  followTemplates(from: Row, end: Row): void {
    if (this.#movedTemplates.size === 0) return;
    for (let row = from; row < end; row++) if (!this.isFree(row)) this.setControl(row, this.control(row));
  }

  /** There are too many connections again to keep some rows only. */
  keepAll(): void {
    this.followTemplates(0, this.end);
    this.#movedTemplates.clear();
    this.free.keepAll();
  }

  /** Behind the rows that are kept nothing is left. */
  endKeeping(): void {
    this.#movedTemplates.clear();
    this.free.endKeeping();
  }

  /** Moves to memory for no more rows than there are, if they are few. */
  moveToSmallBlock(): void {
    if (this.end > SMALL) return;
    this.#move(this.end, true);
    this.#touched = this.end;
  }

  /** Gives back the memory of at most so many rows behind those that are used: whole pages, which are zeros then. Whether there is more. */
  giveBack(most: number, discard: Discard): boolean {
    const from = Math.max(this.end, this.#touched - most);
    const end = Math.min(this.#touched + PAGE, this.#capacity);
    if (from >= this.#touched) return false;
    discard(new Uint8Array(this.hot.buffer, ALIGNMENT + from * HOT, (end - from) * HOT));
    discard(new Uint8Array(this.#cold.buffer, from * COLD, (end - from) * COLD));
    this.#touched = from;
    return from > this.end;
  }

  /**
   * A small table doubles, which is copied in a millisecond. A larger one gets addresses for as many rows as it may ever have, or
   * RESERVED, at once: no packet waits while millions of rows are copied, and memory comes as rows are touched.
   */
  #grow(): void {
    const doubled = Math.min(this.#capacity * 2, Math.max(this.most, this.#capacity + 1));
    const reserved = Math.max(doubled, Math.min(RESERVED, this.most));
    if (this.#capacity < LARGE || !this.#move(reserved)) this.#move(doubled, true);
  }

  /** Moves to memory for so many rows; false if there is none, which throws a RangeError where it `must` be. */
  #move(capacity: number, must = false): boolean {
    try {
      const hot = new ArrayBuffer(capacity * HOT + ALIGNMENT);
      const cold = new ArrayBuffer(capacity * COLD);
      new Uint8Array(hot).set(new Uint8Array(this.hot.buffer, 0, ALIGNMENT + this.end * HOT));
      new Uint8Array(cold).set(new Uint8Array(this.#cold.buffer, 0, this.end * COLD));
      this.hot = new DataView(hot, ALIGNMENT);
      this.#cold = new DataView(cold);
      this.#capacity = capacity;
      return true;
    } catch (error) {
      if (must || !(error instanceof RangeError)) throw error;
      return false;
    }
  }

  clientAddress(row: Row): AddressHandle {
    return this.hot.getInt32(row * HOT + CLIENT_ADDRESS, true);
  }
  setClientAddress(row: Row, value: AddressHandle): void {
    this.hot.setInt32(row * HOT + CLIENT_ADDRESS, value, true);
  }

  virtualAddress(row: Row): AddressHandle {
    return this.hot.getInt32(row * HOT + VIRTUAL_ADDRESS, true);
  }
  setVirtualAddress(row: Row, value: AddressHandle): void {
    this.hot.setInt32(row * HOT + VIRTUAL_ADDRESS, value, true);
  }

  destinationAddress(row: Row): AddressHandle {
    return this.hot.getInt32(row * HOT + DESTINATION_ADDRESS, true);
  }
  setDestinationAddress(row: Row, value: AddressHandle): void {
    this.hot.setInt32(row * HOT + DESTINATION_ADDRESS, value, true);
  }

  clientPort(row: Row): number {
    return this.hot.getUint16(row * HOT + CLIENT_PORT, true);
  }
  setClientPort(row: Row, value: number): void {
    this.hot.setUint16(row * HOT + CLIENT_PORT, value, true);
  }

  virtualPort(row: Row): number {
    return this.hot.getUint16(row * HOT + VIRTUAL_PORT, true);
  }
  setVirtualPort(row: Row, value: number): void {
    this.hot.setUint16(row * HOT + VIRTUAL_PORT, value, true);
  }

  destinationPort(row: Row): number {
    return this.hot.getUint16(row * HOT + DESTINATION_PORT, true);
  }
  setDestinationPort(row: Row, value: number): void {
    this.hot.setUint16(row * HOT + DESTINATION_PORT, value, true);
  }

  protocol(row: Row): number {
    return this.hot.getUint8(row * HOT + PROTOCOL);
  }
  setProtocol(row: Row, value: number): void {
    this.hot.setUint8(row * HOT + PROTOCOL, value);
  }

  state(row: Row): number {
    return this.hot.getUint8(row * HOT + STATE);
  }
  setState(row: Row, value: number): void {
    this.hot.setUint8(row * HOT + STATE, value);
  }

  /** Forwarding method, HASHED, INACTIVE, NO_OUTPUT, NO_CLIENT_PORT, TEMPLATE, ONE_PACKET, TRACKED. */
  flags(row: Row): number {
    return this.hot.getUint32(row * HOT + FLAGS, true);
  }
  setFlags(row: Row, value: number): void {
    this.hot.setUint32(row * HOT + FLAGS, value, true);
  }

  /** Place of the real server in the virtual server's destination table; NONE if it has none (BYPASS). */
  destination(row: Row): number {
    return this.hot.getInt32(row * HOT + DESTINATION, true);
  }
  setDestination(row: Row, value: number): void {
    this.hot.setInt32(row * HOT + DESTINATION, value, true);
  }

  /** Ticks that the timer is armed with. */
  timeout(row: Row): Ticks {
    return this.hot.getUint32(row * HOT + TIMEOUT, true);
  }
  setTimeout(row: Row, value: Ticks): void {
    this.hot.setUint32(row * HOT + TIMEOUT, value, true);
  }

  /** Tick at which the entry's time is up. */
  expires(row: Row): Ticks {
    return this.hot.getFloat64(row * HOT + EXPIRES, true);
  }
  setExpires(row: Row, value: Ticks): void {
    this.hot.setFloat64(row * HOT + EXPIRES, value, true);
  }

  /** The next link of the chain under the client address. */
  next(row: Row): number {
    return this.hot.getInt32(row * HOT + NEXT, true);
  }
  setNext(row: Row, value: number): void {
    this.hot.setInt32(row * HOT + NEXT, value, true);
  }

  timerBucket(row: Row): number {
    return this.hot.getInt16(row * HOT + TIMER_BUCKET, true);
  }
  setTimerBucket(row: Row, value: number): void {
    this.hot.setInt16(row * HOT + TIMER_BUCKET, value, true);
  }

  localPort(row: Row): number {
    return this.hot.getUint16(row * HOT + LOCAL_PORT, true);
  }
  setLocalPort(row: Row, value: number): void {
    this.hot.setUint16(row * HOT + LOCAL_PORT, value, true);
  }

  /** Packets from the client, ip_vs_conn.in_pkts. */
  inPackets(row: Row): number {
    return this.hot.getUint32(row * HOT + IN_PACKETS, true);
  }
  setInPackets(row: Row, value: number): void {
    this.hot.setUint32(row * HOT + IN_PACKETS, value, true);
  }

  /** FULLNAT: where the connection leaves the director from; 0 otherwise. */
  localAddress(row: Row): AddressHandle {
    return this.hot.getInt32(row * HOT + LOCAL_ADDRESS, true);
  }
  setLocalAddress(row: Row, value: AddressHandle): void {
    this.hot.setInt32(row * HOT + LOCAL_ADDRESS, value, true);
  }

  /** FULLNAT: what is added to the client's sequence numbers, mod 2^32. */
  sequenceDelta(row: Row): number {
    return this.hot.getUint32(row * HOT + SEQUENCE_DELTA, true);
  }
  setSequenceDelta(row: Row, value: number): void {
    this.hot.setUint32(row * HOT + SEQUENCE_DELTA, value, true);
  }

  /** FULLNAT: the acknowledgement number of a client that has seen no data of the server yet. */
  firstData(row: Row): number {
    return this.hot.getUint32(row * HOT + FIRST_DATA, true);
  }
  setFirstData(row: Row, value: number): void {
    this.hot.setUint32(row * HOT + FIRST_DATA, value, true);
  }

  /** The tick at which the entry's time would have been up when a master told of it last, mod 2^32 (sync_endtime). */
  toldEnd(row: Row): Ticks {
    return this.#hasLocal(row)
      ? this.#cold.getUint32(row * COLD + TOLD_END_OF_LOCAL, true)
      : this.hot.getUint32(row * HOT + TOLD_END, true);
  }
  setToldEnd(row: Row, value: Ticks): void {
    if (this.#hasLocal(row)) this.#cold.setUint32(row * COLD + TOLD_END_OF_LOCAL, value, true);
    else this.hot.setUint32(row * HOT + TOLD_END, value, true);
  }

  /** The state that a master told last (old_state). */
  toldState(row: Row): number {
    return this.#hasLocal(row)
      ? (this.flags(row) & TOLD_STATE_MASK) >>> TOLD_STATE_SHIFT
      : this.hot.getUint32(row * HOT + TOLD_STATE, true);
  }
  setToldState(row: Row, value: number): void {
    if (this.#hasLocal(row)) this.setFlags(row, (this.flags(row) & ~TOLD_STATE_MASK) | (value << TOLD_STATE_SHIFT));
    else this.hot.setUint32(row * HOT + TOLD_STATE, value, true);
  }

  #hasLocal(row: Row): boolean {
    return (this.flags(row) & ANSWERS_TO_LOCAL) !== 0;
  }

  /** The next link of the chain under the local address. */
  nextLocal(row: Row): number {
    return this.#cold.getInt32(row * COLD + NEXT_LOCAL, true);
  }
  setNextLocal(row: Row, value: number): void {
    this.#cold.setInt32(row * COLD + NEXT_LOCAL, value, true);
  }

  timerNext(row: Row): number {
    return this.#cold.getInt32(row * COLD + TIMER_NEXT, true);
  }
  setTimerNext(row: Row, value: number): void {
    this.#cold.setInt32(row * COLD + TIMER_NEXT, value, true);
  }

  timerPrevious(row: Row): number {
    return this.#cold.getInt32(row * COLD + TIMER_PREVIOUS, true);
  }
  setTimerPrevious(row: Row, value: number): void {
    this.#cold.setInt32(row * COLD + TIMER_PREVIOUS, value, true);
  }

  /** The template that controls this connection; NONE if none does. */
  control(row: Row): Row {
    if ((this.flags(row) & UNDER_CONTROL) === 0) return NONE;
    const control = this.#cold.getInt32(row * COLD + CONTROL, true);
    return control >= this.free.kept ? (this.#movedTemplates.get(control) ?? control) : control;
  }
  setControl(row: Row, value: number): void {
    const flags = this.flags(row);
    this.setFlags(row, value === NONE ? flags & ~UNDER_CONTROL : flags | UNDER_CONTROL);
    this.#cold.setInt32(row * COLD + CONTROL, value, true);
  }

  /** How many connections this one controls (n_control). */
  controlled(row: Row): number {
    return this.#cold.getInt32(row * COLD + CONTROLLED, true);
  }
  setControlled(row: Row, value: number): void {
    this.#cold.setInt32(row * COLD + CONTROLLED, value, true);
  }

  fwmark(row: Row): number {
    return this.#cold.getUint32(row * COLD + FWMARK, true);
  }
  setFwmark(row: Row, value: number): void {
    this.#cold.setUint32(row * COLD + FWMARK, value, true);
  }

  /** FULLNAT: place of the local address in the virtual server's list. */
  localIndex(row: Row): number {
    return this.#cold.getInt32(row * COLD + LOCAL_INDEX, true);
  }
  setLocalIndex(row: Row, value: number): void {
    this.#cold.setInt32(row * COLD + LOCAL_INDEX, value, true);
  }
}
