/**
 * Who is forgotten when there are too many neighbors. Mirrors net/core/neighbour.c: neigh_alloc, neigh_forced_gc and
 * neigh_periodic_work.
 */
import type { Microseconds } from "../../time/kernel-ticks.ts";
import type { KernelTimers } from "../../time/kernel-timers.ts";
import { FAILED, isIdle, type Neighbor } from "./neighbor.ts";
import type { NeighborHost } from "./neighbors.ts";

const SECOND = 1_000_000;
/** A neighbor that was not heard of for so long may have to make room for another (neigh_forced_gc). */
const YOUNG = 5 * SECOND;
/** How often those whom nobody asks for are forgotten: half of base_reachable_time. */
const PERIOD = 15 * SECOND;

export class NeighborCrowd {
  readonly #timers: KernelTimers;
  readonly #host: Pick<NeighborHost, "thresholds" | "staleTime">;
  readonly #forgotten: (neighbor: Neighbor) => void;
  /** Those that may be forgotten, in the order they were met (gc_list). */
  readonly #mortal = new Set<Neighbor>();
  #permanent = 0;
  #sweepIsDue = false;
  /** When room was made last (last_flush). */
  #madeRoom = Number.NEGATIVE_INFINITY;
  /** Before that, unless another fails, none can go: what a flood of strangers needs not look up each time. */
  #hopelessUntil = Number.NEGATIVE_INFINITY;

  /** `forgotten` takes each out of the table that has to go. */
  constructor(
    timers: KernelTimers,
    host: Pick<NeighborHost, "thresholds" | "staleTime">,
    forgotten: (neighbor: Neighbor) => void,
  ) {
    this.#timers = timers;
    this.#host = host;
    this.#forgotten = forgotten;
  }

  add(neighbor: Neighbor, now: Microseconds): void {
    this.#mortal.add(neighbor);
    if (!this.#sweepIsDue && this.#isCrowded) this.#sweepLater(now);
  }

  /** Whether it may be forgotten. */
  has(neighbor: Neighbor): boolean {
    return this.#mortal.has(neighbor);
  }

  /** One stays for good, that is new or could have been forgotten so far. */
  settle(neighbor: Neighbor): void {
    this.#mortal.delete(neighbor);
    this.#permanent++;
  }

  /** Nobody waits for a neighbor that failed: it can go. */
  oneFailed(): void {
    this.#hopelessUntil = Number.NEGATIVE_INFINITY;
  }

  /** Whether one more may come; from gc_thresh2 on room is made for it, but not more than every 5 s below gc_thresh3 (neigh_alloc). */
  hasRoom(now: Microseconds): boolean {
    const count = this.#mortal.size;
    const [, many, most] = this.#host.thresholds();
    if (count < most && (count < many || now <= this.#madeRoom + YOUNG)) return true;
    return this.#makeRoom(now, count + 1 - many) > 0 || count < most;
  }

  /** Forgets up to `wanted`, but one in any case, that nobody waits for: those that failed, and those not heard of for 5 s; how many (neigh_forced_gc). */
  #makeRoom(now: Microseconds, wanted: number): number {
    this.#madeRoom = now;
    if (now <= this.#hopelessUntil) return 0;
    let made = 0;
    let hopeless = now + YOUNG;
    for (const neighbor of this.#mortal) {
      if (!isIdle(neighbor)) continue;
      if (neighbor.state !== FAILED && now <= neighbor.updated + YOUNG) {
        hopeless = Math.min(hopeless, neighbor.updated + YOUNG);
        continue;
      }
      this.forget(neighbor);
      made++;
      if (made >= wanted) break;
    }
    if (made === 0) this.#hopelessUntil = hopeless;
    return made;
  }

  get #isCrowded(): boolean {
    const [few] = this.#host.thresholds();
    return this.#mortal.size > 0 && this.#mortal.size + this.#permanent >= few;
  }

  /** differs: the kernel's period does not begin when there are gc_thresh1, it only has nothing to do before. */
  #sweepLater(now: Microseconds): void {
    this.#sweepIsDue = true;
    this.#timers.set(now, PERIOD, (then) => this.#sweep(then));
  }

  /** Until there are fewer than gc_thresh1, forgets whom nobody asked for in gc_stale_time (neigh_periodic_work). */
  #sweep(now: Microseconds): void {
    this.#sweepIsDue = false;
    if (!this.#isCrowded) return;
    this.#sweepLater(now);
    for (const neighbor of this.#mortal) {
      const asked = Math.max(neighbor.used, neighbor.confirmed);
      const stale = now >= asked + this.#host.staleTime(neighbor.ifindex);
      if (isIdle(neighbor) && (neighbor.state === FAILED || stale)) this.forget(neighbor);
    }
  }

  /** One goes, also one that was to stay for good. */
  forget(neighbor: Neighbor): void {
    if (!this.#mortal.delete(neighbor)) this.#permanent--;
    this.#forgotten(neighbor);
  }
}
