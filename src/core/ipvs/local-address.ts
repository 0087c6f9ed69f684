/** A local address of a FULLNAT service (`ipvsadm -P -z`): connections leave the director from it. */
import type { Address } from "../wire/address.ts";

export class LocalAddress {
  readonly address: Address;
  /** The address as one number, for IPv4. */
  readonly ip: number;
  /** Live connections that leave from here. */
  connections = 0;
  /** Attempts at a port that was in use towards the same real server: the CONFLICTS column of `-G`. */
  conflicts = 0;
  /** Counts up for ever; the next port is `min + counter mod range` (alibaba/LVS ip_vs_conn.c: ip_vs_get_laddr). */
  portCounter = 0;

  constructor(address: Address) {
    this.address = address;
    this.ip = address.words[0];
  }
}
