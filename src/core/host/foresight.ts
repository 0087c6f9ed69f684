/**
 * Loads what a batch of frames will need into the processor's cache, all at once: a connection's row is a cache miss
 * wherever the table is larger than the cache, and misses that do not wait for each other overlap.
 * It looks and changes nothing; a wrong guess costs a load.
 */
import { NONE } from "../ipvs/connection-rows.ts";
import type { Frame } from "../wire/frame.ts";
import { IPV4_DESTINATION, IPV4_PROTOCOL, IPV4_SOURCE, PROTOCOL_TCP, PROTOCOL_UDP } from "../wire/ipv4.ts";
import type { Director } from "./director.ts";

/** Ethernet type IPv4, version 4, header of 20 bytes: whatever else there is, is not foreseen. */
const PLAIN_IPV4 = 0x080045;
const LEAST_LENGTH = 14 + 20 + 4;
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
  if ((view.getInt32(start + 11) << 8) >> 8 !== PLAIN_IPV4) return NONE;
  const protocol = view.getUint8(network + IPV4_PROTOCOL);
  if (protocol !== PROTOCOL_TCP && protocol !== PROTOCOL_UDP) return NONE;
  const { table } = director.server.connections;
  const destination = view.getInt32(network + IPV4_DESTINATION);
  return director.routes.isOwn(destination)
    ? table.firstLink(protocol, view.getInt32(network + IPV4_SOURCE), view.getUint16(network + 20))
    : table.firstLink(protocol, destination, view.getUint16(network + 22));
}
