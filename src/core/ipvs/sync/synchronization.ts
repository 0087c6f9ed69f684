/**
 * The sync daemons of a virtual server: at most one of either role. Mirrors start_sync_thread and stop_sync_thread of
 * net/netfilter/ipvs/ip_vs_sync.c.
 */

import type { Appointment } from "../../time/agenda.ts";
import type { Microseconds } from "../../time/kernel-ticks.ts";
import type { SyncRefusal } from "../../trace/events.ts";
import { HASHED, NONE, ONE_PACKET, type Row, SYNCHRONIZED } from "../connection-rows.ts";
import { ControlError } from "../control-error.ts";
import type { VirtualServer } from "../virtual-server.ts";
import { type Heard, SyncBackup } from "./backup.ts";
import type { SyncDaemon, SyncSockets } from "./daemon.ts";
import { SyncMaster } from "./master.ts";
import { connectionsAtEnd, endMessage, isEnd, isRequest, requestMessage } from "./message.ts";

/** IPVS_SYNC_PORTS_MAX. */
const MOST_THREADS = 64;

/** How often a backup asks for all connections, and microseconds from one time to the next: a datagram may be lost. */
const REQUESTS = 3;
const REQUEST_INTERVAL = 500_000;
/** How often a backup learns all of them, at most. */
const TURNS = 3;
/** Who hears nothing for so long has nobody to learn from. */
const PATIENCE = 2_000_000;
/** 200 000 connections a second. */
const ROWS_AT_ONCE = 200;
const TURN = 1000;

/** Who hears what daemons do, while somebody explains. */
export interface SyncObserver {
  /** A master has written the connection down. */
  told(row: Row): void;
  /** A backup has taken over a record. */
  taken(what: Heard, row: Row): void;
  refused(why: SyncRefusal): void;
}

/** Which rows are told of, by their flags, and whether that is still wanted. */
interface MeantRows {
  readonly isMeant: (flags: number) => boolean;
  readonly goesOn: () => boolean;
}

const isHashed = (flags: number): boolean => (flags & HASHED) !== 0;

export class Synchronization {
  /** For the packet path: who is to be told of a connection. */
  master: SyncMaster | undefined = undefined;
  /** Whether a backup runs here (IP_VS_STATE_BACKUP). */
  isBackup = false;
  observer: SyncObserver | undefined = undefined;
  readonly #server: VirtualServer;
  readonly #sockets: SyncSockets;
  #backup: SyncBackup | undefined = undefined;
  #isTellingAll = false;
  /** How many times somebody goes through the rows at the moment. */
  #tellings = 0;
  /** Whether a backup has heard of all connections of this master. */
  #hasToldAll = false;
  #learnsUntil: Microseconds = 0;
  #turns = 0;
  /** Whether the last question has had no reply yet. */
  #isUnanswered = false;
  #nextRequest: Appointment | undefined = undefined;
  /** Of both roles: what sync_ports was when the first began. */
  #threads = 1;

  constructor(server: VirtualServer, sockets: SyncSockets) {
    this.#server = server;
    this.#sockets = sockets;
  }

  /** Whether a master goes through connections by the numbers of their rows. */
  get isTellingRows(): boolean {
    return this.#tellings > 0;
  }

