/**
 * A master: writes connections down as they change. What has gathered is sent by its threads (master-thread.ts).
 * Mirrors ip_vs_sync_conn of net/netfilter/ipvs/ip_vs_sync.c.
 */
import type { KernelTimers } from "../../time/kernel-timers.ts";
import { AF_INET } from "../../wire/address.ts";
import { familyOf } from "../../wire/address-table.ts";
import { ANSWERS_TO_LOCAL, NONE, ONE_PACKET, type Row, TEMPLATE } from "../connection-rows.ts";
import type { Connections } from "../connections.ts";
import type { SyncDaemon, SyncSockets } from "./daemon.ts";
import { MasterThread } from "./master-thread.ts";
import { MESSAGE_COUNT, MESSAGE_SIZE, SYNC_VERSION } from "./message.ts";
import { sizeOfRecord, sizeOfRecordV0, writeRecord, writeRecordV0 } from "./record.ts";
import { isNews, isOldNews, isToBeTold } from "./when.ts";

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
      (_, number) =>
        new MasterThread(timers, connections.timers.now, daemon, (message) => sockets.send(daemon, number, message)),
    );
  }

  /** What has gathered is lost (stop_sync_thread). */
  stop(): void {
    for (const thread of this.#threads) thread.stop();
  }

  /** Sends what is news. */
  hurry(): void {
    for (const thread of this.#threads) thread.hurry(this.#connections.timers.now);
  }

  /**
   * A connection has had its packet of this number from the client, or lives on for those that it controls: tells of it
   * if that is due, and of who controls it (ip_vs_sync_conn).
   * differs: Linux has no FULLNAT. Its connections are told in version 1, each with an option for its local end (options.ts).
   * @ipvs #Y sync "A master tells of a connection after its client's packet, and of the template above it each time"
   */
  tell(row: Row, packets: number): void {
    if (isOldNews(this.#connections, row, packets)) return;
    const { sync_version: version } = this.#connections.sysctl;
    if (version === 0) this.#tellVersion0(row, packets);
    else this.#tellVersion1(row, packets);
  }

  #tellVersion1(first: Row, firstPackets: number): void {
    const { rows } = this.#connections.table;
    let packets = firstPackets;
    let isUrgent = false;
    for (let row = first; row !== NONE; row = rows.control(row)) {
      if (row !== first) packets = this.#packetsOfController(row);
      if ((rows.flags(row) & ONE_PACKET) !== 0) continue;
      const isNew = this.#isNews(row, packets);
      isUrgent ||= isNew;
      if (!isNew && !isToBeTold(this.#connections, row, packets)) continue;
      // A template whose server's data is gone says nothing to anybody.
      if (rows.extras(row)?.engineData !== undefined && this.#connections.destinationOf(row) === undefined) return;
      this.#write(row, SYNC_VERSION, isUrgent);
    }
  }

  /** Version 0 goes no further up than the first that is not due (ip_vs_sync_conn_v0). */
  #tellVersion0(first: Row, firstPackets: number): void {
    const { rows } = this.#connections.table;
    let packets = firstPackets;
    let isUrgent = false;
    for (let row = first; row !== NONE; row = rows.control(row)) {
      if (row !== first) packets = this.#packetsOfController(row);
      if (familyOf(rows.clientAddress(row)) !== AF_INET || (rows.flags(row) & ONE_PACKET) !== 0) return;
      if ((rows.flags(row) & ANSWERS_TO_LOCAL) !== 0) return;
      const isNew = this.#isNews(row, packets);
      isUrgent ||= isNew;
      if (!isNew && !isToBeTold(this.#connections, row, packets)) return;
      this.#write(row, 0, isUrgent);
    }
  }

  #packetsOfController(row: Row): number {
    const { rows } = this.#connections.table;
    if ((rows.flags(row) & TEMPLATE) === 0) return this.#connections.sysctl.sync_threshold;
    rows.setInPackets(row, (rows.inPackets(row) + 1) >>> 0);
    return rows.inPackets(row);
  }

  /** Whether a master that tells at once has something to tell. What a backup knows already may wait for more. */
  #isNews(row: Row, packets: number): boolean {
    return this.daemon.prompt === true && isNews(this.#connections, row, packets);
  }

  /** Tells of a connection, whatever was told before. */
  repeat(row: Row): void {
    this.#write(row, SYNC_VERSION, this.daemon.prompt === true);
  }

  /** differs: which thread a connection is told by depends on its address in memory; here on its row. */
  #write(row: Row, version: number, isUrgent: boolean): void {
    const thread = this.#threads[row & (this.#threads.length - 1)];
    if (thread === undefined) return;
    const connections = this.#connections;
    const size = version === 0 ? sizeOfRecordV0(connections, row) : sizeOfRecord(connections, row);
    const gathering = thread.roomFor(size, version, connections);
    const { view } = gathering;
    const at = gathering.length - size;
    if (version === 0) writeRecordV0(connections, row, view, at);
    else writeRecord(connections, row, size, view, at);
    const count = version === 0 ? 0 : MESSAGE_COUNT;
    view.setUint8(count, view.getUint8(count) + 1);
    view.setUint16(MESSAGE_SIZE, gathering.length);
    if (isUrgent) thread.sendSoon(connections.timers.now);
    this.#told(row);
  }
}
