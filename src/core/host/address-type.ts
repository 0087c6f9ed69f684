/**
 * What kind of address the host takes an address for.
 * Mirrors inet_addr_type of net/ipv4/fib_frontend.c and __ipv6_addr_type of net/ipv6/addrconf_core.c.
 */
import { type Address, AF_INET, formatAddress, ipv4, isLinkLocal, netmask } from "../wire/address.ts";
import type { Prefixed } from "./config/config.ts";

/** Every host has it. */
const LOOPBACK: Prefixed = { address: ipv4(0x7f000001), prefix: 8 };
const LIMITED_BROADCAST = 0xffffffff;
/** A network of a longer prefix has no broadcast address (fib_add_ifaddr). */
const LONGEST_BROADCAST_PREFIX = 30;

/**
 * Whether an address is unicast or one of the host's own, and so may be a real server's (ip_vs_ctl.c: ip_vs_new_dest).
 * Refused are 0.0.0.0, broadcast and multicast addresses; for IPv6 `::`, multicast, other hosts' link-local and
 * IPv4-mapped ones.
 * @ipvs #Y control "A real server's address must be unicast or the host's own, so no broadcast address of its networks"
 */
export const isUnicastOrLocal = (address: Address, own: readonly Prefixed[]): boolean => unicastOrLocal(own)(address);

/** The same for many addresses and one host, which may have thousands. */
export function unicastOrLocal(own: readonly Prefixed[]): (address: Address) => boolean {
  const owned = new Set(own.map(({ address }) => formatAddress(address)));
  const broadcasts = new Set(
    [LOOPBACK, ...own].flatMap(({ address: { family, words }, prefix }) =>
      family === AF_INET && prefix <= LONGEST_BROADCAST_PREFIX ? [broadcast(words[0], prefix)] : [],
    ),
  );
  return (address) => {
    const isOwn = owned.has(formatAddress(address));
    if (address.family !== AF_INET) return isOwn || isIpv6Unicast(address);
    const [ip] = address.words;
    if (ip === 0 || ip === LIMITED_BROADCAST || ip >>> 28 === 0xe) return false;
    return isOwn || !broadcasts.has(ip >>> 0);
  };
}

const broadcast = (ip: number, prefix: number): number => (ip | ~netmask(prefix)) >>> 0;

function isIpv6Unicast(address: Address): boolean {
  const [first, second, third, last] = address.words;
  if (first >>> 24 === 0xff || isLinkLocal(address)) return false;
  if (first !== 0 || second !== 0) return true;
  return third !== 0xffff && (third !== 0 || last !== 0);
}
