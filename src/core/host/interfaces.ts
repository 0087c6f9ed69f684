/** The director's ports and their addresses of both families. */

import { type Address, AF_INET, AF_INET6, netmask } from "../wire/address.ts";
import type { AddressHandle, AddressTable } from "../wire/address-table.ts";
import { macHigh, macLow, macNumber } from "../wire/ethernet.ts";
import type { InterfaceIndex } from "../wire/frame.ts";
import type { HostConfig, Prefixed } from "./config/config.ts";

export interface InterfaceAddress extends Prefixed {
  /** Kept as long as the director lives, as all addresses of its configurations. */
  readonly handle: AddressHandle;
  /** IPv4: not the first of its network, and so never chosen as a source (IFA_F_SECONDARY). */
  readonly secondary: boolean;
}

export interface Interface {
  readonly ifindex: InterfaceIndex;
  readonly name: string;
  /** 48 bits. */
  readonly mac: number;
  /** The same as 16 and (signed) 32 bits, quick to compare and to write. */
  readonly macHigh: number;
  readonly macLow: number;
  readonly mtu: number;
  readonly ipv4: readonly InterfaceAddress[];
  /** In the order configured, the link-local address last. */
  readonly ipv6: readonly InterfaceAddress[];
}

/** A locally administered address for a port whose configuration gives none: 02:00:00:00:00:NN. */
const madeUpMac = (ifindex: InterfaceIndex): number => 0x0200_0000_0000 + ifindex + 1;
const LINK_LOCAL_PREFIX = 64;

export const makeInterfaces = (config: HostConfig, addresses: AddressTable): Interface[] =>
  config.interfaces.map((entry, ifindex) => {
    const mac = entry.mac === undefined ? madeUpMac(ifindex) : macNumber(entry.mac);
    const { name, mtu } = entry;
    const known = entry.addresses.map((prefixed) => ({ ...prefixed, handle: addresses.kept(prefixed.address) }));
    const ipv4 = known.filter(({ address }) => address.family === AF_INET);
    const linkLocal = { address: linkLocalAddress(mac), prefix: LINK_LOCAL_PREFIX };
    const ipv6 = [
      ...known.filter(({ address }) => address.family === AF_INET6),
      { ...linkLocal, handle: addresses.kept(linkLocal.address) },
    ];
    return {
      ifindex,
      name,
      mac,
      macHigh: macHigh(mac),
      macLow: macLow(mac),
      mtu,
      ipv4: markSecondaries(ipv4, addresses),
      ipv6: ipv6.map((address) => ({ ...address, secondary: false })),
    };
  });

/** A later address of a network that an earlier one has is secondary (net/ipv4/devinet.c: __inet_insert_ifa). */
function markSecondaries(
  list: readonly Omit<InterfaceAddress, "secondary">[],
  addresses: AddressTable,
): InterfaceAddress[] {
  const networks = new Set<string>();
  return list.map((one) => {
    const network = `${addresses.masked(one.handle, netmask(one.prefix))}/${one.prefix}`;
    const secondary = networks.has(network);
    networks.add(network);
    return { ...one, secondary };
  });
}

/** The addresses of all ports, of both families. */
export const ownAddresses = (interfaces: readonly Interface[]): InterfaceAddress[] =>
  interfaces.flatMap(({ ipv4, ipv6 }) => [...ipv4, ...ipv6]);

/** The address that every port gives itself: fe80::/64 and its MAC address (RFC 4291, appendix A: modified EUI-64). */
export function linkLocalAddress(mac: number): Address {
  const high = macHigh(mac);
  const low = macLow(mac) >>> 0;
  const universal = 0x0200;
  return {
    family: AF_INET6,
    words: [
      0xfe800000,
      0,
      (((high ^ universal) << 16) | ((low >>> 24) << 8) | 0xff) >>> 0,
      (0xfe000000 | (low & 0xffffff)) >>> 0,
    ],
  };
}
