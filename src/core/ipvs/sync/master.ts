/**
 * A master: writes connections down as they change. What has gathered is sent by its threads (master-thread.ts).
 * Mirrors ip_vs_sync_conn of net/netfilter/ipvs/ip_vs_sync.c.
 */
import type { KernelTimers } from "../../time/kernel-timers.ts";
import { AF_INET } from "../../wire/address.ts";
import { familyOf } from "../../wire/address-table.ts";
import { ANSWERS_TO_LOCAL, HASHED, NONE, ONE_PACKET, type Row, TEMPLATE } from "../connection-rows.ts";
import type { Connections } from "../connections.ts";
import type { SyncDaemon, SyncSockets } from "./daemon.ts";
import { MasterThread } from "./master-thread.ts";
import {
  MESSAGE_COUNT,
  MESSAGE_SIZE,
  OPTION_ENGINE_DATA,
  OPTION_ENGINE_NAME,
  OPTION_HEADER,
  OPTION_SEQUENCES,
  RECORD_IPV4,
  RECORD_IPV6,
  RECORD_V0,
  SEQUENCES,
  SEQUENCES_FLAGS,
  SYNC_VERSION,
  writeRecordHead,
  writeRecordV0,
} from "./message.ts";
import { isToBeTold } from "./when.ts";

/** The kernel's own flags of a connection; above them are those of ours. */
const KERNEL_FLAGS = 0x1ffff;

export class SyncMaster {
  readonly daemon: SyncDaemon;
  readonly #connections: Connections;
  readonly #threads: readonly MasterThread[];
  /** Hears of each connection that is written down. */
  readonly #told: (row: Row) => void;

