/** Makes the connections of a snapshot again. The rules must be there: an entry is bound to the real server that it names. */

import type { Ticks } from "../../time/kernel-ticks.ts";
import type { SyncRefusal } from "../../trace/events.ts";
import { ANSWERS_MASK, FORWARDING_MASK, NONE, type Row, SYNCHRONIZED } from "../connection-rows.ts";
import { hashOf } from "../engines/engine.ts";
import { fullnat } from "../forwarding/fullnat.ts";
import { connectionMethodOf } from "../forwarding/methods.ts";
import type { LocalAddress } from "../local-address.ts";
import { followingProtocolOf, protocolOf } from "../protocols/protocols.ts";
import { addControl } from "../templates.ts";
import { SequenceShift } from "../tracking/sequence-shift.ts";
import type { VirtualServer } from "../virtual-server.ts";
import { findDestination } from "./find-destination.ts";
import { addressOfLocal, copyNumbers, localPortOf } from "./local-end.ts";
import { ANY_SYNC_ID, MESSAGE_HEADER, MESSAGE_SIZE, readMessage, SyncRecord } from "./message.ts";
import { SEQUENCES } from "./options.ts";
import { KERNEL_FLAGS, readAddress } from "./record.ts";
import {
  LIFE_CONTROLLER,
  LIFE_FLAGS,
  LIFE_HELPER,
  LIFE_LEFT,
  LIFE_NUMBER,
  LIFE_PACKETS,
  LIFE_SHIFTS,
  LIFE_TIMEOUT,
  type SnapshotTime,
} from "./snapshot.ts";

const MOST_TICKS = 0xffffffff;
const SECOND = 1_000_000;

/** How many connections were made again, and how many were not, by reason. */
export interface Restored {
  readonly connections: number;
  readonly refused: ReadonlyMap<SyncRefusal, number>;
}

/**
 * Takes over a snapshot: time that has passed counts, and what expired meanwhile does so with the next tick, by the rules of
 * all timers. A message that is broken ends it.
 */
export function restoreSnapshot(server: VirtualServer, bytes: Uint8Array, time: SnapshotTime): Restored {
  const restoration = new Restoration(server, time);
  const record = new SyncRecord();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length; ) {
    const size = at + MESSAGE_HEADER <= bytes.length ? view.getUint16(at + MESSAGE_SIZE) : 0;
    if (size < MESSAGE_HEADER || at + size > bytes.length) {
      restoration.refused("size");
      break;
    }
    const fault = readMessage(
      new DataView(bytes.buffer, bytes.byteOffset + at, size),
      ANY_SYNC_ID,
      record,
      restoration,
    );
    if (fault !== undefined) restoration.refused(fault);
    at += size;
  }
  return restoration.finish();
}

class Restoration {
  readonly #server: VirtualServer;
  /** Ticks of this director to one of the snapshot's, and those that have passed. */
  readonly #scale: number;
  readonly #elapsed: Ticks;
  /** Rows by the numbers that they had, and the numbers of those that control them. */
  readonly #rows = new Map<number, Row>();
  readonly #controllers: [row: Row, controller: number][] = [];
  readonly #refused = new Map<SyncRefusal, number>();

  constructor(server: VirtualServer, { hz, elapsed }: SnapshotTime) {
    const own = server.ticks.hz;
    this.#server = server;
    this.#scale = own / hz;
    this.#elapsed = Math.floor((Math.max(0, elapsed) / SECOND) * own);
  }

  refused(why: SyncRefusal): void {
    this.#refused.set(why, (this.#refused.get(why) ?? 0) + 1);
  }

  record(record: SyncRecord): void {
    const made = this.#make(record);
    if (typeof made !== "number") {
      this.refused(made);
      return;
    }
    const { view, life } = record;
    this.#rows.set(view.getInt32(life + LIFE_NUMBER), made);
    const controller = view.getInt32(life + LIFE_CONTROLLER);
    if (controller !== NONE) this.#controllers.push([made, controller]);
  }

  finish(): Restored {
    for (const [row, number] of this.#controllers) {
      const controller = this.#rows.get(number);
      if (controller !== undefined && controller !== row) this.#putUnder(row, controller);
    }
    return { connections: this.#rows.size, refused: this.#refused };
  }

  /** A data connection that a helper awaits belongs to no service: its real server is that of the connection above it. */
  #putUnder(row: Row, controller: Row): void {
    const { connections } = this.#server;
    const { rows } = connections.table;
    addControl(rows, row, controller);
    const destination = connections.destinationOf(controller);
    if (destination === undefined || destination.handle !== rows.destinationAddress(row)) return;
    if (connections.destinationOf(row) !== undefined) return;
    const flags = rows.flags(row) & ~SYNCHRONIZED;
    connections.bindLate(row, destination);
    rows.setFlags(row, flags);
  }

