/** The fields of the connection table's rows, by name. Addresses are handles, kept by whoever made the row. */
import type { Ticks } from "../time/kernel-ticks.ts";
import type { TimerRows } from "../time/timer-wheel.ts";
import type { AddressHandle } from "../wire/address-table.ts";
import {
  ANSWERS_TO_LOCAL,
  CLIENT_ADDRESS,
  CONTROL,
  CONTROLLED,
  cold,
  DESTINATION,
  DESTINATION_ADDRESS,
  ENDPOINT,
  EXPIRES,
  FIRST_DATA,
  FLAGS,
  FWMARK,
  hot,
  IN_PACKETS,
  LOCAL_ADDRESS,
  LOCAL_INDEX,
  NEXT,
  NEXT_LOCAL,
  NONE,
  PORTS,
  protocolIn,
  type Row,
  SEQUENCE_DELTA,
  TIMEOUT,
  TIMER_BUCKET,
  TIMER_NEXT,
  TIMER_PREVIOUS,
  TOLD_END,
  TOLD_END_OF_LOCAL,
  TOLD_STATE,
  TOLD_STATE_MASK,
  TOLD_STATE_SHIFT,
  UNDER_CONTROL,
  VIRTUAL_ADDRESS,
} from "./connection-rows.ts";
import { RowMemory } from "./row-memory.ts";

export class RowFields extends RowMemory implements TimerRows {
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
    return this.expiries[cold(row, EXPIRES)] ?? 0;
  }
  setExpires(row: Row, value: Ticks): void {
    this.expiries[cold(row, EXPIRES)] = value;
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
      ? (this.cold[cold(row, TOLD_END_OF_LOCAL)] ?? 0) >>> 0
      : (this.hot[hot(row, TOLD_END)] ?? 0) >>> 0;
  }
  setToldEnd(row: Row, value: Ticks): void {
    if (this.#hasLocal(row)) this.cold[cold(row, TOLD_END_OF_LOCAL)] = value;
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
    return this.cold[cold(row, NEXT_LOCAL)] ?? 0;
  }
  setNextLocal(row: Row, value: number): void {
    this.cold[cold(row, NEXT_LOCAL)] = value;
  }

  timerNext(row: Row): number {
    return this.cold[cold(row, TIMER_NEXT)] ?? 0;
  }
  setTimerNext(row: Row, value: number): void {
    this.cold[cold(row, TIMER_NEXT)] = value;
  }

  timerPrevious(row: Row): number {
    return this.cold[cold(row, TIMER_PREVIOUS)] ?? 0;
  }
  setTimerPrevious(row: Row, value: number): void {
    this.cold[cold(row, TIMER_PREVIOUS)] = value;
  }

  /** What stands in the place of the template that controls this connection, which may have been moved since. */
  protected controlAsNoted(row: Row): Row {
    return this.cold[cold(row, CONTROL)] ?? 0;
  }
  setControl(row: Row, value: number): void {
    const flags = this.flags(row);
    this.setFlags(row, value === NONE ? flags & ~UNDER_CONTROL : flags | UNDER_CONTROL);
    this.cold[cold(row, CONTROL)] = value;
  }

  /** How many connections this one controls (n_control). */
  controlled(row: Row): number {
    return this.cold[cold(row, CONTROLLED)] ?? 0;
  }
  setControlled(row: Row, value: number): void {
    this.cold[cold(row, CONTROLLED)] = value;
  }

  fwmark(row: Row): number {
    return (this.cold[cold(row, FWMARK)] ?? 0) >>> 0;
  }
  setFwmark(row: Row, value: number): void {
    this.cold[cold(row, FWMARK)] = value;
  }

  /** FULLNAT: place of the local address in the virtual server's list. */
  localIndex(row: Row): number {
    return this.cold[cold(row, LOCAL_INDEX)] ?? 0;
  }
  setLocalIndex(row: Row, value: number): void {
    this.cold[cold(row, LOCAL_INDEX)] = value;
  }
}
