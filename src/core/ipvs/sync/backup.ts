/**
 * A backup: takes over what it hears of a master's connections.
 * Mirrors ip_vs_proc_sync_conn and ip_vs_proc_conn of net/netfilter/ipvs/ip_vs_sync.c.
 */
import type { SyncRefusal } from "../../trace/events.ts";
import type { AddressHandle } from "../../wire/address-table.ts";
import type { EngineData } from "../connection-extras.ts";
import { FORWARDING_MASK, INACTIVE, NONE, type Row, SYNCHRONIZED, TEMPLATE } from "../connection-rows.ts";
import { hashOf } from "../engines/engine.ts";
import { fullnat } from "../forwarding/fullnat.ts";
import { localNode } from "../forwarding/without-server.ts";
import { followingProtocolOf, protocolOf } from "../protocols/protocols.ts";
import { TEMPLATE_STATE_NAMES } from "../templates.ts";
import type { VirtualServer } from "../virtual-server.ts";
import type { SyncDaemon } from "./daemon.ts";
import { findDestination, isFullnat } from "./find-destination.ts";
import { copyNumbers, isOfOtherLocalEnd, localAddressOf, localPortOf } from "./local-end.ts";
import { isVersion1, readMessage, SEQUENCES_FLAGS, SyncRecord } from "./message.ts";
import { SEQUENCES } from "./options.ts";
import { readAddress } from "./record.ts";

/** What may change of a known connection's flags (IP_VS_CONN_F_BACKUP_UPD_MASK). */
const CHANGING_FLAGS = INACTIVE | SEQUENCES_FLAGS;
/** Seconds of an entry whose master does not say (templates, and protocols without timeouts). */
const UNTOLD_TIMEOUT = 180;
/** A state is 16 bits in the kernel; here all that do not exist are this one. */
const LAST_STATE = 255;
const MOST_TICKS = 0xffffffff;

/** What became of a record. */
export type Heard = "created" | "updated" | "replaced";
interface BackupObserver {
  taken(what: Heard, row: Row): void;
  refused(why: SyncRefusal): void;
}

export class SyncBackup {
  readonly daemon: SyncDaemon;
  readonly #server: VirtualServer;
  readonly #record = new SyncRecord();
  readonly #observer: BackupObserver;

  constructor(daemon: SyncDaemon, server: VirtualServer, observer: BackupObserver) {
    this.daemon = daemon;
    this.#server = server;
    this.#observer = observer;
  }

  /** A datagram came. What is longer than the buffer is truncated, and so has the wrong size. */
  readonly hear = (datagram: DataView): void => {
    const length = Math.min(datagram.byteLength, this.daemon.maxLength);
    const message = new DataView(datagram.buffer, datagram.byteOffset, length);
    const fault = readMessage(message, this.daemon.syncId, this.#record, this);
    if (fault !== undefined) this.refused(fault);
  };

  refused(why: SyncRefusal): void {
    this.#observer.refused(why);
  }

  record(record: SyncRecord): void {
    const fault = this.#faultOf(record) ?? this.#take(record);
    if (fault !== undefined) this.refused(fault);
  }

  /** @ipvs #Y sync "An impossible state is refused; of a template only by newer kernels" */
  #faultOf({ flags, protocol, state, engineData, engineName, life }: SyncRecord): SyncRefusal | undefined {
    if (life >= 0) return "optionUnknown";
    if ((flags & TEMPLATE) === 0) {
      const states = protocolOf(protocol)?.stateNames.length ?? (followingProtocolOf(protocol) === undefined ? 0 : 1);
      if (states === 0) return "protocol";
      if (state >= states) return "state";
    } else if (state >= TEMPLATE_STATE_NAMES.length && this.#server.release.refusesImpossibleSyncStates) {
      return "templateState";
    }
    return engineData !== undefined && this.#server.engines.findLoaded(engineName) === undefined ? "engine" : undefined;
  }

  /** ip_vs_proc_conn. */
  #take(record: SyncRecord): SyncRefusal | undefined {
    const { connections } = this.#server;
    const { rows } = connections.table;
    let row = this.#find(record);
    let what: Heard = row === NONE ? "created" : "updated";
    if (row !== NONE && (record.flags & TEMPLATE) === 0 && this.#isElsewhere(record, row)) {
      // An inactive one has long been replaced: the message is late.
      if ((record.flags & INACTIVE) !== 0) return "replaced";
      connections.expireNow(row);
      row = NONE;
      what = "replaced";
    }
    if (row === NONE) {
      const made = this.#create(record);
      if (typeof made !== "number") return made;
      row = made;
    } else this.#update(record, row);
    if (record.local >= 0) copyNumbers(this.#server, record, row);
    this.#copySequences(record, row);
    rows.setInPackets(row, this.#server.sysctl.sync_threshold);
    rows.setState(row, Math.min(record.state, LAST_STATE));
    rows.setToldState(row, rows.state(row));
    const timeout = this.#timeoutOf(record, row);
    rows.setTimeout(row, Math.min(timeout, MOST_TICKS));
    // A row has room for less than a master can tell; a packet shortens its time to that.
    if (timeout <= MOST_TICKS) connections.restartTimer(row);
    else connections.timers.resume(row, timeout);
    this.#observer.taken(what, row);
    return undefined;
  }

  #find(record: SyncRecord): Row {
    const { table } = this.#server.connections;
    const client = this.#address(record, record.client);
    const virtual = this.#address(record, record.virtual);
    return (record.flags & TEMPLATE) === 0
      ? table.findRequest(record.protocol, client, record.clientPort, virtual, record.virtualPort)
      : table.findTemplate(record.protocol, client, virtual, record.virtualPort, this.#engineDataOf(record));
  }

  #address({ family, view, local }: SyncRecord, at: number): AddressHandle {
    return readAddress(this.#server, family, view, at, local >= 0);
  }

  #engineDataOf({ engineData: data, engineName }: SyncRecord): EngineData | undefined {
    const engine = this.#server.engines.findLoaded(engineName);
    return data === undefined || engine === undefined ? undefined : { engine, data, hash: hashOf(data) };
  }

