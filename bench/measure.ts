/** How long things take, in processor time: what others do to the machine meanwhile lengthens a few samples, and those are left out. */
import { cpuUsage } from "node:process";
import type { Director } from "../src/core/host/director.ts";
import { NO_ADDRESS } from "../src/core/wire/address-table.ts";
import { BATCH, bedOf, director, type Path } from "./beds.ts";
import { Ipv4Request, SYN } from "./requests.ts";

export interface PacketCost {
  /** A packet, without making its frame. */
  readonly nanoseconds: number;
  readonly bytesPerConnection: number;
}

export interface GrowthCost {
  /** A new connection, with its frame. */
  readonly nanoseconds: number;
  /** The longest that BATCH packets took, in milliseconds. */
  readonly longest: number;
  readonly bytesPerConnection: number;
  /** The longest that the clock took to move on by a tick while all expired, in milliseconds. */
  readonly expiry: number;
}

export const SLICE = 64 * BATCH;
const PATIENCE = 2e9;

/** Nanoseconds of processor time so far. */
export const spent = (): number => {
  const { user, system } = cpuUsage();
  return (user + system) * 1000;
};

/** What some work takes at most: processor time counts V8's other threads, too, and the clock counts what else the machine does; neither counts both. */
function shortest(work: () => void): number {
  const processor = spent();
  const clock = performance.now();
  work();
  return Math.min(spent() - processor, (performance.now() - clock) * 1e6);
}

/** The lower quartile. */
export const quartile = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 2] ?? 0;

/** Slices of connections in random order. */
export function slices(connections: number): Int32Array[] {
  let state = 12345;
  return Array.from({ length: 64 }, () =>
    Int32Array.from({ length: SLICE }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      return (state >>> 1) % connections;
    }),
  );
}

export function packetCost(name: string, connections: number, path: Path = "fast"): PacketCost {
  const bed = bedOf(name, connections, path);
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

/** Connections after which V8 has compiled what it will compile, in a table that grows. */
const WARM = 1_000_000;

/** A table that begins small and gets so many connections, one by one; then all of them expire. */
export function growthCost(scheduler: string, servers: number, connections: number): GrowthCost {
  grown(scheduler, servers, WARM, SLICE, (work) => work());
  let spentOnAll = 0;
  grown(scheduler, servers, connections, SLICE, (work) => {
    spentOnAll += shortest(work);
  });
  let longest = 0;
  // Asking for the time costs more than a connection: once more, only for that.
  const made = grown(scheduler, servers, connections, BATCH, (work) => {
    longest = Math.max(longest, shortest(work));
  });
  const nanoseconds = spentOnAll / connections;
  const bytesPerConnection = made.server.connections.table.bytes / connections;
  return { nanoseconds, longest: longest / 1e6, bytesPerConnection, expiry: expiryOf(made) / 1e6 };
}

/**
 * A director with so many connections; `doing` does what it is given, each time `some` of them. They come BATCH by BATCH, as a live director reads
 * them.
 */
function grown(
  scheduler: string,
  servers: number,
  connections: number,
  some: number,
  doing: (work: () => void) => void,
): Director {
  const made = director("nat", scheduler, servers);
  const requests = Array.from({ length: BATCH }, () => new Ipv4Request());
  const frames = requests.map(({ frame }) => frame);
  let index = 0;
  const batch = (): void => {
    const count = Math.min(BATCH, connections - index);
    for (let at = 0; at < count; at++) requests[at]?.point(index + at, SYN);
    index += count;
    made.receiveAll(frames, count, 0, index);
  };
  const work = (): void => {
    for (const end = Math.min(connections, index + some); index < end; ) batch();
  };
  while (index < connections) doing(work);
  return made;
}

/** Nanoseconds of a pick among so many real servers, half of them of weight 2; whoever is picked gets an active connection more. */
export function pickCost(scheduler: string, servers: number): number {
  const [service] = director("nat", scheduler, servers).server.services.list();
  const destinations = service?.destinations ?? [];
  for (const [index, destination] of destinations.entries()) destination.weight = 1 + (index % 2);
  const key = { source: NO_ADDRESS, sourcePort: 0, destination: NO_ADDRESS, destinationPort: 0 };
  const rounds: number[] = [];
  for (const end = spent() + PATIENCE / 2; spent() < end; ) {
    const begun = spent();
    for (let picked = 0; picked < SLICE; picked++) {
      const destination = service?.scheduler?.schedule(key);
      if (destination !== undefined) destination.activeConnections++;
    }
    rounds.push((spent() - begun) / SLICE);
  }
  return quartile(rounds);
}

/** The longest that a tick takes until all have expired. */
function expiryOf(made: Director): number {
  let { now } = made;
  let expiry = 0;
  for (const end = now + 200e6; now < end; ) {
    // A live director comes back at once where something is left.
    now += made.server.connections.timers.isBehind ? 100 : 10_000;
    expiry = Math.max(
      expiry,
      shortest(() => made.advance(now)),
    );
  }
  return expiry;
}
