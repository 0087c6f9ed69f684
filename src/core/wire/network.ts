/** The network header, of whichever family: what a step of the walk does alike for both. */
import { AF_INET } from "./address.ts";
import type { AddressHandle, AddressTable } from "./address-table.ts";
import type { Frame } from "./frame.ts";
import { IPV4_DESTINATION, IPV4_SOURCE } from "./ipv4.ts";
import { IPV6_DESTINATION, IPV6_SOURCE } from "./ipv6.ts";

/** Writes an address of the packet's family; checksums stay as they were. */
export function setSource(frame: Frame, addresses: AddressTable, source: AddressHandle): void {
  frame.source = source;
  addresses.write(frame.view, frame.network + (frame.family === AF_INET ? IPV4_SOURCE : IPV6_SOURCE), source);
}

/** Writes an address of the packet's family; checksums stay as they were. */
export function setDestination(frame: Frame, addresses: AddressTable, destination: AddressHandle): void {
  frame.destination = destination;
  const at = frame.family === AF_INET ? IPV4_DESTINATION : IPV6_DESTINATION;
  addresses.write(frame.view, frame.network + at, destination);
}
