/** What a virtual server does by itself, again and again: estimates rates, drops entries in defence, gives memory back, ages caches; and flushes connections without a server. */
import type { Microseconds } from "../time/kernel-ticks.ts";
import { NONE, type Row } from "./connection-rows.ts";
import { DropEntry } from "./drop-entry.ts";
import type { Scheduler } from "./schedulers/scheduler.ts";
import type { Service } from "./service.ts";
import { ESTIMATION_INTERVAL } from "./statistics.ts";
import type { VirtualServer } from "./virtual-server.ts";

/**
 * The estimator starts with the network namespace, whenever that was; in the recordings some 0.3 s before their clock.
 * In microseconds.
 */
const FIRST_ESTIMATION = 1_760_000;
/** How often lblc and lblcr age their caches, in microseconds (CHECK_EXPIRE_INTERVAL). */
const AGE_INTERVAL = 60_000_000;
const DEFENSE_INTERVAL = 1_000_000;
/** How often the connection table may shrink. */
const MEMORY_INTERVAL = 1_000_000;
/** From one step of that to the next. */
const COMPACTION_INTERVAL = 10_000;
/** After a long silence periodic work is done for its last intervals only, not for every one that passed. */
const LONGEST_CATCH_UP = 1000;

/** Of one virtual server, from when it is made. */
export class Housekeeping {
  readonly #server: VirtualServer;
  readonly #dropEntry = new DropEntry();
  #isCompacting = false;
  #flushIsDue = false;

  constructor(server: VirtualServer) {
    this.#server = server;
    this.#every(ESTIMATION_INTERVAL, () => this.#estimate(), FIRST_ESTIMATION);
    this.#every(DEFENSE_INTERVAL, () => this.#defend());
    this.#every(MEMORY_INTERVAL, () => this.#giveMemoryBack());
  }

  /** lblc and lblcr age their caches on a timer that starts when they are bound (ip_vs_lblc.c: ip_vs_lblc_init_svc). */
  age(service: Service, scheduler: Scheduler): void {
    const first = this.#server.ticks.fires(this.#server.now, AGE_INTERVAL);
    this.#every(
      AGE_INTERVAL,
      () => scheduler.age?.(),
      first,
      () => service.scheduler === scheduler,
    );
  }

  /** Work that a kernel timer repeats as long as it `goesOn`; `first` is its first time. */
  #every(
    interval: number,
    work: () => void,
    first = this.#server.ticks.fires(0, interval),
    goesOn = (): boolean => true,
  ): void {
    const { agenda } = this.#server;
    const run = (at: number): void => {
      if (!goesOn()) return;
      work();
      const behind = Math.floor((this.#server.latest - at) / interval);
      const next = behind > 2 * LONGEST_CATCH_UP ? at + (behind - LONGEST_CATCH_UP) * interval : at;
      agenda.set(next, interval, run);
    };
    agenda.schedule(first, run);
  }

  #estimate(): void {
    const { services, sysctl, totals } = this.#server;
    if (sysctl.run_estimation === 0) return;
    totals.sample();
    for (const service of services.list()) {
      service.statistics.sample();
      for (const destination of service.destinations) destination.statistics.sample();
    }
  }

  #defend(): void {
    const { connections, random, sysctl } = this.#server;
    if (sysctl.drop_entry === 3) this.#dropEntry.run(connections, random);
  }

  /** Begins what then comes step by step. Not while all connections are told of by their rows' numbers. */
  #giveMemoryBack(): void {
    const { agenda, connections, now, sync } = this.#server;
    const { compaction } = connections;
    if (this.#isCompacting || sync.isTellingRows || !compaction.begin()) return;
    this.#isCompacting = true;
    const go = (at: Microseconds): void => {
      this.#isCompacting = sync.isTellingRows || compaction.step();
      if (this.#isCompacting) agenda.schedule(at + COMPACTION_INTERVAL, go);
    };
    agenda.schedule(now + COMPACTION_INTERVAL, go);
  }

  /** One to two ticks from now, every connection whose destination is gone is deleted (ip_vs_expire_nodest_conn_flush). */
  flushSoon(): void {
    if (this.#flushIsDue) return;
    this.#flushIsDue = true;
    const { agenda, now, ticks } = this.#server;
    agenda.schedule(ticks.next(2, now), () => this.#flush());
  }

  #flush(): void {
    const { connections } = this.#server;
    const { rows } = connections.table;
    this.#flushIsDue = false;
    const doomed: Row[] = [];
    connections.table.forEach((row) => {
      if (rows.controlled(row) === 0 && connections.destinationOf(row)?.available === false) doomed.push(row);
    });
    for (const row of doomed) {
      if (!rows.inUse(row)) continue;
      const template = rows.control(row);
      connections.delete(row);
      if (template !== NONE && rows.inUse(template) && rows.controlled(template) === 0) connections.delete(template);
    }
  }
}
