/**
 * The contract of a transport protocol: how IPVS reads its header, opens and follows its connections, and keeps its
 * checksum right. Mirrors struct ip_vs_protocol, include/net/ip_vs.h.
 *
 * A protocol holds no state: its connections' rows do. Frames are borrowed and know where their transport header is. No
 * family is named here: addresses come as the difference they make in the pseudo header's sum.
 */

import type { Ticks } from "../../time/kernel-ticks.ts";
import type { Frame } from "../../wire/frame.ts";
import type { Row } from "../connection-rows.ts";
import type { DataPath } from "../data-path.ts";
import type { Timeouts } from "./timeouts.ts";

/** Which of a protocol's connections the drop_entry defence takes (ip_vs_conn.c: ip_vs_random_dropentry). */
export type Droppable = "at once" | "when idle" | "never";

/** When a master tells of a connection: never, by its number of packets, or as soon as it is in a state (ip_vs_sync_conn_needed). */
export const NEVER = 0;
export const BY_COUNT = 1;
export const AT_ONCE = 2;

export interface TransportProtocol {
  /** As in the IP header. */
  readonly number: number;
  /** As listings and /proc spell it. */
  readonly name: string;
  /** The option of ipvsadm that names a service of it. */
  readonly serviceOption: { readonly long: string; readonly short?: string };
  /** Bytes that must be there before ports are rewritten. */
  readonly headerLength: number;
  /** Bytes that must be there before a packet may open a connection (conn_schedule). */
  readonly openingLength: number;
  /** Where the 16-bit Internet checksum stands in the header; -1 if the checksum is of another kind. */
  readonly checksumOffset: number;
  /** What a checksum that comes out as 0 is sent as: ffff where 0 means that there is none. */
  readonly zeroChecksum: number;
  /** Whether one-packet scheduling (`-o`) is for it. */
  readonly onePacket: boolean;
  /** By state, as `ipvsadm -Lc` shows them. */
  readonly stateNames: readonly string[];

  /** Whether this packet may open a connection, its first `openingLength` bytes being there; if not, the trace hears why. */
  mayOpen(path: DataPath, frame: Frame): boolean;
  /** A packet with which a client begins anew, also on a connection that is known (ip_vs_core.c: is_new_conn). */
  beginsAnew(frame: Frame): boolean;
  /**
   * Whether a connection in this state is over, so that a client may begin anew on it (is_new_conn_expected). `unanswered`:
   * no answer was ever seen, and conn_reuse_mode says that this makes a closing connection a finished one.
   */
  isOver(state: number, unanswered: boolean): boolean;
  /** A packet that ends a connection at once, or whose header is truncated: no ICMP error answers it (ip_vs_out_hook). */
  isReset(frame: Frame): boolean;
  /** Moves the connection's state and timeout on. `direction` is INPUT or OUTPUT (state_transition). */
  follow(path: DataPath, frame: Frame, row: Row, direction: number): void;
  droppable(state: number): Droppable;
  /** NEVER, BY_COUNT or AT_ONCE. */
  syncs(state: number): number;
  /** How long a connection stays in a state, in ticks (ip_vs_proto_data.timeout_table). */
  timeout(timeouts: Timeouts, state: number): Ticks;
  /**
   * After NAT wrote an address and a port: patches the checksum by what changed, so that a wrong one stays wrong. `addresses`
   * is the difference in the pseudo header's sum (dnat_handler, snat_handler).
   */
  repairChecksum(frame: Frame, addresses: number, oldPort: number, newPort: number): void;
  /** After FULLNAT edited the packet: what edits of the sum could not keep right. */
  finishEdit(frame: Frame): void;
}
