/** What an application helper is. Mirrors struct ip_vs_app, include/net/ip_vs.h. */

import type { Verdict } from "../../trace/verdict.ts";
import type { Frame } from "../../wire/frame.ts";
import type { Row } from "../connection-rows.ts";
import type { DataPath } from "../data-path.ts";

/** A helper: reads the packets of masqueraded connections to its ports, in both directions. */
export interface App {
  /** As /proc/net/ip_vs_app calls it. */
  readonly name: string;
  readonly protocol: number;
  readonly defaultPorts: readonly number[];
  /**
   * A client's packet, before it is rewritten; `row` has extras, and the packet's checksum is right. ACCEPT or a drop.
   */
  packetIn(path: DataPath, frame: Frame, row: Row): Verdict;
  /** The same for a real server's packet. The helper may change its payload, and keeps lengths and checksum right. */
  packetOut(path: DataPath, frame: Frame, row: Row): Verdict;
}

/** A helper on one port, and the connections it reads (an "incarnation", net/netfilter/ipvs/ip_vs_app.c). */
export interface AppPort {
  readonly app: App;
  readonly port: number;
  /** Connections bound to it. */
  connections: number;
}
