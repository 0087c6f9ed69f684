/** Words that the schedulers share when they explain themselves. Never on the packet path. */
import type { Destination } from "../destination.ts";
import { connectionOverhead, describeDestination } from "../destination.ts";

/** Why a destination may not be picked, e.g. `unusable: weight 0`; `undefined` if it may. */
export function refusal(destination: Destination): string | undefined {
  if (destination.weight <= 0) return "unusable: weight 0";
  if (!destination.overloaded) return undefined;
  const connections = destination.activeConnections + destination.inactiveConnections;
  return `unusable: overloaded (${connections} connections, upper threshold ${destination.upperThreshold})`;
}

/** A quotient with at most three decimals, e.g. `256.5`. */
const quotient = (dividend: number, divisor: number): string => String(Number((dividend / divisor).toFixed(3)));

/** What wlc and its kin compare, e.g. `overhead 513 / weight 2 = 256.5`. */
export function describeOverhead(destination: Destination): string {
  const overhead = connectionOverhead(destination);
  return `overhead ${overhead} / weight ${destination.weight} = ${quotient(overhead, destination.weight)}`;
}

/** What sed and nq compare, e.g. `(1+1)/2 = 1`. */
export function describeExpectedDelay(destination: Destination): string {
  const { activeConnections, weight } = destination;
  return `(${activeConnections}+1)/${weight} = ${quotient(activeConnections + 1, weight)}`;
}

/** A place in a list of destinations, e.g. `pointer at 10.2.0.3:80`. */
export const describePointer = (destination: Destination | undefined): string =>
  destination === undefined ? "pointer before the first" : `pointer at ${describeDestination(destination)}`;

/** A hash table seen from one destination, e.g. `64 of 256 buckets, this packet's bucket 40 among them`. */
export function describeShare(
  table: readonly (Destination | undefined)[],
  destination: Destination,
  place: number,
  noun: "bucket" | "slot",
): string {
  const share = table.filter((entry) => entry === destination).length;
  const own = table[place] === destination ? "among them" : "not among them";
  return `${share} of ${table.length} ${noun}s, this packet's ${noun} ${place} ${own}`;
}
