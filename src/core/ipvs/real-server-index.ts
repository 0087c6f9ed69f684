/**
 * Real servers by their own address: who a packet comes from that no connection knows, and whose tunnel an ICMP error is about.
 * Mirrors rs_table of net/netfilter/ipvs/ip_vs_ctl.c: masqueraded servers by their port, ends of tunnels by the tunnel's; of several
 * the one that came last.
 */
import type { AddressHandle } from "../wire/address-table.ts";
import { ANSWERS_AS_SERVER } from "./connection-rows.ts";
import { type Destination, TUNNEL_GUE } from "./destination.ts";
import { methodOf } from "./forwarding/methods.ts";

export class RealServerIndex {
  readonly #chains = new Map<number, Destination[]>();

  /** The masqueraded real server with this address and port (ip_vs_find_real_service, ip_vs_has_real_service). */
  masqueraded(protocol: number, address: AddressHandle, port: number): Destination | undefined {
    return this.#chains
      .get(chainOf(address, port))
      ?.find(
        (destination) =>
          isMasqueraded(destination) &&
          destination.handle === address &&
          destination.port === port &&
          (destination.service.fwmark !== 0 || destination.service.protocol === protocol),
      );
  }

  /**
   * The real server at the end of a tunnel to this address and, for GUE, port (ip_vs_find_tunnel).
   * @ipvs #Y icmp "Of several tunnels to one server without a port, an ICMP error can only be about the one that was added last"
   */
  tunnel(address: AddressHandle, port: number): Destination | undefined {
    return this.#chains
      .get(chainOf(address, port))
      ?.find(
        (destination) =>
          methodOf(destination.forwarding).tunnels && destination.handle === address && destination.tunnelPort === port,
      );
  }

  /** Puts a real server before all others, if it is one to be found by its own address (ip_vs_rs_hash). */
  add(destination: Destination): void {
    const { forwarding, handle, port, tunnelPort, tunnelType } = destination;
    if (isMasqueraded(destination)) this.#push(chainOf(handle, port), destination);
    else if (methodOf(forwarding).tunnels)
      this.#push(chainOf(handle, tunnelType === TUNNEL_GUE ? tunnelPort : 0), destination);
  }

  #push(chain: number, destination: Destination): void {
    destination.chain = chain;
    const destinations = this.#chains.get(chain);
    if (destinations === undefined) this.#chains.set(chain, [destination]);
    else destinations.unshift(destination);
  }

  /** Nothing, if it is not there (ip_vs_rs_unhash). */
  remove(destination: Destination): void {
    const { chain } = destination;
    const destinations = chain === undefined ? undefined : this.#chains.get(chain);
    if (chain === undefined || destinations === undefined) return;
    destinations.splice(destinations.indexOf(destination), 1);
    if (destinations.length === 0) this.#chains.delete(chain);
    destination.chain = undefined;
  }
}

const isMasqueraded = ({ forwarding }: Destination): boolean => methodOf(forwarding).answers === ANSWERS_AS_SERVER;

/** A small integer, which V8 finds fast; others may have the same. */
const chainOf = (address: AddressHandle, port: number): number => (address ^ Math.imul(port, 0x85ebca6b)) | 0;
