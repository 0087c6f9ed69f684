/**
 * The memory of the connection table: one row a connection, in two blocks of 32-bit words.
 * 16 words that the packet path touches, on one cache line, and 8 words that it seldom does.
 *
 *   hot    0        1         2      3                 4                       5       6       7
 *        | client | virtual | dest | cport 16 vport 16| state 8 proto 8 dport 16| flags | dest# | timeout |
 *         8 and 9                10     11                12           13      14         15
 *        | expires, a float64  | next | lport 16 bucket 16| in packets | laddr | seqdelta | firstdata |
 *                                                                              | told end | told state|   where there is no local address
 *   cold | next local | timer next | timer previous | control | controlled | fwmark | laddr# | told end |
 *                                                                                            | where there is a local address
 *
 * Words of typed arrays, and no DataView: what V8 knows of objects it forgets whenever something is written into a DataView.
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

/** Words of a row: hot and cold. */
export const HOT = 16;
const COLD = 8;
const WORD = 4;
/** A large ArrayBuffer of V8 begins 16 bytes into a cache line; rows begin on the next one. */
const ALIGNMENT = 48;

export const CLIENT_ADDRESS = 0;
export const VIRTUAL_ADDRESS = 1;
export const DESTINATION_ADDRESS = 2;
/** The client's port above, the virtual port below: as in a client's packet. */
export const PORTS = 3;
/** The state above, the protocol, the real server's port below. */
export const ENDPOINT = 4;
export const FLAGS = 5;
const DESTINATION = 6;
const TIMEOUT = 7;
/** In float64s. */
const EXPIRES = 4;
export const NEXT = 10;
/** The local port above, the timer's bucket below, signed. */
const TIMER_BUCKET = 11;
const IN_PACKETS = 12;
const LOCAL_ADDRESS = 13;
const SEQUENCE_DELTA = 14;
const FIRST_DATA = 15;
/** Of connections without a local address, in the places of SEQUENCE_DELTA and FIRST_DATA; FULLNAT's are in flags and cold. */
const TOLD_END = 14;
const TOLD_STATE = 15;

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
const TIMER_NEXT = 1;
const TIMER_PREVIOUS = 2;
const CONTROL = 3;
const CONTROLLED = 4;
const FWMARK = 5;
const LOCAL_INDEX = 6;
const TOLD_END_OF_LOCAL = 7;

/** Where a row begins in the hot block, and where a word of it stands in its block. */
export const hotOf = (row: Row): number => row << 4;
const hot = (row: Row, word: number): number => hotOf(row) | word;
const cold = (row: Row, word: number): number => (row << 3) | word;
/** The protocol in an ENDPOINT word. */
export const protocolIn = (endpoint = 0): number => (endpoint >>> 16) & 0xff;

/** Gives the pages that lie wholly within some memory back to the system: they are zeros from then on. */
export type Discard = (memory: Uint8Array) => void;

/** Rows and their fields. Addresses are handles, kept by whoever made the row. */
export class ConnectionRows implements TimerRows, Freeable {
  /** The hot block: borrowed until the next `take`, which may grow it. */
  hot = new Int32Array(0);
  /** The same. */
  #expiries = new Float64Array(0);
  /** More rows than this are not wanted; memory for no more is taken. */
  most = Number.POSITIVE_INFINITY;
  #cold = new Int32Array(0);
  #capacity = 0;
  readonly free = new FreeRows(this);
  /** Rows that have memory, whether they are used again or not. */
  #touched = 0;
  #count = 0;
  readonly #extras = new Map<Row, ConnectionExtras>();
  /** Where templates are that were moved while rows are moved together, by the number that those under them know. */
  readonly #movedTemplates = new Map<Row, Row>();

