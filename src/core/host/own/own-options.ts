/** The host as one that fills in the options of packets. Mirrors net/ipv4/fib_frontend.c: fib_compute_spec_dst. */
import type { Frame } from "../../wire/frame.ts";
import { hasOptions } from "../../wire/ipv4.ts";
import { noOptions } from "../../wire/ipv4-options.ts";
import type { Director } from "../director.ts";
import { readOptions } from "../ip-options.ts";

/** Another host's address, by all this one knows (inet_addr_type: RTN_UNICAST). */
export const isForeign = (director: Director, address: number): boolean =>
  !director.routes.isLocal(address | 0) && !director.routes.isBroadcast(address | 0) && address >>> 28 !== 14;

/**
 * Reads the frame's options, if it has any, and fills them in; the answers of readOptions. `local`: the packet is for an
 * address of the host.
 */
export function takeOptions(director: Director, frame: Frame, local: boolean): number {
  if (!hasOptions(frame)) return 0;
  const { routes } = director;
  const options = noOptions();
  const address = local
    ? frame.destination
    : (routes.lookup(frame.source)?.source ?? routes.sourceFor(frame.ifindex, frame.source));
  frame.options = options;
  return readOptions(frame.view, frame.network, options, {
    address,
    time: director.timeOfDay(),
    isForeign: (other) => isForeign(director, other),
  });
}
