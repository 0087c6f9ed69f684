/** Comparing the loads of destinations: what wlc, sed, nq, lblc and lblcr have in common. */
import type { Destination } from "../destination.ts";
import type { Service } from "../service.ts";
import { usable } from "./scheduler.ts";

/**
 * Whether load A per weight A exceeds load B per weight B, exact for 32-bit loads and weights: both sides are
 * multiplied by the weights, as the kernel does in 64 bits. Doubles decide unless both products round to the same one.
 */
export function heavier(loadA: number, weightA: number, loadB: number, weightB: number): boolean {
  const a = loadA * weightB;
  const b = loadB * weightA;
  if (a !== b || Number.isSafeInteger(a)) return a > b;
  return BigInt(loadA) * BigInt(weightB) > BigInt(loadB) * BigInt(weightA);
}

/**
 * The usable destination with the least load per weight, the first of equals; `undefined` when none is usable.
 * Those of a service are all available; a set of lblcr may hold some that are in the trash.
 */
export function leastLoaded(
  destinations: readonly Destination[],
  loadOf: (destination: Destination) => number,
): Destination | undefined {
  let least: Destination | undefined;
  let leastLoad = 0;
  for (const destination of destinations) {
    if (!usable(destination) || !destination.available) continue;
    const load = loadOf(destination);
    if (least !== undefined && !heavier(leastLoad, least.weight, load, destination.weight)) continue;
    least = destination;
    leastLoad = load;
  }
  return least;
}

/** More active connections than weight, while some server has less than half its own (ip_vs_lblc.c: is_overloaded). */
export function crowded(destination: Destination, service: Service): boolean {
  if (destination.activeConnections <= destination.weight) return false;
  return service.destinations.some((other) => other.activeConnections * 2 < other.weight);
}