  constructor(capacity: number) {
    this.#capacity = capacity;
    const memory = new ArrayBuffer(capacity * HOT * WORD + ALIGNMENT);
    this.hot = new Int32Array(memory, ALIGNMENT);
    this.#expiries = new Float64Array(memory, ALIGNMENT);
    this.#cold = new Int32Array(capacity * COLD);
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
    return Math.min(this.#capacity, Math.max(this.#touched, ALWAYS_THERE)) * (HOT + COLD) * WORD + ALIGNMENT;
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
    for (let word = 0; word < HOT; word++) this.hot[hot(row, word)] = 0;
    for (let word = 0; word < COLD; word++) this.#cold[cold(row, word)] = 0;
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
    this.hot.copyWithin(hot(to, 0), hot(from, 0), hot(from + 1, 0));
    this.#cold.copyWithin(cold(to, 0), cold(from, 0), cold(from + 1, 0));
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
    discard(new Uint8Array(this.hot.buffer, ALIGNMENT + from * HOT * WORD, (end - from) * HOT * WORD));
    discard(new Uint8Array(this.#cold.buffer, from * COLD * WORD, (end - from) * COLD * WORD));
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
      const memory = new ArrayBuffer(capacity * HOT * WORD + ALIGNMENT);
      const words = new Int32Array(memory, ALIGNMENT);
      const others = new Int32Array(capacity * COLD);
      words.set(this.hot.subarray(0, this.end * HOT));
      others.set(this.#cold.subarray(0, this.end * COLD));
      this.hot = words;
      this.#expiries = new Float64Array(memory, ALIGNMENT);
      this.#cold = others;
      this.#capacity = capacity;
      return true;
    } catch (error) {
      if (must || !(error instanceof RangeError)) throw error;
      return false;
    }
  }

  /** Writes a part of a word: what `kept` masks stays. */
  #merge(row: Row, word: number, value: number, kept: number): void {
    const at = hot(row, word);
    this.hot[at] = ((this.hot[at] ?? 0) & kept) | value;
  }

  clientAddress(row: Row): AddressHandle {
    return this.hot[hot(row, CLIENT_ADDRESS)] ?? 0;
  }
  setClientAddress(row: Row, value: AddressHandle): void {
    this.hot[hot(row, CLIENT_ADDRESS)] = value;
  }

  virtualAddress(row: Row): AddressHandle {
    return this.hot[hot(row, VIRTUAL_ADDRESS)] ?? 0;
  }
  setVirtualAddress(row: Row, value: AddressHandle): void {
    this.hot[hot(row, VIRTUAL_ADDRESS)] = value;
  }

  destinationAddress(row: Row): AddressHandle {
    return this.hot[hot(row, DESTINATION_ADDRESS)] ?? 0;
  }
  setDestinationAddress(row: Row, value: AddressHandle): void {
    this.hot[hot(row, DESTINATION_ADDRESS)] = value;
  }

  clientPort(row: Row): number {
    return (this.hot[hot(row, PORTS)] ?? 0) >>> 16;
  }
  setClientPort(row: Row, value: number): void {
    this.#merge(row, PORTS, value << 16, 0xffff);
  }

  virtualPort(row: Row): number {
    return (this.hot[hot(row, PORTS)] ?? 0) & 0xffff;
  }
  setVirtualPort(row: Row, value: number): void {
    this.#merge(row, PORTS, value & 0xffff, ~0xffff);
  }

  destinationPort(row: Row): number {
    return (this.hot[hot(row, ENDPOINT)] ?? 0) & 0xffff;
  }
  setDestinationPort(row: Row, value: number): void {
    this.#merge(row, ENDPOINT, value & 0xffff, ~0xffff);
  }

  protocol(row: Row): number {
    return protocolIn(this.hot[hot(row, ENDPOINT)]);
  }
  setProtocol(row: Row, value: number): void {
    this.#merge(row, ENDPOINT, (value & 0xff) << 16, ~0xff_0000);
  }

  state(row: Row): number {
    return (this.hot[hot(row, ENDPOINT)] ?? 0) >>> 24;
  }
  setState(row: Row, value: number): void {
    this.#merge(row, ENDPOINT, value << 24, 0xff_ffff);
  }

  /** Forwarding method, HASHED, INACTIVE, NO_OUTPUT, NO_CLIENT_PORT, TEMPLATE, ONE_PACKET, TRACKED. */
  flags(row: Row): number {
    return (this.hot[hot(row, FLAGS)] ?? 0) >>> 0;
  }
  setFlags(row: Row, value: number): void {
    this.hot[hot(row, FLAGS)] = value;
  }

  /** Place of the real server in the virtual server's destination table; NONE if it has none (BYPASS). */
  destination(row: Row): number {
    return this.hot[hot(row, DESTINATION)] ?? 0;
  }
  setDestination(row: Row, value: number): void {
    this.hot[hot(row, DESTINATION)] = value;
  }

  /** Ticks that the timer is armed with. */
  timeout(row: Row): Ticks {
    return (this.hot[hot(row, TIMEOUT)] ?? 0) >>> 0;
  }
  setTimeout(row: Row, value: Ticks): void {
    this.hot[hot(row, TIMEOUT)] = value;
  }

  /** Tick at which the entry's time is up. */
  expires(row: Row): Ticks {
    return this.#expiries[cold(row, EXPIRES)] ?? 0;
  }
  setExpires(row: Row, value: Ticks): void {
    this.#expiries[cold(row, EXPIRES)] = value;
  }

  /** The next link of the chain under the client address. */
  next(row: Row): number {
    return this.hot[hot(row, NEXT)] ?? 0;
  }
  setNext(row: Row, value: number): void {
    this.hot[hot(row, NEXT)] = value;
  }

  timerBucket(row: Row): number {
    return ((this.hot[hot(row, TIMER_BUCKET)] ?? 0) << 16) >> 16;
  }
  setTimerBucket(row: Row, value: number): void {
    this.#merge(row, TIMER_BUCKET, value & 0xffff, ~0xffff);
  }

  localPort(row: Row): number {
    return (this.hot[hot(row, TIMER_BUCKET)] ?? 0) >>> 16;
  }
  setLocalPort(row: Row, value: number): void {
    this.#merge(row, TIMER_BUCKET, value << 16, 0xffff);
  }

  /** Packets from the client, ip_vs_conn.in_pkts. */
  inPackets(row: Row): number {
    return (this.hot[hot(row, IN_PACKETS)] ?? 0) >>> 0;
  }
  setInPackets(row: Row, value: number): void {
    this.hot[hot(row, IN_PACKETS)] = value;
  }

  /** FULLNAT: where the connection leaves the director from; 0 otherwise. */
  localAddress(row: Row): AddressHandle {
    return this.hot[hot(row, LOCAL_ADDRESS)] ?? 0;
  }
  setLocalAddress(row: Row, value: AddressHandle): void {
    this.hot[hot(row, LOCAL_ADDRESS)] = value;
  }

  /** FULLNAT: what is added to the client's sequence numbers, mod 2^32. */
  sequenceDelta(row: Row): number {
    return (this.hot[hot(row, SEQUENCE_DELTA)] ?? 0) >>> 0;
  }
  setSequenceDelta(row: Row, value: number): void {
    this.hot[hot(row, SEQUENCE_DELTA)] = value;
  }

  /** FULLNAT: the acknowledgement number of a client that has seen no data of the server yet. */
  firstData(row: Row): number {
    return (this.hot[hot(row, FIRST_DATA)] ?? 0) >>> 0;
  }
  setFirstData(row: Row, value: number): void {
    this.hot[hot(row, FIRST_DATA)] = value;
  }

  /** The tick at which the entry's time would have been up when a master told of it last, mod 2^32 (sync_endtime). */
  toldEnd(row: Row): Ticks {
    return this.#hasLocal(row)
      ? (this.#cold[cold(row, TOLD_END_OF_LOCAL)] ?? 0) >>> 0
      : (this.hot[hot(row, TOLD_END)] ?? 0) >>> 0;
  }
  setToldEnd(row: Row, value: Ticks): void {
    if (this.#hasLocal(row)) this.#cold[cold(row, TOLD_END_OF_LOCAL)] = value;
    else this.hot[hot(row, TOLD_END)] = value;
  }

  /** The state that a master told last (old_state). */
  toldState(row: Row): number {
    return this.#hasLocal(row)
      ? (this.flags(row) & TOLD_STATE_MASK) >>> TOLD_STATE_SHIFT
      : (this.hot[hot(row, TOLD_STATE)] ?? 0) >>> 0;
  }
  setToldState(row: Row, value: number): void {
    if (this.#hasLocal(row)) this.setFlags(row, (this.flags(row) & ~TOLD_STATE_MASK) | (value << TOLD_STATE_SHIFT));
    else this.hot[hot(row, TOLD_STATE)] = value;
  }

  #hasLocal(row: Row): boolean {
    return (this.flags(row) & ANSWERS_TO_LOCAL) !== 0;
  }

  /** The next link of the chain under the local address. */
  nextLocal(row: Row): number {
    return this.#cold[cold(row, NEXT_LOCAL)] ?? 0;
  }
  setNextLocal(row: Row, value: number): void {
    this.#cold[cold(row, NEXT_LOCAL)] = value;
  }

  timerNext(row: Row): number {
    return this.#cold[cold(row, TIMER_NEXT)] ?? 0;
  }
  setTimerNext(row: Row, value: number): void {
    this.#cold[cold(row, TIMER_NEXT)] = value;
  }

  timerPrevious(row: Row): number {
    return this.#cold[cold(row, TIMER_PREVIOUS)] ?? 0;
  }
  setTimerPrevious(row: Row, value: number): void {
    this.#cold[cold(row, TIMER_PREVIOUS)] = value;
  }

  /** The template that controls this connection; NONE if none does. */
  control(row: Row): Row {
    if ((this.flags(row) & UNDER_CONTROL) === 0) return NONE;
    const control = this.#cold[cold(row, CONTROL)] ?? 0;
    return control >= this.free.kept ? (this.#movedTemplates.get(control) ?? control) : control;
  }
  setControl(row: Row, value: number): void {
    const flags = this.flags(row);
    this.setFlags(row, value === NONE ? flags & ~UNDER_CONTROL : flags | UNDER_CONTROL);
    this.#cold[cold(row, CONTROL)] = value;
  }

  /** How many connections this one controls (n_control). */
  controlled(row: Row): number {
    return this.#cold[cold(row, CONTROLLED)] ?? 0;
  }
  setControlled(row: Row, value: number): void {
    this.#cold[cold(row, CONTROLLED)] = value;
  }

  fwmark(row: Row): number {
    return (this.#cold[cold(row, FWMARK)] ?? 0) >>> 0;
  }
  setFwmark(row: Row, value: number): void {
    this.#cold[cold(row, FWMARK)] = value;
  }

  /** FULLNAT: place of the local address in the virtual server's list. */
  localIndex(row: Row): number {
    return this.#cold[cold(row, LOCAL_INDEX)] ?? 0;
  }
  setLocalIndex(row: Row, value: number): void {
    this.#cold[cold(row, LOCAL_INDEX)] = value;
  }
}
