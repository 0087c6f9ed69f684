/** An entry of the neighbor table, and what can be told of it (include/net/neighbour.h). */
import type { Appointment } from "../../time/agenda.ts";
import type { AddressHandle } from "../../wire/address-table.ts";
import { macHigh, macLow } from "../../wire/ethernet.ts";
import type { Frame, InterfaceIndex } from "../../wire/frame.ts";

/** A fresh entry, or one whose resolution failed. */
export const FAILED = 0;
export const INCOMPLETE = 1;
export const REACHABLE = 2;
export const STALE = 3;
export const DELAY = 4;
export const PROBE = 5;
export const PERMANENT = 6;
export const NEIGHBOR_STATES: readonly string[] = [
  "FAILED",
  "INCOMPLETE",
  "REACHABLE",
  "STALE",
  "DELAY",
  "PROBE",
  "PERMANENT",
];

export interface Neighbor {
  /** Kept. */
  readonly address: AddressHandle;
  readonly ifindex: InterfaceIndex;
  mac: number;
  /** The same as 16 and (signed) 32 bits. */
  macHigh: number;
  macLow: number;
  state: number;
  parked: Frame[];
  parkedBytes: number;
  probes: number;
  timer: Appointment | undefined;
  /** When the MAC address was last confirmed, changed and used, in microseconds. */
  confirmed: number;
  updated: number;
  used: number;
}

/** What ARP or neighbor discovery says of a neighbor. */
export interface NeighborNews {
  readonly mac: number;
  readonly state: number;
  /** Whether it may replace another address. */
  readonly override: boolean;
  /** Where it may not, a reachable entry keeps its own, but is doubted (NEIGH_UPDATE_F_WEAK_OVERRIDE). */
  readonly weak?: boolean;
}

/** Whether no timer runs for the neighbor. */
export const isIdle = ({ state }: Neighbor): boolean => state === FAILED || state === STALE;

export function setMac(neighbor: Neighbor, mac: number): void {
  neighbor.mac = mac;
  neighbor.macHigh = macHigh(mac);
  neighbor.macLow = macLow(mac);
}
