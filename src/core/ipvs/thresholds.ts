/**
 * When a destination is overloaded: the flag that upper and lower connection thresholds (`-x`, `-y`) set and clear.
 * Schedulers pass by an overloaded destination; persistence templates keep sending to it.
 */
import type { Destination } from "./destination.ts";

const connectionsOf = (destination: Destination): number =>
  destination.activeConnections + destination.inactiveConnections;

/**
 * After a connection or template was counted (ip_vs_conn.c: ip_vs_bind_dest).
 * @ipvs #Y thresholds "a server is overloaded once its connections reach the upper threshold; 0 is no threshold"
 */
export function afterBind(destination: Destination): void {
  const { upperThreshold } = destination;
  if (upperThreshold !== 0 && connectionsOf(destination) >= upperThreshold) destination.overloaded = true;
}

/**
 * After a connection or template was counted off (ip_vs_conn.c: ip_vs_unbind_dest).
 * @ipvs #Y thresholds "it recovers below the lower threshold, or without one below three quarters of the upper"
 */
export function afterUnbind(destination: Destination): void {
  const { upperThreshold, lowerThreshold } = destination;
  const connections = connectionsOf(destination);
  if (lowerThreshold !== 0) {
    if (connections < lowerThreshold) destination.overloaded = false;
  } else if (upperThreshold === 0 || connections * 4 < upperThreshold * 3) {
    destination.overloaded = false;
  }
}

/**
 * Takes over the thresholds that `-a` or `-e` gives (ip_vs_ctl.c: __ip_vs_update_dest).
 * @ipvs #Y thresholds "an edit that removes or raises the upper threshold ends the overload, whatever the load"
 */
export function afterEdit(destination: Destination, newUpper: number, newLower: number): void {
  if (newUpper === 0 || newUpper > destination.upperThreshold) destination.overloaded = false;
  destination.upperThreshold = newUpper;
  destination.lowerThreshold = newLower;
}
