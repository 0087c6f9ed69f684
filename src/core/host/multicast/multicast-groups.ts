/** The multicast groups that the host belongs to. Mirrors net/ipv6/mcast.c: ipv6_chk_mcast_addr; addrconf.c: dev_forward_change, addrconf_join_solict. */
import { type Address, AF_INET6 } from "../../wire/address.ts";
import type { AddressHandle } from "../../wire/address-table.ts";
import type { InterfaceIndex } from "../../wire/frame.ts";
import { isSolicitedNode, solicitedNode } from "../../wire/neighbor-discovery.ts";
import type { Director } from "../director.ts";

const LINK = 2;
const SITE = 5;
const ALL_NODES = 1;
const ALL_ROUTERS = 2;
const LAST_24_BITS = 0xffffff;

const groupOf = (scope: number, id: number): Address => ({
  family: AF_INET6,
  words: [(0xff000000 | (scope << 16)) >>> 0, 0, 0, id],
});
const ROUTER_GROUPS: readonly Address[] = [LINK, SITE].map((scope) => groupOf(scope, ALL_ROUTERS));

/** 224.0.0.1, which every host belongs to (net/ipv4/igmp.c: ip_mc_up). */
const ALL_HOSTS = 0xe0000001;

/** Whether the port takes what goes to the IPv4 group: all hosts, and what a sync daemon or a virtual router has joined. */
export const isMember = ({ addresses, membership }: Director, ifindex: InterfaceIndex, group: AddressHandle): boolean =>
  group === addresses.ofIpv4(ALL_HOSTS) || membership.has(ifindex, group);

/**
 * The same of IPv6: all nodes, all routers where the host is one, the solicited-node groups of its addresses, and what was joined.
 * @ipvs #Y director "IPv6 multicast: all nodes, all routers, solicited-node groups and those of sync daemons and virtual routers are heard, others are not; none is forwarded"
 * @ipvs #P[a host that begins does not tell of its solicited-node groups; it does when it is asked] director "Multicast listener reports (MLD)"
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
  if (group === addresses.of(groupOf(LINK, ALL_NODES)) || director.membership.has(ifindex, group)) return true;
  return sysctl.isRouter(ifindex) && ROUTER_GROUPS.some((one) => group === addresses.of(one));
}

/** Those of IPv6 that the host belongs to for its addresses, and as a router. */
export function ownGroups({ addresses, interfaces, routes, sysctl }: Director, ifindex: InterfaceIndex): Address[] {
  const own = [...(interfaces[ifindex]?.ipv6.map(({ handle }) => handle) ?? []), ...routes.claimedIpv6];
  const solicited = new Set(own.map((handle) => solicitedNode(handle, addresses)));
  const groups = [...solicited].map((group) => addresses.value(group));
  return sysctl.isRouter(ifindex) ? [...groups, ...ROUTER_GROUPS] : groups;
}
