/**
 * What kind of address the host takes an address for.
 * Mirrors inet_addr_type of net/ipv4/fib_frontend.c and __ipv6_addr_type of net/ipv6/addrconf_core.c.
 */
import { type Address, AF_INET, netmask } from "../wire/address.ts";

/** An interface's IPv4 addresses, in host order, each with its prefix length. */
export interface AddressedInterface {
  readonly addresses: readonly { readonly ip: number; readonly prefix: number }[];
}

/** Every host has it. */
const LOOPBACK: AddressedInterface = { addresses: [{ ip: 0x7f000001, prefix: 8 }] };
const LIMITED_BROADCAST = 0xffffffff;
/** A network of a longer prefix has no broadcast address (fib_add_ifaddr). */
const LONGEST_BROADCAST_PREFIX = 30;

/**
 * Whether an address is unicast or the host's own, and so may be a real server's (ip_vs_ctl.c: ip_vs_new_dest). Refused
 * are 0.0.0.0, broadcast and multicast addresses; for IPv6 `::`, multicast, link-local and IPv4-mapped ones.
 * @ipvs #Y control "A real server's address must be unicast or the host's own, so no broadcast address of its networks"
 */
export function isUnicastOrLocal(address: Address, interfaces: readonly AddressedInterface[]): boolean {
  return address.family === AF_INET ? isIpv4Unicast(address.words[0], interfaces) : isIpv6Unicast(address);
}

function isIpv4Unicast(ip: number, interfaces: readonly AddressedInterface[]): boolean {
  if (ip === 0 || ip === LIMITED_BROADCAST || ip >>> 28 === 0xe) return false;
  const own = [LOOPBACK, ...interfaces].flatMap(({ addresses }) => addresses);
  if (own.some((address) => address.ip === ip)) return true;
  return !own.some(({ ip: host, prefix }) => prefix <= LONGEST_BROADCAST_PREFIX && broadcast(host, prefix) === ip);
}

const broadcast = (ip: number, prefix: number): number => (ip | ~netmask(prefix)) >>> 0;

function isIpv6Unicast({ words: [first, second, third, last] }: Address): boolean {
  if (first >>> 24 === 0xff) return false;
  if (first >>> 22 === 0xfe80 >>> 6) return false;
  if (first !== 0 || second !== 0) return true;
  return third !== 0xffff && (third !== 0 || last !== 0);
}
