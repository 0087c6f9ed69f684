/** A local address of a FULLNAT service (`ipvsadm -P -z`): connections leave the director from it. */
import type { Address } from "../wire/address.ts";
import type { AddressHandle } from "../wire/address-table.ts";

export class LocalAddress {
  readonly address: Address;
  /** Kept by whoever made the pool. */
  readonly handle: AddressHandle;
  /** Live connections that leave from here. */
  connections = 0;
  /** Attempts at a port that was in use towards the same real server: the CONFLICTS column of `-G`. */
  conflicts = 0;
  /** Counts up for ever; the next port is `min + counter mod range` (alibaba/LVS ip_vs_conn.c: ip_vs_get_laddr). */
  portCounter = 0;

  constructor(address: Address, handle: AddressHandle) {
    this.address = address;
    this.handle = handle;
  }
}