  /** The master first. */
  get daemons(): readonly SyncDaemon[] {
    return [this.master?.daemon, this.#backup?.daemon].filter((daemon) => daemon !== undefined);
  }

  /** Where a backup hears of connections. */
  get heardAt(): string | undefined {
    return this.#backup?.daemon.mcastInterface;
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
    this.#hasToldAll = false;
    connections.postponed = (row) => master.tell(row, sysctl.sync_threshold);
  }

  #startBackup(daemon: SyncDaemon): void {
    const backup = new SyncBackup(daemon, this.#server, {
      taken: (what, row) => this.observer?.taken(what, row),
      refused: (why) => this.observer?.refused(why),
    });
    this.#backup = backup;
    this.isBackup = true;
    const hear = daemon.prompt === true ? (message: DataView) => this.#hearPrompt(backup, message) : backup.hear;
    this.#sockets.listen(daemon, this.#threads, hear);
  }

  /** Masters that tell at once listen, too: what is asked for, what others tell while two take themselves for masters. */
  #hearPrompt(backup: SyncBackup, message: DataView): void {
    const { syncId } = backup.daemon;
    if (isRequest(message, syncId)) {
      if (this.master?.daemon.prompt === true) this.#tellAll(this.master);
    } else if (isEnd(message, syncId)) this.#hearEnd(connectionsAtEnd(message));
    else {
      if (this.isLearning) {
        this.#learnsUntil = this.#server.now + PATIENCE;
        this.#isUnanswered = false;
      }
      backup.hear(message);
    }
  }

  /** A master has told of so many. If there are fewer here, datagrams were lost: then it is asked again. */
  #hearEnd(connections: number): void {
    const isShort = this.isLearning && this.#server.connections.table.rows.count < connections;
    this.#learnsUntil = 0;
    this.#isUnanswered = false;
    if (isShort && --this.#turns > 0) this.#ask();
  }

  /** Asks a master for all of its connections, as who has just begun knows none. Without an answer it was in vain. */
  learn(): void {
    this.#turns = TURNS;
    this.#isUnanswered = true;
    this.#ask();
  }

  /** Whether nobody has replied to what was asked: there was no master yet, or it is none that replies. */
  get hasAskedInVain(): boolean {
    return this.#isUnanswered;
  }

  #ask(): void {
    this.#learnsUntil = this.#server.now + PATIENCE;
    this.#server.agenda.cancel(this.#nextRequest);
    this.#askForAll(REQUESTS);
  }

  /** Whether a master is still telling of connections that are not known here. */
  get isLearning(): boolean {
    return this.#server.now < this.#learnsUntil;
  }

  #askForAll(times: number): void {
    const { agenda, now } = this.#server;
    if (times === 0 || this.#backup === undefined || !this.isLearning) return;
    const { daemon } = this.#backup;
    this.#sockets.send(daemon, 0, requestMessage(daemon.syncId));
    this.#nextRequest = agenda.schedule(now + REQUEST_INTERVAL, () => this.#askForAll(times - 1));
  }

  /** Tells who has asked of all connections. */
  #tellAll(master: SyncMaster): void {
    if (this.#isTellingAll) return;
    this.#isTellingAll = true;
    const all = { isMeant: isHashed, goesOn: () => this.master === master };
    this.#tellRows(master, all, (told) => {
      this.#isTellingAll = false;
      if (this.master === master) this.#hasToldAll = true;
      this.#sockets.send(master.daemon, 0, endMessage(master.daemon.syncId, told));
    });
  }

  /**
   * A master that yields tells the other one of the connections that began here: it could not hear of them if both were master because
   * nothing passed between them. Who has asked for all meanwhile has heard of them.
   */
  #tellOwn(master: SyncMaster): void {
    const own = {
      isMeant: (flags: number) => isHashed(flags) && (flags & SYNCHRONIZED) === 0,
      goesOn: () => this.master === undefined,
    };
    this.#tellRows(master, own, () => master.stop());
  }

  /** Some at a time: as fast as a backup may take them. `ended` is behind what has gathered, and hears of how many. */
  #tellRows(master: SyncMaster, { isMeant, goesOn }: MeantRows, ended: (told: number) => void): void {
    const { agenda, connections } = this.#server;
    const { rows } = connections.table;
    let next = 0;
    let told = 0;
    const tellSome = (): void => {
      const end = Math.min(rows.end, next + ROWS_AT_ONCE);
      for (; next < end && goesOn(); next++) {
        if (!rows.inUse(next) || !isMeant(rows.flags(next))) continue;
        master.repeat(next);
        told++;
      }
      const isDone = !goesOn() || next >= rows.end;
      if (isDone) this.#tellings--;
      agenda.schedule(this.#server.now + TURN, isDone ? () => ended(told) : tellSome);
    };
    this.#tellings++;
    tellSome();
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
    const { master } = this;
    this.master = undefined;
    this.#server.connections.postponed = undefined;
    if (master?.daemon.prompt === true && !this.#hasToldAll) this.#tellOwn(master);
    else master?.stop();
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
    return this.isBackup && this.master?.daemon.prompt !== true && this.#server.sysctl.backup_only !== 0;
  }
}
