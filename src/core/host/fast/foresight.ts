/**
 * Frames that arrived together are looked at in stages, each for all of them, before the first is taken: their headers, their chains, the first
 * row of each chain, the second. A connection's row is a cache miss wherever the table is larger than the cache, and misses that do not wait for
 * each other overlap. A look changes nothing, and what it found is good as long as no frame of the batch changed what it was found by.
 */
import { NONE } from "../../ipvs/connection-rows.ts";
import type { Route } from "../../ipvs/data-path.ts";
import type { Verdict } from "../../trace/verdict.ts";
import { NO_ADDRESS } from "../../wire/address-table.ts";
import type { Frame, InterfaceIndex } from "../../wire/frame.ts";
import type { Director } from "../director.ts";
import { isFromElsewhere, routeOf } from "./arrival.ts";
import { isPlain, NOT_TAKEN } from "./plain-packet.ts";

/** Frames that are looked at together, at most. */
export const LONGEST_BATCH = 64;
/** Rows of a table that stays in the cache of any processor: 256 KB. */
const IN_CACHE = 4096;
/** Rows of a chain that are fetched: a full table has half a row before the one that is looked for. */
const TOUCHED = 2;

/** Whose packet it is, by where it goes alone: a client's, for the host; a real server's, to be passed on; a real server's to a local address. */
export const REQUEST = 0;
export const REPLY = 1;
export const REPLY_TO_LOCAL = 2;

/** What was seen of each frame of a batch, by its place there. */
export class Foresight {
  /** Of a packet for the fast path, its route; of any other `undefined`. The frame of one knows its headers. */
  readonly routes: (Route | undefined)[] = Array.from({ length: LONGEST_BATCH }, () => undefined);
  /** REQUEST, REPLY, REPLY_TO_LOCAL. */
  readonly kinds = new Int32Array(LONGEST_BATCH);
  /** The hash of the one that the packet's connection stands under in the table. */
  readonly hashes = new Int32Array(LONGEST_BATCH);
  /** The source port above, the destination port below. */
  readonly ports = new Int32Array(LONGEST_BATCH);
  /** How the packet ended that `takeEstablished` left last. */
  verdict: Verdict = NOT_TAKEN;
  /** The frame that was looked at alone. */
  readonly alone: Frame[] = [];
  /** Kept, so that no compiler leaves the loads out. */
  readonly #rows = new Int32Array(LONGEST_BATCH);

  /** Looks at frames `from` to `end`, LONGEST_BATCH at most. Only where `isQuiet`. */
  see(director: Director, frames: readonly Frame[], from: number, end: number, ifindex: InterfaceIndex): void {
    const { table } = director.server.connections;
    const count = end - from;
    this.#look(director, frames, from, count, ifindex);
    // What is in the cache as it is need not be fetched.
    if (table.rows.end <= IN_CACHE) return;
    const { local } = table;
    const { hashes, kinds } = this;
    const rows = this.#rows;
    for (let place = 0; place < count; place++) {
      const hash = hashes[place] ?? 0;
      rows[place] = kinds[place] === REPLY_TO_LOCAL ? local.first(hash) : table.first(hash);
    }
    for (let depth = 0; depth < TOUCHED; depth++) {
      for (let place = 0; place < count; place++) {
        const row = rows[place] ?? NONE;
        rows[place] = kinds[place] === REPLY_TO_LOCAL ? local.touch(row) : table.touch(row);
      }
    }
  }

  /** The first stage: the clock, headers and routes. Most packets have the destination of the one before. */
  #look(director: Director, frames: readonly Frame[], from: number, count: number, ifindex: InterfaceIndex): void {
    const { addresses, interfaces } = director;
    const { connections } = director.server;
    const device = interfaces[ifindex];
    connections.timers.lookAtClock();
    let destination = NO_ADDRESS;
    let route: Route | undefined;
    let kind = REQUEST;
    for (let place = 0; place < count; place++) {
      const frame = frames[from + place];
      if (frame === undefined) continue;
      frame.ifindex = ifindex;
      const isPlainOne = device !== undefined && isPlain(frame, device, addresses, destination);
      if (!isPlainOne || !isFromElsewhere(director, frame)) {
        this.routes[place] = undefined;
        continue;
      }
      if (frame.destination !== destination) {
        destination = frame.destination;
        route = routeOf(director, frame);
        kind = connections.localAddresses.has(destination) ? REPLY_TO_LOCAL : route?.local === true ? REQUEST : REPLY;
      }
      const { protocol } = frame;
      const ports = frame.view.getInt32(frame.transport);
      this.routes[place] = route;
      this.kinds[place] = kind;
      this.ports[place] = ports;
      this.hashes[place] =
        kind === REQUEST
          ? connections.table.hash(frame.source, ports >>> 16, protocol)
          : connections.table.hash(destination, ports & 0xffff, protocol);
    }
  }

  /** Looks at one frame, which is at place 0 then. */
  seeAlone(director: Director, frame: Frame): void {
    this.alone[0] = frame;
    this.#look(director, this.alone, 0, 1, frame.ifindex);
  }
}
