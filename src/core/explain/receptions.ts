/** Who had something to do with a frame, of all who got it. */
import type { Hop, Reception } from "../simulator/network.ts";
import { isGroupMac, macAt } from "../wire/ethernet.ts";

/** What a host makes of a frame that is for others. */
const PASSED_OVER: ReadonlySet<string> = new Set([
  "not-for-us",
  "arp-not-for-us",
  "discovery-not-for-us",
  "not-listening",
]);

/** Whether a frame is for more than one host. */
export const isForMany = ({ bytes }: Pick<Hop, "bytes">): boolean =>
  isGroupMac(macAt(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0));

/** What those made of it that it was for. Of a frame for many, nobody misses a host that is dead if another takes it. */
export function tellingReceptions(hop: Pick<Hop, "bytes" | "receptions">): readonly Reception[] {
  const many = isForMany(hop);
  const taken = hop.receptions.filter(({ verdict }) => !PASSED_OVER.has(verdict));
  const living = taken.filter(({ verdict }) => verdict !== "host-down");
  return many && living.length > 0 ? living : taken;
}
