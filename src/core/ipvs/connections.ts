/**
 * How a connection lives: made, bound to a destination, kept alive by packets, expired.
 * Mirrors net/netfilter/ipvs/ip_vs_conn.c. Finding one is connection-table.ts.
 */
import type { KernelTicks } from "../time/kernel-ticks.ts";
import { TimerWheel } from "../time/timer-wheel.ts";
import type { AddressHandle, AddressTable } from "../wire/address-table.ts";
import { AppPorts } from "./apps/app-ports.ts";
import { Compaction } from "./compaction.ts";
import { FORWARDING_MASK, NONE, ONE_PACKET, type Row } from "./connection-rows.ts";
import { ConnectionTable } from "./connection-table.ts";
import { ConnectionTimers } from "./connection-timers.ts";
import type { Destination } from "./destination.ts";
import { DestinationBindings } from "./destination-bindings.ts";
import type { ForwardingMethod } from "./forwarding/method.ts";
import { connectionMethodOf } from "./forwarding/methods.ts";
import { LocalAddresses } from "./local-addresses.ts";
import { Timeouts } from "./protocols/timeouts.ts";
import type { VsSysctl } from "./sysctl.ts";
import { endControl, isAssuredTemplate } from "./templates.ts";

/** An entry that controls others lives on by so many seconds, again and again (ip_vs_conn_expire). */
const POSTPONEMENT = 60;

/** What makes a connection; ports and addresses as they stand in the client's packet. Borrowed. */
export interface NewConnection {
  readonly protocol: number;
  readonly clientAddress: AddressHandle;
  readonly clientPort: number;
  readonly virtualAddress: AddressHandle;
  readonly virtualPort: number;
  readonly destinationAddress: AddressHandle;
  readonly destinationPort: number;
  /** TEMPLATE, ONE_PACKET, and the forwarding method where there is no destination (BYPASS). */
  readonly flags: number;
  readonly fwmark: number;
}

export class Connections {
  readonly table: ConnectionTable;
  /** What makes the table smaller again. */
  readonly compaction: Compaction;
  readonly ticks: KernelTicks;
  readonly timeouts: Timeouts;
  readonly timers: ConnectionTimers;
  readonly addresses: AddressTable;
  readonly bindings: DestinationBindings;
  readonly localAddresses: LocalAddresses;
  /** The application helpers that are loaded. */
  readonly apps = new AppPorts();
  readonly sysctl: Readonly<VsSysctl>;
  /** Hears of each entry that is about to leave the table, while somebody explains. */
  expired: ((row: Row) => void) | undefined = undefined;
  /** Hears of each entry that is to go before its time, likewise. */
  hastened: ((row: Row) => void) | undefined = undefined;
  /** Hears of each entry that lives on for those that it controls. */
  postponed: ((row: Row) => void) | undefined = undefined;

