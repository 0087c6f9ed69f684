/**
 * Loads what a batch of frames will need into the processor's cache, all at once: a connection's row is a cache miss
 * wherever the table is larger than the cache, and misses that do not wait for each other overlap.
 * It looks and changes nothing; a wrong guess costs a load.
 */
import { NONE } from "../../ipvs/connection-rows.ts";
import { NO_ADDRESS } from "../../wire/address-table.ts";
import { ETHERNET_TYPE, ETHERTYPE_IPV6 } from "../../wire/ethernet.ts";
import type { Frame } from "../../wire/frame.ts";
import { IPV4_DESTINATION, IPV4_PROTOCOL, IPV4_SOURCE, PROTOCOL_TCP, PROTOCOL_UDP } from "../../wire/ipv4.ts";
import { IPV6_DESTINATION, IPV6_HEADER, IPV6_NEXT_HEADER, IPV6_SOURCE } from "../../wire/ipv6.ts";
import type { Director } from "../director.ts";

/** Ethernet type IPv4, version 4, header of 20 bytes: whatever else there is, is not foreseen. */
const PLAIN_IPV4 = 0x080045;
const LEAST_LENGTH = 14 + 20 + 4;
const LEAST_IPV6_LENGTH = 14 + 40 + 4;
/** Frames that are looked at together, at most. */
export const LONGEST_BATCH = 256;

/** `links` is room for the chains of LONGEST_BATCH frames. */
export function foresee(director: Director, frames: readonly Frame[], count: number, links: Int32Array): void {
  const { table } = director.server.connections;
  const batch = Math.min(count, links.length);
  for (let index = 0; index < batch; index++) links[index] = firstLink(director, frames[index]);
  let seen = 0;
  for (let index = 0; index < batch; index++) seen ^= table.touch(links[index] ?? NONE);
  // Kept, so that no compiler leaves the loads out.
  links[0] = seen;
}

/** Where the chain of the frame's client begins. A packet for the director comes from its client, any other goes to it. */
function firstLink(director: Director, frame: Frame | undefined): number {
  if (frame === undefined || frame.length < LEAST_LENGTH) return NONE;
  const { view, start, network } = frame;
  if ((view.getInt32(start + 11) << 8) >> 8 !== PLAIN_IPV4) return firstIpv6Link(director, frame);
  const protocol = view.getUint8(network + IPV4_PROTOCOL);
  if (protocol !== PROTOCOL_TCP && protocol !== PROTOCOL_UDP) return NONE;
  const { table } = director.server.connections;
  const destination = view.getInt32(network + IPV4_DESTINATION);
  return director.routes.isOwn(destination)
    ? table.firstLink(protocol, view.getInt32(network + IPV4_SOURCE), view.getUint16(network + 20))
    : table.firstLink(protocol, destination, view.getUint16(network + 22));
}

/** The same in IPv6, of a packet without extension headers. */
function firstIpv6Link({ addresses, routes, server }: Director, { view, start, end, network }: Frame): number {
  if (view.getUint16(start + ETHERNET_TYPE) !== ETHERTYPE_IPV6 || end - start < LEAST_IPV6_LENGTH) return NONE;
  const protocol = view.getUint8(network + IPV6_NEXT_HEADER);
  if (protocol !== PROTOCOL_TCP && protocol !== PROTOCOL_UDP) return NONE;
  const { table } = server.connections;
  const ports = network + IPV6_HEADER;
  const destination = addresses.findIpv6At(view, network + IPV6_DESTINATION);
  if (destination !== NO_ADDRESS && !routes.isOwn(destination))
    return table.firstLink(protocol, destination, view.getUint16(ports + 2));
  const source = addresses.findIpv6At(view, network + IPV6_SOURCE);
  return source === NO_ADDRESS ? NONE : table.firstLink(protocol, source, view.getUint16(ports));
}
