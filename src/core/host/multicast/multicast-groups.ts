/** The IPv6 multicast groups that the host belongs to. Mirrors net/ipv6/mcast.c: ipv6_chk_mcast_addr; addrconf.c: dev_forward_change, addrconf_join_solict. */
import { AF_INET6 } from "../../wire/address.ts";
import type { AddressHandle } from "../../wire/address-table.ts";
import type { InterfaceIndex } from "../../wire/frame.ts";
import { isSolicitedNode } from "../../wire/neighbor-discovery.ts";
import type { Director } from "../director.ts";

const LINK = 2;
const SITE = 5;
const ALL_NODES = 1;
const ALL_ROUTERS = 2;
const LAST_24_BITS = 0xffffff;

/**
 * Whether the port takes what goes to the group: all nodes, all routers where the host is one, the solicited-node groups of
 * its addresses, and what a sync daemon or a virtual router has joined.
 * @ipvs #Y director "IPv6 multicast: all nodes, all routers, solicited-node groups and those of sync daemons and virtual routers are heard, others are not; none is forwarded"
 * @ipvs #N[nobody here listens to a group that a switch would have to forward] director "Multicast listener reports and queries (MLD): nothing is reported, no query is answered"
 */
export function isListening(director: Director, ifindex: InterfaceIndex, group: AddressHandle): boolean {
  const { addresses, sysctl, interfaces, routes } = director;
  if (isSolicitedNode(group, addresses)) {
    const last = addresses.word(group, 3) & LAST_24_BITS;
    const answersFor = (handle: AddressHandle): boolean => (addresses.word(handle, 3) & LAST_24_BITS) === last;
    return (
      interfaces[ifindex]?.ipv6.some(({ handle }) => answersFor(handle)) === true ||
      [...routes.claimedIpv6].some(answersFor)
    );
  }
  const isGroup = (scope: number, id: number): boolean =>
    group === addresses.of({ family: AF_INET6, words: [(0xff000000 | (scope << 16)) >>> 0, 0, 0, id] });
  if (isGroup(LINK, ALL_NODES) || director.hasJoined(ifindex, group)) return true;
  return sysctl.isRouter(ifindex) && (isGroup(LINK, ALL_ROUTERS) || isGroup(SITE, ALL_ROUTERS));
}