  #isElsewhere(record: SyncRecord, row: Row): boolean {
    const { rows } = this.#server.connections.table;
    return (
      rows.destinationPort(row) !== record.destinationPort ||
      rows.destinationAddress(row) !== this.#address(record, record.destination) ||
      isOfOtherLocalEnd(this.#server, record, row)
    );
  }

  /**
   * Without a real server that is known here the entry is made all the same, and goes its way by what its flags say.
   * @ipvs #Y sync "A backup's entry has the method of its own real server, and without one the master's"
   */
  #create(record: SyncRecord): Row | SyncRefusal {
    const { connections } = this.#server;
    if (connections.table.rows.isFull) return "full";
    const spec = {
      protocol: record.protocol,
      clientAddress: this.#address(record, record.client),
      clientPort: record.clientPort,
      virtualAddress: this.#address(record, record.virtual),
      virtualPort: record.virtualPort,
      destinationAddress: this.#address(record, record.destination),
      destinationPort: record.destinationPort,
      flags: withMethod(record.flags) | SYNCHRONIZED,
      fwmark: record.fwmark,
    };
    const destination = findDestination(this.#server, spec);
    const local = record.local < 0 ? undefined : localAddressOf(this.#server, record, destination);
    if (record.local >= 0 && local === undefined) return "local";
    if (destination !== undefined && isFullnat(destination) && local === undefined) return "fullnat";
    const row = connections.create(spec, destination);
    if (local !== undefined) connections.localAddresses.bind(row, local, localPortOf(record));
    const named = (record.flags & TEMPLATE) === 0 ? undefined : this.#engineDataOf(record);
    if (named !== undefined) connections.table.rows.addExtras(row).engineData = named;
    connections.insert(row);
    return row;
  }

  #update({ flags }: SyncRecord, row: Row): void {
    const { connections } = this.#server;
    const { rows } = connections.table;
    if ((flags & TEMPLATE) === 0) connections.bindings.setActive(row, (flags & INACTIVE) === 0);
    rows.setFlags(row, (rows.flags(row) & ~CHANGING_FLAGS) | (flags & CHANGING_FLAGS));
    if (connections.destinationOf(row) === undefined) this.#bindLate(row);
  }

  /** @ipvs #Y sync "An entry without a real server is bound to it by the next message once it is there" */
  #bindLate(row: Row): void {
    const { connections } = this.#server;
    const { rows } = connections.table;
    const destination = findDestination(this.#server, {
      protocol: rows.protocol(row),
      virtualAddress: rows.virtualAddress(row),
      virtualPort: rows.virtualPort(row),
      destinationAddress: rows.destinationAddress(row),
      destinationPort: rows.destinationPort(row),
      flags: rows.flags(row),
      fwmark: rows.fwmark(row),
    });
    if (destination !== undefined && !isFullnat(destination)) connections.bindLate(row, destination);
  }

  #copySequences({ view, sequences }: SyncRecord, row: Row): void {
    if (sequences < 0) return;
    const littleEndian = !isVersion1(view);
    const words = Array.from({ length: SEQUENCES / 4 }, (_, word) =>
      view.getUint32(sequences + word * 4, littleEndian),
    );
    this.#server.connections.table.rows.addExtras(row).sequences = Uint32Array.from(words);
  }

  /** Ticks. */
  #timeoutOf({ flags, protocol, state, timeoutSeconds }: SyncRecord, row: Row): number {
    const { timeouts, ticks, table } = this.#server.connections;
    if (timeoutSeconds !== 0) return timeoutSeconds * ticks.hz;
    const known = protocolOf(protocol);
    const isTemplate = ((flags | table.rows.flags(row)) & TEMPLATE) !== 0;
    return isTemplate || known === undefined ? UNTOLD_TIMEOUT * ticks.hz : known.timeout(timeouts, state);
  }
}

/** FULLNAT's number means nothing to a master of Linux: nor does it here without a local end, and another that means nothing takes its place. */
const withMethod = (flags: number): number =>
  (flags & FORWARDING_MASK) === fullnat.number ? (flags & ~FORWARDING_MASK) | localNode.number : flags;
