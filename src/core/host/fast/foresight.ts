/**
 * Frames that arrived together are looked at in stages, each for all of them, before the first is taken: their headers, their chains, the first
 * row of each chain, the second. A connection's row is a cache miss wherever the table is larger than the cache, and misses that do not wait for
 * each other overlap. A look changes nothing, and what it found is good as long as no frame of the batch changed what it was found by.
 */
import { NONE } from "../../ipvs/connection-rows.ts";
import type { Route } from "../../ipvs/data-path.ts";
import type { Frame, InterfaceIndex } from "../../wire/frame.ts";
import type { Director } from "../director.ts";
import { clientHash, look } from "./fast-path.ts";

/** Frames that are looked at together, at most. */
export const LONGEST_BATCH = 64;

/** What was seen of each frame of a batch. */
export class Foresight {
  /** Of a packet for the fast path, its route; of any other `undefined`. */
  readonly routes: (Route | undefined)[] = Array.from({ length: LONGEST_BATCH }, () => undefined);
  /** The hash of its client. */
  readonly hashes = new Int32Array(LONGEST_BATCH);
  readonly #links = new Int32Array(LONGEST_BATCH);

  /** Looks at frames `from` to `end`. */
  see(director: Director, frames: readonly Frame[], from: number, end: number, ifindex: InterfaceIndex): void {
    const { table } = director.server.connections;
    const count = end - from;
    for (let place = 0; place < count; place++) {
      const frame = frames[from + place];
      if (frame === undefined) continue;
      frame.ifindex = ifindex;
      const route = look(director, frame);
      this.routes[place] = route;
      this.hashes[place] = route === undefined ? 0 : clientHash(director, frame, route);
    }
    const links = this.#links;
    for (let place = 0; place < count; place++) links[place] = table.firstLink(this.hashes[place] ?? 0);
    for (let place = 0; place < count; place++) links[place] = table.touch(links[place] ?? NONE);
    // Kept, so that no compiler leaves the loads out.
    for (let place = 0; place < count; place++) links[place] = table.touch(links[place] ?? NONE);
  }
}
