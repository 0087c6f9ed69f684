/** Causes: what is peculiar to one scheduler. Times and timeouts are seconds. */
import type { Address } from "../../wire/address.ts";
import type { Change, Unusable } from "./told.ts";

export interface SchedulerCauses {
  /** The client's slot of a hash table belongs to a server that may not be picked. */
  readonly "hash-slot": {
    readonly scheduler: string;
    readonly owner: Unusable;
    /** The flag that would let another take it; empty if the scheduler has none. */
    readonly flag: string;
    readonly others: number;
  };
  /** A client's connections are with two servers, for the servers changed in between. */
  readonly "hash-moved": {
    readonly scheduler: string;
    readonly client: string;
    readonly before: string;
    readonly now: string;
    readonly change: Change;
  };
  /** A scheduler that sends all to the server of the highest weight. */
  readonly "heaviest-first": { readonly scheduler: string; readonly server: string; readonly weight: number };
  /** A hash decides, and so the same clients meet the same servers. */
  readonly "hash-affinity": { readonly scheduler: string; readonly flag: string; readonly byPort: boolean };
  /** A scheduler that looks at the destination address, and clients that all call the same one. */
  readonly "one-destination": { readonly scheduler: string; readonly address: Address; readonly server: string };
  /** A scheduler for which all weights above 0 are the same, and weights that are not. */
  readonly "weights-ignored": { readonly scheduler: string; readonly servers: readonly string[] };
}
