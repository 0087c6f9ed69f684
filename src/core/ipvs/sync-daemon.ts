/** The sync daemons: accepted and listed. differs: nothing is sent or received; the protocol is not emulated. */
import type { Address } from "../wire/address.ts";

export interface SyncDaemon {
  readonly state: "master" | "backup";
  readonly mcastInterface: string;
  readonly syncId: number;
  readonly maxLength: number;
  readonly group: Address;
  readonly port: number;
  readonly ttl: number;
}
