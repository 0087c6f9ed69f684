/**
 * How a connection lives: made, bound to a destination, kept alive by packets, expired.
 * Mirrors net/netfilter/ipvs/ip_vs_conn.c. Finding one is connection-table.ts.
 */
import type { KernelTicks, Microseconds, Ticks } from "../time/kernel-ticks.ts";
import { TimerWheel } from "../time/timer-wheel.ts";
import type { AddressHandle, AddressTable } from "../wire/address-table.ts";
import { AppPorts } from "./apps/app-ports.ts";
import { Compaction } from "./compaction.ts";
import { Prolongation } from "./connection-prolongation.ts";
import {
  ANSWERS_AS_SERVER,
  ANSWERS_MASK,
  FORWARDING_MASK,
  INACTIVE,
  NO_OUTPUT,
  NONE,
  ONE_PACKET,
  type Row,
  SYNCHRONIZED,
  TEMPLATE,
  TRACKED,
} from "./connection-rows.ts";
import { ConnectionTable } from "./connection-table.ts";
import type { Destination } from "./destination.ts";
import type { ForwardingMethod } from "./forwarding/method.ts";
import { connectionMethodOf, methodOf } from "./forwarding/methods.ts";
import type { LocalAddress } from "./local-address.ts";
import { TCP_ESTABLISHED } from "./protocols/tcp-states.ts";
import { Timeouts } from "./protocols/timeouts.ts";
import type { VsSysctl } from "./sysctl.ts";
import { afterBind, afterUnbind } from "./thresholds.ts";

