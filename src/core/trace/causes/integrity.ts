/** Causes: whether a packet is sound, and what is as it should be. Times and timeouts are seconds. */
import type { Address } from "../../wire/address.ts";

export interface IntegrityCauses {
  /** The director itself replies to a ping of a virtual address. */
  readonly ping: { readonly address: Address };
  readonly "icmp-stray": { readonly service: string };
  readonly "partial-checksum": { readonly protocol: string };
  readonly "wrong-checksum": { readonly protocol: string };
  readonly timer: {
    readonly state: string;
    readonly seconds: number;
    readonly late: number;
    readonly hz: number;
    /** The director sees the client's packets only. */
    readonly oneSided: boolean;
    /** Which of the three numbers of `--set`, from 1; 0 if none. */
    readonly set: number;
  };
}
