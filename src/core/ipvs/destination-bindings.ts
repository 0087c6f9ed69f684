/**
 * Which destination each connection is bound to, and how it counts there (net/netfilter/ipvs/ip_vs_conn.c: ip_vs_bind_dest,
 * ip_vs_unbind_dest). Rows name their destination by number.
 */
import {
  ANSWERS_MASK,
  FORWARDING_MASK,
  INACTIVE,
  NO_OUTPUT,
  NONE,
  type Row,
  SYNCHRONIZED,
  TEMPLATE,
} from "./connection-rows.ts";
import type { Destination } from "./destination.ts";
import { methodOf } from "./forwarding/methods.ts";
import type { ConnectionRows } from "./table-rows.ts";
import { afterBind, afterUnbind } from "./thresholds.ts";

export class DestinationBindings {
  readonly #rows: ConnectionRows;
  /** By Destination.index; holes are free places. */
  readonly #destinations: (Destination | undefined)[] = [];

  constructor(rows: ConnectionRows) {
    this.#rows = rows;
  }

  /** Gives a destination its number, before the first connection to it. */
  remember(destination: Destination): void {
    if (destination.index >= 0) return;
    const hole = this.#destinations.indexOf(undefined);
    destination.index = hole < 0 ? this.#destinations.length : hole;
    this.#destinations[destination.index] = destination;
  }

  /** Its number is free for another: no connection has it any more. */
  forget(destination: Destination): void {
    this.#destinations[destination.index] = undefined;
    destination.index = -1;
  }

  of(row: Row): Destination | undefined {
    const index = this.#rows.destination(row);
    return index === NONE ? undefined : this.#destinations[index];
  }

  /** Binds an entry that is bound to none. */
  bind(row: Row, destination: Destination): void {
    const rows = this.#rows;
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

  /** Counts an entry off that is about to leave. */
  unbind(row: Row): void {
    const destination = this.of(row);
    if (destination === undefined) return;
    const flags = this.#rows.flags(row);
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
    const rows = this.#rows;
    const flags = rows.flags(row);
    const destination = this.of(row);
    if (destination === undefined || active !== ((flags & INACTIVE) !== 0)) return;
    rows.setFlags(row, active ? flags & ~INACTIVE : flags | INACTIVE);
    destination.activeConnections += active ? 1 : -1;
    destination.inactiveConnections += active ? -1 : 1;
  }
}
