/**
 * The sync daemons of a virtual server: at most one of either role. Mirrors start_sync_thread and stop_sync_thread of
 * net/netfilter/ipvs/ip_vs_sync.c.
 */

import type { SyncRefusal } from "../../trace/events.ts";
import { NONE, ONE_PACKET, type Row } from "../connection-rows.ts";
import { ControlError } from "../control-error.ts";
import type { VirtualServer } from "../virtual-server.ts";
import { type Heard, SyncBackup } from "./backup.ts";
import type { SyncDaemon, SyncSockets } from "./daemon.ts";
import { SyncMaster } from "./master.ts";

/** IPVS_SYNC_PORTS_MAX. */
const MOST_THREADS = 64;

/** Who hears what daemons do, while somebody explains. */
export interface SyncObserver {
  /** A master has written the connection down. */
  told(row: Row): void;
  /** A backup has taken over a record. */
  taken(what: Heard, row: Row): void;
  refused(why: SyncRefusal): void;
}

export class Synchronization {
  /** For the packet path: who is to be told of a connection. */
  master: SyncMaster | undefined = undefined;
  /** Whether a backup runs here (IP_VS_STATE_BACKUP). */
  isBackup = false;
  observer: SyncObserver | undefined = undefined;
  readonly #server: VirtualServer;
  readonly #sockets: SyncSockets;
  #backup: SyncBackup | undefined = undefined;
  /** Of both roles: what sync_ports was when the first began. */
  #threads = 1;

  constructor(server: VirtualServer, sockets: SyncSockets) {
    this.#server = server;
    this.#sockets = sockets;
  }

  /** The master first. */
  get daemons(): readonly SyncDaemon[] {
    return [this.master?.daemon, this.#backup?.daemon].filter((daemon) => daemon !== undefined);
  }

  /** Throws EEXIST. */
  start(daemon: SyncDaemon): void {
    const running = this.daemons;
    if (running.some(({ state }) => state === daemon.state)) throw new ControlError("EEXIST", "daemon runs");
    if (running.length === 0) this.#threads = Math.min(Math.max(this.#server.sysctl.sync_ports, 1), MOST_THREADS);
    if (daemon.state === "master") this.#startMaster(daemon);
    else this.#startBackup(daemon);
  }

  #startMaster(daemon: SyncDaemon): void {
    const { connections, agenda, sysctl } = this.#server;
    const master = new SyncMaster(daemon, this.#threads, connections, agenda, this.#sockets, (row) =>
      this.observer?.told(row),
    );
    this.master = master;
    connections.postponed = (row) => master.tell(row, sysctl.sync_threshold);
  }

  #startBackup(daemon: SyncDaemon): void {
    const backup = new SyncBackup(daemon, this.#server, {
      taken: (what, row) => this.observer?.taken(what, row),
      refused: (why) => this.observer?.refused(why),
    });
    this.#backup = backup;
    this.isBackup = true;
    this.#sockets.listen(daemon, this.#threads, backup.hear);
  }

  /** Throws ESRCH. */
  stop(state: SyncDaemon["state"]): void {
    const daemon = this.daemons.find((one) => one.state === state);
    if (daemon === undefined) throw new ControlError("ESRCH", "no daemon runs");
    this.#sockets.close(daemon);
    if (state === "backup") {
      this.#backup = undefined;
      this.isBackup = false;
      return;
    }
    this.master?.stop();
    this.master = undefined;
    this.#server.connections.postponed = undefined;
  }

  /** Counts a client's packet in its connection, and tells of that where it is due (ip_vs_core.c: ip_vs_in_hook). */
  count(row: Row): void {
    const { rows } = this.#server.connections.table;
    if ((rows.flags(row) & ONE_PACKET) === 0) {
      const packets = (rows.inPackets(row) + 1) >>> 0;
      rows.setInPackets(row, packets);
      this.master?.tell(row, packets);
    } else if (this.master !== undefined) {
      this.master.tell(row, this.#server.sysctl.sync_threshold);
    } else {
      const template = rows.control(row);
      if (template !== NONE) rows.setInPackets(template, (rows.inPackets(template) + 1) >>> 0);
    }
  }

  /**
   * Whether the director leaves all packets to others as long as it is a backup (include/net/ip_vs.h: sysctl_backup_only).
   * @ipvs #Y sync "backup_only: a backup balances nothing; replies of real servers are translated still"
   */
  get standsBy(): boolean {
    return this.isBackup && this.#server.sysctl.backup_only !== 0;
  }
}
