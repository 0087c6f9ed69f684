/**
 * A small network in virtual time: hosts, segments between them, and a record of every hop of every frame.
 *
 *   const network = new Network();
 *   const lan = network.addSegment("12.11.0.0/24");
 *   const client = new Host(network, { name: "client", interfaces: [{ name: "eth0", segment: lan, addresses: [...] }] });
 *   client.tcp.connect(...);
 *   network.run();            // until nothing is left to happen; or step() by step(), or runUntil(time)
 *   network.hops;             // what was on the wires, with the walk of each frame at each host that got it
 *
 * Everything happens by events of one list, in the order of their times and, at one time, in the order they were made: the
 * same network does the same things each time. To go back, build it anew and run until an earlier time.
 * Ready-made networks with a director in the middle are in topologies.ts, what can be wrong with them in faults.ts.
 *
 * Hosts are directors without services (the same ARP, routes, ICMP, forwarding), with programs on top. Times are microseconds.
 */
import { Agenda, type Appointment } from "../time/agenda.ts";
import type { VrrpCause, VrrpState, WalkEvent } from "../trace/events.ts";
import { Segment, type SegmentOptions } from "./segment.ts";

/** What one host made of a frame that it got. */
export interface Reception {
  readonly host: string;
  readonly time: number;
  /** `sent`, `delivered`, ... or the reason of the drop: trace/verdict.ts, or what a filter of the host says. */
  readonly verdict: string;
  readonly events: readonly WalkEvent[];
}

/** A frame on its way over one segment. */
export interface Hop {
  /** From 1, in the order in which they were sent. */
  readonly number: number;
  readonly time: number;
  readonly segment: string;
  /** Name of the host that sent it. */
  readonly from: string;
  /** Names of the hosts that got it: one, or for a broadcast all others. */
  readonly to: readonly string[];
  readonly bytes: Uint8Array;
  /** Grows as the frame arrives. */
  readonly receptions: readonly Reception[];
}

/** What befell a host without a frame that came to it. */
export type Happening = { readonly time: number; readonly host: string } & (
  | { readonly what: "died" | "started" }
  /** One of its virtual routers has another state. */
  | { readonly what: "moved"; readonly before: VrrpState; readonly state: VrrpState; readonly cause: VrrpCause }
);

/** What the network asks of a host. */
export interface Station {
  readonly name: string;
  /** When its own timers want to run next; Infinity if never. They do not keep the network running. */
  readonly due: number;
  /** Lets the host's time pass. */
  advance(time: number): void;
}

export class Network {
  readonly #agenda = new Agenda();
  readonly #stations: Station[] = [];
  readonly #segments: Segment[] = [];
  readonly #hops: (Hop & { readonly receptions: Reception[] })[] = [];
  readonly #happenings: Happening[] = [];
  #now: number;
  /** Whether hosts note the walk of each frame; off while more happens than anybody reads. Verdicts are noted in any case. */
  explains = true;

  /** `begins`: the time at which the first host starts; below 0 where hosts have settled before anybody looks. */
  constructor(begins = 0) {
    this.#now = begins;
  }

  /** Microseconds since the network was made, or since somebody looks. */
  get now(): number {
    return this.#now;
  }

  /** Everything that was on a wire, in the order it was sent. */
  get hops(): readonly Hop[] {
    return this.#hops;
  }

  /** What befell hosts, in the order of the times. */
  get happenings(): readonly Happening[] {
    return this.#happenings;
  }

  get segments(): readonly Segment[] {
    return this.#segments;
  }

  addSegment(name: string, options: SegmentOptions = {}): Segment {
    const segment = new Segment(this, name, options);
    this.#segments.push(segment);
    return segment;
  }

  /** Makes a host's timers part of the network; its number, from 1. */
  addStation(station: Station): number {
    return this.#stations.push(station);
  }

  // --- time

  /** Something to happen after `delay` microseconds. */
  after(delay: number, run: () => void): Appointment {
    return this.#agenda.schedule(this.#now + delay, run);
  }

  cancel(appointment: Appointment | undefined): void {
    this.#agenda.cancel(appointment);
  }

  /** When the next thing happens; Infinity if nothing is left. */
  get due(): number {
    const next = this.#agenda.next;
    return next === Number.POSITIVE_INFINITY ? next : Math.min(next, this.#mostUrgent()?.due ?? next);
  }

  /** The next thing happens; false if nothing is left, or nothing before `limit`. Hosts' housekeeping alone does not count. */
  step(limit = Number.POSITIVE_INFINITY): boolean {
    const next = this.#agenda.next;
    if (next === Number.POSITIVE_INFINITY || next > limit) return false;
    const station = this.#mostUrgent();
    if (station !== undefined && station.due <= next) {
      this.#now = Math.max(this.#now, station.due);
      station.advance(this.#now);
      return true;
    }
    this.#now = next;
    this.#agenda.takeDue(next)?.run(next);
    return true;
  }

  #mostUrgent(): Station | undefined {
    let urgent: Station | undefined;
    for (const station of this.#stations) {
      if (urgent === undefined || station.due < urgent.due) urgent = station;
    }
    return urgent;
  }

  /** Runs until nothing is left to happen. */
  run(): void {
    while (this.step());
  }

  /** Runs until `time`, and the clock stands there. */
  runUntil(time: number): void {
    while (this.step(time));
    this.#now = Math.max(this.#now, time);
    for (const station of this.#stations) station.advance(this.#now);
  }

  /** Runs for so long although nothing happens but in hosts: their timers alone do not keep the network running. */
  letPass(microseconds: number): void {
    this.after(microseconds, () => undefined);
    this.runUntil(this.#now + microseconds);
  }

  // --- the record

  /** A segment took a frame; what it gets back is completed by `received`. */
  sent(hop: Omit<Hop, "number" | "time" | "receptions">): Hop {
    const record = { ...hop, number: this.#hops.length + 1, time: this.#now, receptions: [] };
    this.#hops.push(record);
    return record;
  }

  received(hop: Hop, reception: Reception): void {
    this.#hops[hop.number - 1]?.receptions.push(reception);
  }

  happened(happening: Happening): void {
    this.#happenings.push(happening);
  }

  /** Runs until 0, and nobody saw what was before. */
  settle(): void {
    this.letPass(-this.#now);
    this.#hops.length = 0;
    this.#happenings.length = 0;
  }
}
