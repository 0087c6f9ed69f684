/** How long things take, in processor time: what others do to the machine meanwhile lengthens a few samples, and those are left out. */
import { cpuUsage } from "node:process";
import type { Director } from "../src/core/host/director.ts";
import { BATCH, bedOf, director } from "./beds.ts";
import { Ipv4Request, SYN } from "./requests.ts";

export interface PacketCost {
  /** A packet, without making its frame. */
  readonly nanoseconds: number;
  readonly bytesPerConnection: number;
}

export interface GrowthCost {
  /** A new connection, with its frame. */
  readonly nanoseconds: number;
  /** The longest that one packet took, in milliseconds. */
  readonly longest: number;
  readonly bytesPerConnection: number;
  /** The longest that the clock took to move on by a tick while all expired, in milliseconds. */
  readonly expiry: number;
}

const SLICE = 64 * BATCH;
const PATIENCE = 2e9;

/** Nanoseconds of processor time so far. */
const spent = (): number => {
  const { user, system } = cpuUsage();
  return (user + system) * 1000;
};

/** What some work takes: processor time counts V8's other threads, too, and the clock counts what else the machine does; neither counts both. */
function longestOf(work: () => void): number {
  const processor = spent();
  const clock = performance.now();
  work();
  return Math.min(spent() - processor, (performance.now() - clock) * 1e6);
}

/** The lower quartile. */
const quartile = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 2] ?? 0;

/** Slices of connections in random order. */
function slices(connections: number): Int32Array[] {
  let state = 12345;
  return Array.from({ length: 64 }, () =>
    Int32Array.from({ length: SLICE }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      return (state >>> 1) % connections;
    }),
  );
}

export function packetCost(name: string, connections: number): PacketCost {
  const bed = bedOf(name, connections);
  const orders = slices(connections);
  const made: number[] = [];
  const passed: number[] = [];
  const timed = (work: () => void): number => {
    const before = spent();
    work();
    return (spent() - before) / SLICE;
  };
  for (const order of [...orders, ...orders]) {
    bed.make(order);
    bed.pass(order);
  }
  for (const end = spent() + PATIENCE; spent() < end; ) {
    for (const order of orders) {
      made.push(timed(() => bed.make(order)));
      passed.push(timed(() => bed.pass(order)));
    }
  }
  return { nanoseconds: quartile(passed) - quartile(made), bytesPerConnection: bed.bytesPerConnection };
}

/** Connections after which V8 has compiled what it will compile. */
const WARM = 100_000;

/** A table that begins small and gets so many connections, one by one; then all of them expire. */
export function growthCost(scheduler: string, servers: number, connections: number): GrowthCost {
  const fill = (count: number): Director => grown(scheduler, servers, count, (work) => work());
  fill(WARM);
  const begun = spent();
  fill(connections);
  const nanoseconds = (spent() - begun) / connections;
  let longest = 0;
  // Asking for the time costs more than a connection: once more, only for that.
  const made = grown(scheduler, servers, connections, (work) => {
    longest = Math.max(longest, longestOf(work));
  });
  const bytesPerConnection = made.server.connections.table.bytes / connections;
  return { nanoseconds, longest: longest / 1e6, bytesPerConnection, expiry: expiryOf(made) / 1e6 };
}

/** A director with so many connections; `doing` does what it is given, each time 16 of them. */
function grown(scheduler: string, servers: number, connections: number, doing: (work: () => void) => void): Director {
  const made = director("nat", scheduler, servers);
  const request = new Ipv4Request();
  let index = 0;
  const some = (): void => {
    for (const end = Math.min(index + 16, connections); index < end; index++)
      made.receive(request.point(index, SYN), 0, index + 1);
  };
  while (index < connections) doing(some);
  return made;
}

/** The longest that a tick takes until all have expired. */
function expiryOf(made: Director): number {
  let { now } = made;
  let expiry = 0;
  for (const end = now + 200e6; now < end; ) {
    now += 10_000;
    expiry = Math.max(
      expiry,
      longestOf(() => made.advance(now)),
    );
  }
  return expiry;
}