  #make(record: SyncRecord): Row | SyncRefusal {
    const { connections } = this.#server;
    const { rows } = connections.table;
    if (rows.isFull) return "full";
    if (record.life < 0) return "optionUnknown";
    if (protocolOf(record.protocol) === undefined && followingProtocolOf(record.protocol) === undefined)
      return "protocol";
    const flags = record.view.getUint32(record.life + LIFE_FLAGS) & KERNEL_FLAGS;
    const method = connectionMethodOf(flags & FORWARDING_MASK);
    const local = record.local < 0 ? undefined : this.#localAddress(record);
    if ((method === fullnat) !== (local !== undefined)) return "local";
    const row = this.#create(record, flags);
    if (local !== undefined) {
      connections.localAddresses.bind(row, local, localPortOf(record));
      copyNumbers(this.#server, record, row);
    }
    this.#fillIn(record, row);
    connections.insert(row);
    const { view, life } = record;
    const left = Math.round(view.getUint32(life + LIFE_LEFT) * this.#scale) - this.#elapsed;
    connections.timers.resume(row, Math.max(0, left));
    return row;
  }

  /**
   * It keeps the method that it was made with, even if its server has another by now; and has it without a server here, as
   * what a master told of.
   */
  #create(record: SyncRecord, flags: number): Row {
    const { connections } = this.#server;
    const { rows } = connections.table;
    const address = (at: number) => readAddress(this.#server, record.family, record.view, at, true);
    const spec = {
      protocol: record.protocol,
      clientAddress: address(record.client),
      clientPort: record.clientPort,
      virtualAddress: address(record.virtual),
      virtualPort: record.virtualPort,
      destinationAddress: address(record.destination),
      destinationPort: record.destinationPort,
      flags: flags | SYNCHRONIZED,
      fwmark: record.fwmark,
    };
    const destination = findDestination(this.#server, spec);
    const row = connections.create(spec, destination);
    const ours = rows.flags(row) & ~KERNEL_FLAGS & ~ANSWERS_MASK;
    const told = destination === undefined ? SYNCHRONIZED : 0;
    rows.setFlags(row, ours | flags | told | connectionMethodOf(flags & FORWARDING_MASK).answers);
    return row;
  }

  /** The local address need not be in a pool any more, as long as it is the director's. */
  #localAddress(record: SyncRecord): LocalAddress | undefined {
    const handle = addressOfLocal(this.#server, record);
    return this.#server.services
      .list()
      .flatMap(({ localAddresses }) => localAddresses)
      .find((one) => one.handle === handle);
  }

  #fillIn({ view, life, state, sequences, engineData, engineName }: SyncRecord, row: Row): void {
    const { rows } = this.#server.connections.table;
    rows.setState(row, state);
    rows.setTimeout(row, Math.min(Math.round(view.getUint32(life + LIFE_TIMEOUT) * this.#scale), MOST_TICKS));
    rows.setInPackets(row, view.getUint32(life + LIFE_PACKETS));
    rows.setToldState(row, state);
    const engine = engineData === undefined ? undefined : this.#server.engines.find(engineName);
    if (engineData !== undefined && engine !== undefined)
      rows.addExtras(row).engineData = { engine, data: engineData, hash: hashOf(engineData) };
    if (sequences >= 0) {
      const words = Array.from({ length: SEQUENCES / 4 }, (_, word) => view.getUint32(sequences + word * 4));
      rows.addExtras(row).sequences = Uint32Array.from(words);
    }
    const helper = view.getUint32(life + LIFE_HELPER);
    if (helper !== 0) rows.addExtras(row).appState = helper;
    const shifts = { inShift: shiftAt(view, life + LIFE_SHIFTS), outShift: shiftAt(view, life + LIFE_SHIFTS + 12) };
    if (!shifts.inShift.isNone || !shifts.outShift.isNone) rows.addExtras(row).shifts = shifts;
  }
}

function shiftAt(view: DataView, at: number): SequenceShift {
  const shift = new SequenceShift();
  shift.position = view.getUint32(at);
  shift.after = view.getInt32(at + 4);
  shift.before = view.getInt32(at + 8);
  return shift;
}