  constructor(
    addresses: AddressTable,
    sysctl: Readonly<VsSysctl>,
    ticks: KernelTicks,
    capacity?: number,
    seed?: number,
  ) {
    this.addresses = addresses;
    this.sysctl = sysctl;
    this.ticks = ticks;
    this.timeouts = new Timeouts(ticks.hz);
    this.table = new ConnectionTable(capacity, seed);
    const { rows } = this.table;
    const wheel = new TimerWheel(rows, ticks);
    this.compaction = new Compaction(this.table, wheel);
    this.timers = new ConnectionTimers(rows, wheel, ticks, this.timeouts, (row) => this.#expire(row));
    this.bindings = new DestinationBindings(rows);
    this.localAddresses = new LocalAddresses(rows, addresses);
  }

  destinationOf(row: Row): Destination | undefined {
    return this.bindings.of(row);
  }

  /** The forwarding method of a connection. */
  methodOf(row: Row): ForwardingMethod {
    return connectionMethodOf(this.table.rows.flags(row) & FORWARDING_MASK);
  }

  // --- made

  /**
   * A new connection bound to its destination, inactive and with 3 s to live (ip_vs_conn_new, ip_vs_bind_dest).
   * One-packet connections are never put into the table.
   * @ipvs #Y connections "The method is copied into the connection: editing a destination does not change it"
   */
  create(spec: NewConnection, destination: Destination | undefined): Row {
    const rows = this.table.rows;
    const row = rows.take();
    rows.setProtocol(row, spec.protocol);
    rows.setClientAddress(row, this.addresses.keep(spec.clientAddress));
    rows.setClientPort(row, spec.clientPort);
    rows.setVirtualAddress(row, this.addresses.keep(spec.virtualAddress));
    rows.setVirtualPort(row, spec.virtualPort);
    rows.setDestinationAddress(row, this.addresses.keep(spec.destinationAddress));
    rows.setDestinationPort(row, spec.destinationPort);
    rows.setFlags(row, spec.flags);
    rows.setFwmark(row, spec.fwmark);
    rows.setTimeout(row, this.timeouts.initial);
    if (destination !== undefined) this.bindings.bind(row, destination);
    else rows.setFlags(row, spec.flags | connectionMethodOf(spec.flags & FORWARDING_MASK).answers);
    rows.setToldEnd(row, (this.timers.tick & ~3) >>> 0);
    this.apps.bind(rows, row);
    return row;
  }

  /** Makes a created connection findable. Separate, because a FULLNAT connection needs its local port first. */
  insert(row: Row): void {
    if ((this.table.rows.flags(row) & ONE_PACKET) === 0) this.table.insert(row);
  }

  /** An entry that a master told of gets its real server after all (ip_vs_try_bind_dest). */
  bindLate(row: Row, destination: Destination): void {
    const { rows } = this.table;
    this.apps.unbind(rows, row);
    this.bindings.bind(row, destination);
    this.apps.bind(rows, row);
  }

  // --- kept alive

  /** Gives an entry its full timeout again, after a packet (ip_vs_conn_put). A one-packet entry ends here. */
  restartTimer(row: Row): void {
    if ((this.table.rows.flags(row) & ONE_PACKET) !== 0 && !this.timers.isPending(row)) this.#expire(row);
    else this.timers.restart(row);
  }

  // --- ended

  /** Makes the entry expire with the next tick (ip_vs_conn_expire_now). */
  expireNow(row: Row): void {
    if (!this.timers.isPending(row)) return;
    this.hastened?.(row);
    this.timers.endNextTick(row);
  }

  /** Deletes an entry at once, and who controls it with it, if that controls no other and nobody assured it (ip_vs_conn_del). */
  delete(row: Row): void {
    this.hastened?.(row);
    this.table.rows.setTimeout(row, 0);
    this.timers.stop(row);
    this.#expire(row);
  }

  /**
   * The timer fired (ip_vs_conn_expire).
   * @ipvs #Y persistence "A template with connections under it expires 60 s later, and its timeout is 60 s from then on"
   */
  #expire(row: Row): void {
    const rows = this.table.rows;
    if (rows.controlled(row) > 0) {
      rows.setTimeout(row, POSTPONEMENT * this.ticks.hz);
      this.postponed?.(row);
      this.restartTimer(row);
      return;
    }
    this.expired?.(row);
    this.table.remove(row);
    this.timers.stop(row);
    const controller = rows.control(row);
    const forced = rows.timeout(row) === 0;
    if (controller !== NONE) endControl(rows, row, controller);
    this.bindings.unbind(row);
    this.apps.unbind(rows, row);
    this.localAddresses.unbind(row);
    this.#releaseAddresses(row);
    rows.release(row);
    if (controller === NONE || !forced) return;
    if (rows.controlled(controller) === 0 && !isAssuredTemplate(rows, controller)) this.delete(controller);
  }

  #releaseAddresses(row: Row): void {
    const rows = this.table.rows;
    this.addresses.release(rows.clientAddress(row));
    this.addresses.release(rows.virtualAddress(row));
    this.addresses.release(rows.destinationAddress(row));
    this.addresses.release(rows.localAddress(row));
  }
}