  /** `threads` is a power of two. */
  constructor(
    daemon: SyncDaemon,
    threads: number,
    connections: Connections,
    timers: KernelTimers,
    sockets: SyncSockets,
    told: (row: Row) => void,
  ) {
    this.daemon = daemon;
    this.#told = told;
    this.#connections = connections;
    this.#threads = Array.from(
      { length: threads },
      (_, number) => new MasterThread(timers, connections.now, (message) => sockets.send(daemon, number, message)),
    );
  }

  /** What has gathered is lost (stop_sync_thread). */
  stop(): void {
    for (const thread of this.#threads) thread.stop();
  }

  /**
   * A connection has had its packet of this number from the client, or lives on for those that it controls: tells of it
   * if that is due, and of who controls it (ip_vs_sync_conn).
   * differs: FULLNAT connections are not told: no field is there for their local address, and Linux has no such method.
   * @ipvs #Y sync "A master tells of a connection after its client's packet, and of the template above it each time"
   */
  tell(row: Row, packets: number): void {
    const { sync_version: version } = this.#connections.sysctl;
    if (version === 0) this.#tellVersion0(row, packets);
    else this.#tellVersion1(row, packets);
  }

  #tellVersion1(first: Row, firstPackets: number): void {
    const { rows } = this.#connections.table;
    let packets = firstPackets;
    for (let row = first; row !== NONE; row = rows.control(row)) {
      if (row !== first) packets = this.#packetsOfController(row);
      if ((rows.flags(row) & ONE_PACKET) !== 0 || !this.#isDue(row, packets)) continue;
      // A template whose server's data is gone says nothing to anybody.
      if (rows.extras(row)?.engineData !== undefined && this.#connections.destinationOf(row) === undefined) return;
      this.#write(row, SYNC_VERSION);
    }
  }

  /** Version 0 goes no further up than the first that is not due (ip_vs_sync_conn_v0). */
  #tellVersion0(first: Row, firstPackets: number): void {
    const { rows } = this.#connections.table;
    let packets = firstPackets;
    for (let row = first; row !== NONE; row = rows.control(row)) {
      if (row !== first) packets = this.#packetsOfController(row);
      if (familyOf(rows.clientAddress(row)) !== AF_INET || (rows.flags(row) & ONE_PACKET) !== 0) return;
      if (!this.#isDue(row, packets)) return;
      this.#write(row, 0);
    }
  }

  #packetsOfController(row: Row): number {
    const { rows } = this.#connections.table;
    if ((rows.flags(row) & TEMPLATE) === 0) return this.#connections.sysctl.sync_threshold;
    rows.setInPackets(row, (rows.inPackets(row) + 1) >>> 0);
    return rows.inPackets(row);
  }

  #isDue(row: Row, packets: number): boolean {
    const isFullnat = (this.#connections.table.rows.flags(row) & ANSWERS_TO_LOCAL) !== 0;
    return !isFullnat && isToBeTold(this.#connections, row, packets);
  }

  /** differs: which thread a connection is told by depends on its address in memory; here on its row. */
  #write(row: Row, version: number): void {
    const thread = this.#threads[row & (this.#threads.length - 1)];
    if (thread === undefined) return;
    const size = version === 0 ? this.#sizeVersion0(row) : this.#sizeVersion1(row);
    const gathering = thread.roomFor(size, version, this.daemon, this.#connections);
    const { view } = gathering;
    const at = gathering.length - size;
    if (version === 0) this.#writeVersion0(row, size, view, at);
    else this.#writeVersion1(row, size, view, at);
    const count = version === 0 ? 0 : MESSAGE_COUNT;
    view.setUint8(count, view.getUint8(count) + 1);
    view.setUint16(MESSAGE_SIZE, gathering.length);
    this.#told(row);
  }

  #sizeVersion0(row: Row): number {
    return RECORD_V0 + ((this.#connections.table.rows.flags(row) & SEQUENCES_FLAGS) === 0 ? 0 : SEQUENCES);
  }

  #sizeVersion1(row: Row): number {
    const { rows } = this.#connections.table;
    const plain = familyOf(rows.clientAddress(row)) === AF_INET ? RECORD_IPV4 : RECORD_IPV6;
    const sequences = (rows.flags(row) & SEQUENCES_FLAGS) === 0 ? 0 : OPTION_HEADER + SEQUENCES;
    const named = rows.extras(row)?.engineData;
    const engine = named === undefined ? 0 : 2 * OPTION_HEADER + named.data.length + named.engine.name.length;
    return plain + sequences + engine;
  }

  #writeVersion0(row: Row, size: number, view: DataView, at: number): void {
    const addresses = writeRecordV0(view, at, this.#headOf(row, size));
    this.#writeAddresses(row, view, addresses);
    if (size > RECORD_V0) this.#writeSequences(row, view, at + RECORD_V0);
  }

  #writeVersion1(row: Row, size: number, view: DataView, at: number): void {
    const { rows } = this.#connections.table;
    let next = this.#writeAddresses(row, view, writeRecordHead(view, at, this.#headOf(row, size)));
    if ((rows.flags(row) & SEQUENCES_FLAGS) !== 0) {
      next = writeOption(view, next, OPTION_SEQUENCES, SEQUENCES);
      next = this.#writeSequences(row, view, next);
    }
    const named = rows.extras(row)?.engineData;
    if (named === undefined) return;
    next = writeBytes(view, writeOption(view, next, OPTION_ENGINE_DATA, named.data.length), named.data);
    const name = Uint8Array.from(named.engine.name, (letter) => letter.charCodeAt(0));
    writeBytes(view, writeOption(view, next, OPTION_ENGINE_NAME, name.length), name);
  }

  #headOf(row: Row, size: number): Parameters<typeof writeRecordHead>[2] {
    const { rows } = this.#connections.table;
    return {
      family: familyOf(rows.clientAddress(row)),
      protocol: rows.protocol(row),
      size,
      flags: rows.flags(row) & KERNEL_FLAGS & ~HASHED,
      state: rows.state(row),
      clientPort: rows.clientPort(row),
      virtualPort: rows.virtualPort(row),
      destinationPort: rows.destinationPort(row),
      fwmark: rows.fwmark(row),
      timeoutSeconds: Math.floor(rows.timeout(row) / this.#connections.ticks.hz),
    };
  }

  /** Where the next byte goes. */
  #writeAddresses(row: Row, view: DataView, at: number): number {
    const { table, addresses } = this.#connections;
    const width = familyOf(table.rows.clientAddress(row)) === AF_INET ? 4 : 16;
    addresses.write(view, at, table.rows.clientAddress(row));
    addresses.write(view, at + width, table.rows.virtualAddress(row));
    addresses.write(view, at + 2 * width, table.rows.destinationAddress(row));
    return at + 3 * width;
  }

  /**
   * differs: before 6.1.190 and 6.12.111 the kernel sends what happens to stand in its buffer, and loses its own numbers.
   * In version 0 they are in the host's byte order: here little-endian, as most are.
   */
  #writeSequences(row: Row, view: DataView, at: number): number {
    const sequences = this.#connections.table.rows.extras(row)?.sequences;
    const isVersion0 = this.#connections.sysctl.sync_version === 0;
    for (let word = 0; word < SEQUENCES / 4; word++) {
      view.setUint32(at + word * 4, sequences?.[word] ?? 0, isVersion0);
    }
    return at + SEQUENCES;
  }
}

function writeOption(view: DataView, at: number, type: number, length: number): number {
  view.setUint8(at, type);
  view.setUint8(at + 1, length);
  return at + OPTION_HEADER;
}

function writeBytes(view: DataView, at: number, bytes: Uint8Array): number {
  for (const [index, byte] of bytes.entries()) view.setUint8(at + index, byte);
  return at + bytes.length;
}