/** A template's state once a connection under it was answered (IP_VS_CTPL_S_ASSURED). */
export const TEMPLATE_ASSURED = 1;
/** Connections that expire before frames have their turn again: a tenth of a millisecond's worth, ten times as much until V8 has compiled it. */
export const EXPIRIES_AT_ONCE = 256;
/** By state. A packet to the client's port 0 finds a template and moves it on like a connection: then it is none of these. */
export const TEMPLATE_STATE_NAMES: readonly string[] = ["NONE", "ASSURED"];
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
  /** What a packet gives to an established connection (prolong). */
  readonly tcp = new Prolongation();
  readonly udp = new Prolongation();
  readonly addresses: AddressTable;
  /** The application helpers that are loaded. */
  readonly apps = new AppPorts();
  readonly #wheel: TimerWheel;
  /** By Destination.index; holes are free places. */
  readonly #destinations: (Destination | undefined)[] = [];
  readonly #localAddresses: LocalAddress[] = [];
  readonly #localHandles = new Set<AddressHandle>();
  #now = 0;
  #tick: Ticks;
  /** Entries that expire with the next tick, in order. */
  readonly #soon: { readonly row: Row; readonly at: number }[] = [];
  /**
   * How many entries expire at most in one call of `advance`; the others in the next ones. Fewer than all only where nobody compares: a live
   * director has EXPIRIES_AT_ONCE.
   */
  mostExpiries = Number.POSITIVE_INFINITY;
  #fromLocalAddresses = 0;
  /** Hears of each entry that is about to leave the table, while somebody explains. */
  expired: ((row: Row) => void) | undefined = undefined;
  /** Hears of each entry that is to go before its time, likewise. */
  hastened: ((row: Row) => void) | undefined = undefined;
  /** Hears of each entry that lives on for those that it controls. */
  postponed: ((row: Row) => void) | undefined = undefined;
  readonly sysctl: Readonly<VsSysctl>;

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
    this.#wheel = new TimerWheel(this.table.rows, ticks);
    this.compaction = new Compaction(this.table, this.#wheel);
    this.#tick = ticks.at(0);
  }

  /** Microseconds of the director's clock. */
  get now(): Microseconds {
    return this.#now;
  }

  /** Lets connections expire up to `now`, in microseconds. */
  advance(now: Microseconds): void {
    this.#now = now;
    if (this.#soon.length > 0) this.#expireSoon(now);
    const tick = this.ticks.at(now);
    if (tick === this.#tick && !this.#wheel.isBehind) return;
    this.#wheel.advance(tick, this.#fire, this.mostExpiries);
    this.#tick = tick;
  }

  /** Whether entries are due that the last `advance` has left. */
  get isBehind(): boolean {
    return this.#wheel.isBehind;
  }

  readonly #fire = (row: Row, tick: Ticks): void => {
    this.#tick = tick;
    this.#expire(row);
  };

  // --- destinations and local addresses, which rows name by number

  rememberDestination(destination: Destination): void {
    if (destination.index >= 0) return;
    const hole = this.#destinations.indexOf(undefined);
    destination.index = hole < 0 ? this.#destinations.length : hole;
    this.#destinations[destination.index] = destination;
  }

  forgetDestination(destination: Destination): void {
    this.#destinations[destination.index] = undefined;
    destination.index = -1;
  }

  rememberLocalAddress(local: LocalAddress): void {
    this.#localAddresses.push(local);
    this.#localHandles.add(local.handle);
  }

  destinationOf(row: Row): Destination | undefined {
    const index = this.table.rows.destination(row);
    return index === NONE ? undefined : this.#destinations[index];
  }

  // --- making

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
    if (destination !== undefined) this.#bind(row, destination);
    else rows.setFlags(row, spec.flags | connectionMethodOf(spec.flags & FORWARDING_MASK).answers);
    rows.setToldEnd(row, (this.#tick & ~3) >>> 0);
    this.#bindApp(row);
    return row;
  }

  /** Makes a created connection findable. Separate, because a FULLNAT connection needs its local port first. */
  insert(row: Row): void {
    if ((this.table.rows.flags(row) & ONE_PACKET) === 0) this.table.insert(row);
  }

  #bind(row: Row, destination: Destination): void {
    const rows = this.table.rows;
    const { number, answers, translates } = methodOf(destination.forwarding);
    const own = rows.flags(row);
    const told = (own & SYNCHRONIZED) !== 0;
    // What a master told of keeps its activity, but has the method of the real server as it is here.
    const kept = told ? own & ~(FORWARDING_MASK | NO_OUTPUT | ANSWERS_MASK) : own;
    const activity = told && (own & TEMPLATE) === 0 ? 0 : INACTIVE;
    const flags = kept | number | answers | (translates ? 0 : NO_OUTPUT) | activity;
    rows.setDestination(row, destination.index);
    rows.setFlags(row, flags);
    if ((flags & TEMPLATE) !== 0) destination.persistentConnections++;
    else if ((flags & INACTIVE) !== 0) destination.inactiveConnections++;
    else destination.activeConnections++;
    afterBind(destination);
  }

  /** An entry that a master told of gets its real server after all (ip_vs_try_bind_dest). */
  bindLate(row: Row, destination: Destination): void {
    this.#unbindApp(row);
    this.#bind(row, destination);
    this.#bindApp(row);
  }

  /**
   * Only masqueraded connections have a helper (ip_vs_proto_tcp.c: tcp_app_conn_bind); FTP's needs connection tracking
   * (ip_vs_ftp_init_conn).
   */
  #bindApp(row: Row): void {
    const rows = this.table.rows;
    if ((rows.flags(row) & ANSWERS_AS_SERVER) === 0) return;
    const app = this.apps.of(rows.protocol(row), rows.virtualPort(row));
    if (app === undefined) return;
    rows.addExtras(row).app = app;
    rows.setFlags(row, rows.flags(row) | TRACKED);
    app.connections++;
  }

  #unbindApp(row: Row): void {
    const extras = this.table.rows.extras(row);
    if (extras?.app === undefined) return;
    extras.app.connections--;
    extras.app = undefined;
  }

  #unbind(row: Row): void {
    const destination = this.destinationOf(row);
    if (destination === undefined) return;
    const flags = this.table.rows.flags(row);
    if ((flags & TEMPLATE) !== 0) destination.persistentConnections--;
    else if ((flags & INACTIVE) !== 0) destination.inactiveConnections--;
    else destination.activeConnections--;
    afterUnbind(destination);
  }

  /**
   * Moves a connection between its destination's active and inactive counts (ip_vs_proto_tcp.c: set_tcp_state). A real
   * server's segment to the client's port 0 finds the client's template and moves that: it is counted among neither, so
   * that one of the counts is too high for good, and the other too low, below 0 perhaps.
   * @ipvs #Y persistence "An answer to the client's port 0 moves its template: InActConn is 1 too low for good, 4294967295 below 0"
   */
  setActive(row: Row, active: boolean): void {
    const rows = this.table.rows;
    const flags = rows.flags(row);
    const destination = this.destinationOf(row);
    if (destination === undefined || active !== ((flags & INACTIVE) !== 0)) return;
    rows.setFlags(row, active ? flags & ~INACTIVE : flags | INACTIVE);
    destination.activeConnections += active ? 1 : -1;
    destination.inactiveConnections += active ? -1 : 1;
  }

  // --- templates

  /** Puts a connection under a template (ip_vs_control_add). */
  addControl(row: Row, template: Row): void {
    const rows = this.table.rows;
    rows.setControl(row, template);
    rows.setControlled(template, rows.controlled(template) + 1);
  }

  /** Marks the template over a connection as assured, if there is one (ip_vs_control_assure_ct). */
  assureTemplate(row: Row): void {
    const rows = this.table.rows;
    const template = rows.control(row);
    if (template !== NONE && (rows.flags(template) & TEMPLATE) !== 0) rows.setState(template, TEMPLATE_ASSURED);
  }

  /**
   * A template that may not be used any more stays with its children, under a name that matches nobody (ip_vs_check_template).
   * @ipvs #Y persistence "A template whose server is gone, or quiesced with expire_quiescent_template, is renamed to port 65535"
   */
  invalidateTemplate(row: Row): void {
    const rows = this.table.rows;
    if (!this.table.remove(row)) return;
    rows.setDestinationPort(row, 0xffff);
    rows.setVirtualPort(row, 0xffff);
    rows.setClientPort(row, 0);
    this.table.insert(row);
  }

  // --- timers

  /** Gives an entry its full timeout again, after a packet (ip_vs_conn_put). A one-packet entry ends here. */
  restartTimer(row: Row): void {
    const rows = this.table.rows;
    if ((rows.flags(row) & ONE_PACKET) !== 0 && !this.#wheel.isPending(row)) {
      this.#expire(row);
      return;
    }
    const expires = this.#tick + rows.timeout(row);
    rows.setExpires(row, expires);
    this.#wheel.arm(row, expires);
  }

  /** Before `prolong`: by how much it is now. */
  lookAtClock(): void {
    this.#prepare(this.tcp, this.timeouts.tcp(TCP_ESTABLISHED));
    this.#prepare(this.udp, this.timeouts.udp);
  }

  #prepare(prolongation: Prolongation, timeout: Ticks): void {
    const expires = this.#tick + timeout;
    prolongation.timeout = timeout;
    prolongation.expires = expires;
    prolongation.bucket = this.#wheel.restingPlace(expires);
  }

  /** What a packet does to an entry whose state it leaves as it is: `tcp` or `udp`, since the last `lookAtClock`. No one-packet entry. */
  prolong(row: Row, { timeout, expires, bucket }: Prolongation): void {
    const { rows } = this.table;
    rows.setTimeout(row, timeout);
    rows.setExpires(row, expires);
    if (rows.timerBucket(row) !== bucket) this.#wheel.arm(row, expires);
  }

  /** Lets an entry's time go on with so many ticks left; with none it is up with the next tick. */
  resumeTimer(row: Row, left: Ticks): void {
    const expires = this.#tick + left;
    this.table.rows.setExpires(row, expires);
    this.#wheel.arm(row, expires);
  }

  /** Ticks until an entry's time is up. */
  ticksLeft(row: Row): Ticks {
    return Math.max(0, this.table.rows.expires(row) - this.#tick);
  }

  /** The tick up to which timers have fired. */
  get tick(): Ticks {
    return this.#tick;
  }

  /** Whole seconds until an entry's time is up; 0 for one that only waits for its timer. */
  secondsLeft(row: Row): number {
    return Math.max(0, Math.floor((this.table.rows.expires(row) - this.#tick) / this.ticks.hz));
  }

  /** Ticks since the entry was last given its full timeout. */
  idleTicks(row: Row): number {
    const rows = this.table.rows;
    return rows.timeout(row) - (rows.expires(row) - this.#tick);
  }

  /**
   * Makes the entry expire with the next tick (ip_vs_conn_expire_now).
   */
  expireNow(row: Row): void {
    if (!this.#wheel.isPending(row)) return;
    this.hastened?.(row);
    this.#wheel.lend(row);
    const at = this.ticks.next(1, this.#now);
    this.table.rows.setExpires(row, this.ticks.exactly(at));
    this.#soon.push({ row, at });
  }

  #expireSoon(now: Microseconds): void {
    for (let next = this.#soon[0]; next !== undefined && next.at <= now; next = this.#soon[0]) {
      this.#soon.shift();
      const { row, at } = next;
      // A packet may have given the entry its full timeout again, or the row may be another's by now.
      if (this.#wheel.isLent(row) && this.table.rows.expires(row) === this.ticks.exactly(at)) this.#expire(row);
    }
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
    this.#wheel.disarm(row);
    const template = rows.control(row);
    const forced = rows.timeout(row) === 0;
    if (template !== NONE) {
      rows.setControl(row, NONE);
      rows.setControlled(template, rows.controlled(template) - 1);
    }
    this.#unbind(row);
    this.#unbindApp(row);
    this.#releaseLocalAddress(row);
    this.#releaseAddresses(row);
    rows.release(row);
    if (template !== NONE && forced && rows.controlled(template) === 0 && !this.#isAssuredTemplate(template)) {
      this.delete(template);
    }
  }

  #releaseAddresses(row: Row): void {
    const rows = this.table.rows;
    this.addresses.release(rows.clientAddress(row));
    this.addresses.release(rows.virtualAddress(row));
    this.addresses.release(rows.destinationAddress(row));
    this.addresses.release(rows.localAddress(row));
  }

  #isAssuredTemplate(row: Row): boolean {
    return (this.table.rows.flags(row) & TEMPLATE) !== 0 && this.table.rows.state(row) === TEMPLATE_ASSURED;
  }

  /** Deletes an entry at once (ip_vs_conn_del). */
  delete(row: Row): void {
    this.hastened?.(row);
    this.table.rows.setTimeout(row, 0);
    this.#wheel.disarm(row);
    this.#expire(row);
  }

  /** Deletes an entry, and its template with it if nobody assured that and nobody else is under it (ip_vs_conn_expire). */
  drop(row: Row): void {
    const { rows } = this.table;
    const template = rows.control(row);
    this.delete(row);
    if (template === NONE || !rows.inUse(template) || rows.controlled(template) > 0) return;
    if (!this.#isAssuredTemplate(template)) this.delete(template);
  }

  // --- FULLNAT

  localAddressOf(row: Row): LocalAddress | undefined {
    // An index below 0 would be looked up as a name.
    const index = this.table.rows.localIndex(row);
    return index === NONE ? undefined : this.#localAddresses[index];
  }

  bindLocalAddress(row: Row, local: LocalAddress, port: number): void {
    const rows = this.table.rows;
    rows.setLocalAddress(row, this.addresses.keep(local.handle));
    rows.setLocalPort(row, port);
    rows.setLocalIndex(row, this.#localAddresses.indexOf(local));
    local.connections++;
    this.#fromLocalAddresses++;
  }

  #releaseLocalAddress(row: Row): void {
    const local = this.localAddressOf(row);
    if (local === undefined) return;
    local.connections--;
    this.#fromLocalAddresses--;
  }

  /** Whether connections may leave the director from this address, or might once. */
  isLocalAddress(address: AddressHandle): boolean {
    return this.#localHandles.has(address);
  }

  /** Whether any connection leaves the director from a local address. */
  get usesLocalAddresses(): boolean {
    return this.#fromLocalAddresses > 0;
  }

  /** The forwarding method of a connection. */
  methodOf(row: Row): ForwardingMethod {
    return connectionMethodOf(this.table.rows.flags(row) & FORWARDING_MASK);
  }
}
