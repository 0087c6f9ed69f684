/**
 * The addresses that an IPv6 host sends from. Mirrors net/ipv6/addrconf.c: ipv6_dev_get_saddr, ipv6_get_lladdr.
 */
import { addressLabel, isLinkLocal } from "../wire/address-scope.ts";
import { type AddressHandle, type AddressTable, NO_ADDRESS } from "../wire/address-table.ts";
import type { InterfaceIndex } from "../wire/frame.ts";
import { AddressMap } from "./address-map.ts";
import type { Interface } from "./interfaces.ts";

/** Sources that are remembered. */
const MOST_SOURCES = 1024;
/** More than any prefix in common. */
const SAME_LABEL = 256;

export class Ipv6Sources {
  readonly #addresses: AddressTable;
  readonly #interfaces: readonly Interface[];
  readonly #isTentative: (ifindex: InterfaceIndex) => boolean;
  readonly #sources = new AddressMap<{ readonly ifindex: InterfaceIndex; readonly source: AddressHandle }>();

  /** `isTentative` says whether an interface's link-local address may not be used yet. */
  constructor(
    addresses: AddressTable,
    interfaces: readonly Interface[],
    isTentative: (ifindex: InterfaceIndex) => boolean,
  ) {
    this.#addresses = addresses;
    this.#interfaces = interfaces;
    this.#isTentative = isTentative;
  }

  /**
   * The target itself, if it is the host's own; else of the target's scope, of the interface rather than of another, with the target's
   * label, with the longest prefix in common (RFC 6724, rules 1, 2, 5, 6 and 8; ipv6_dev_get_saddr). To a link-local target an interface
   * speaks for itself.
   */
  towards(ifindex: InterfaceIndex, target: AddressHandle): AddressHandle {
    const near = isLinkLocal(target, this.#addresses);
    const others = near ? [] : this.#interfaces.filter((one) => one.ifindex !== ifindex);
    const lists = [this.#candidates(ifindex), ...others.map((one) => this.#candidates(one.ifindex))];
    if (lists.some((list) => list.includes(target))) return target;
    for (const list of lists) {
      const best = this.#closest(
        target,
        list.filter((handle) => isLinkLocal(handle, this.#addresses) === near),
      );
      if (best !== undefined) return best;
    }
    return this.#closest(target, lists.flat()) ?? NO_ADDRESS;
  }

  /** The same, remembered for those that much is sent to: real servers behind tunnels. */
  remembered(ifindex: InterfaceIndex, target: AddressHandle): AddressHandle {
    const known = this.#sources.get(target);
    if (known !== undefined && known.ifindex === ifindex) return known.source;
    const source = this.towards(ifindex, target);
    // A tentative address will be there later.
    if (this.#sources.size >= MOST_SOURCES || this.linkLocalOf(ifindex) === undefined) return source;
    this.#sources.set(known === undefined ? this.#addresses.keep(target) : target, { ifindex, source });
    return source;
  }

  /** The addresses that an interface may send from, newest first. */
  #candidates(ifindex: InterfaceIndex): AddressHandle[] {
    const own = this.#interfaces[ifindex]?.ipv6.map(({ handle }) => handle).toReversed() ?? [];
    const automatic = own[0];
    return own.filter((handle) => handle !== automatic || this.linkLocalOf(ifindex) !== undefined);
  }

  #closest(target: AddressHandle, candidates: readonly AddressHandle[]): AddressHandle | undefined {
    const addresses = this.#addresses;
    const label = addressLabel(target, addresses);
    let best: AddressHandle | undefined;
    let most = -1;
    for (const handle of candidates) {
      const prefix = this.#prefixOf(handle);
      const common = Math.min(addresses.commonPrefix(handle, target), prefix);
      const score = (addressLabel(handle, addresses) === label ? SAME_LABEL : 0) + common;
      if (score <= most) continue;
      best = handle;
      most = score;
    }
    return best;
  }

  #prefixOf(address: AddressHandle): number {
    const all = this.#interfaces.flatMap(({ ipv6 }) => ipv6);
    return all.find(({ handle }) => handle === address)?.prefix ?? 0;
  }

  /** The interface's link-local address; undefined as long as it is not known to be nobody else's (RFC 4862, section 5.4). */
  linkLocalOf(ifindex: InterfaceIndex): AddressHandle | undefined {
    return this.#isTentative(ifindex) ? undefined : this.#interfaces[ifindex]?.ipv6.at(-1)?.handle;
  }
}
