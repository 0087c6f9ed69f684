/** Packets and connections are counted three times: for the real server, for its service, and for all (net/netfilter/ipvs/ip_vs_core.c). */
import type { DataPath } from "./data-path.ts";
import type { Destination } from "./destination.ts";
import type { Service } from "./service.ts";

/** Counts a packet towards a real server, unless that was deleted (ip_vs_core.c: ip_vs_in_stats). `length` is the IP length. */
export function countIn(path: DataPath, destination: Destination | undefined, length: number): void {
  if (destination?.available !== true) return;
  destination.statistics.countIn(length);
  destination.service.statistics.countIn(length);
  path.server.totals.countIn(length);
}

/** Counts a packet towards a client, unless its real server was deleted (ip_vs_out_stats). */
export function countOut(path: DataPath, destination: Destination | undefined, length: number): void {
  if (destination?.available !== true) return;
  destination.statistics.countOut(length);
  destination.service.statistics.countOut(length);
  path.server.totals.countOut(length);
}

/** Counts a new connection (ip_vs_conn_stats). */
export function countConnection(path: DataPath, service: Service, destination: Destination): void {
  destination.statistics.countConnection();
  service.statistics.countConnection();
  path.server.totals.countConnection();
}
