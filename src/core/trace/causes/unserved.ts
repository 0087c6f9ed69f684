/** Causes: why no service takes a packet. Times and timeouts are seconds. */
import type { Family } from "../../wire/address.ts";

export interface UnservedCauses {
  /** A service's address, and a protocol that IPVS leaves to the host. */
  readonly "not-balanced": { readonly protocol: number; readonly service: string };
  /** A service that is nearly what the packet wants. */
  readonly "other-service": { readonly service: string; readonly differs: "port" | "protocol" | "address" };
  readonly unmarked: { readonly services: readonly string[]; readonly rules: number };
  /** `other`: a service of the other family has the mark. */
  readonly "mark-unserved": { readonly mark: number; readonly family: Family; readonly other: boolean };
  /** Nothing that is served is nearly what the packet asks for, as `10.1.0.100:443`. */
  readonly "no-service": { readonly protocol: number; readonly asked: string };
  /** It was sent to the MAC address of a group. */
  readonly "group-frame": { readonly service: string; readonly mac: string };
  /** ESP or AH, and no connection of UDP 500 between the same ends. */
  readonly "no-key-exchange": { readonly protocol: number; readonly service: string };
  /** A service of all ports, and a port at which the director itself is called, by such a program. */
  readonly "every-port": { readonly service: string; readonly port: number; readonly program: string };
}
