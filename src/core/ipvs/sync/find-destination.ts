/** The real server of a connection that another director, or an earlier life of this one, tells of. */
import type { AddressHandle } from "../../wire/address-table.ts";
import { FORWARDING_MASK } from "../connection-rows.ts";
import type { Destination } from "../destination.ts";
import { fullnat } from "../forwarding/fullnat.ts";
import { methodOf } from "../forwarding/methods.ts";
import { nat } from "../forwarding/nat.ts";
import type { VirtualServer } from "../virtual-server.ts";

/** A connection by its ends. */
interface NamedEnds {
  readonly protocol: number;
  readonly virtualAddress: AddressHandle;
  readonly virtualPort: number;
  readonly destinationAddress: AddressHandle;
  readonly destinationPort: number;
  readonly flags: number;
  readonly fwmark: number;
}

/** The real server that is configured here; `undefined` if there is none (ip_vs_ctl.c: ip_vs_find_dest). */
export function findDestination({ services }: VirtualServer, named: NamedEnds): Destination | undefined {
  const { fwmark, destinationPort: port } = named;
  const service = services.ofPacket(fwmark, named.protocol, named.virtualAddress, named.virtualPort);
  const keepsPort = fwmark !== 0 && (named.flags & FORWARDING_MASK) !== nat.number;
  const at = (wanted: number): Destination | undefined =>
    service?.destinations.find((one) => one.handle === named.destinationAddress && one.port === wanted);
  return keepsPort ? (at(0) ?? at(port)) : (at(port) ?? at(0));
}

export const isFullnat = ({ forwarding }: Destination): boolean => methodOf(forwarding) === fullnat;
