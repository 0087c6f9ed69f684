/** Direct routing: everybody on one segment. The servers have the virtual address too, and keep quiet about it. */
import { AF_INET } from "../../wire/address.ts";
import { alone, Host, type HostOptions } from "../host.ts";
import { DIRECTOR_DELAY, type Layout, networkOf, onLink, type Plan, port } from "../layout.ts";

/** What keeps a server from answering, and from speaking, ARP in the name of the virtual address. */
const QUIET_ABOUT_ADDRESSES = { "net.ipv4.conf.all.arp_ignore": 1, "net.ipv4.conf.all.arp_announce": 2 };

export function dr(plan: Plan): Layout {
  const { network, at, virtualAddress } = plan;
  const segment = network.addSegment(networkOf(plan, 12, 11, 0));
  const addresses = Array.from({ length: plan.count }, (_, index) => at(12, 11, 0, 103 + index));
  const client = new Host(network, {
    name: "client",
    interfaces: [port("eth0", segment, [onLink(plan.clientAddress)])],
  });
  const directors = plan.directors({
    name: "director",
    interfaces: [port("eth0", segment, [onLink(at(12, 11, 0, 102)), alone(virtualAddress)], plan.mtu)],
    delay: DIRECTOR_DELAY,
    rules: plan.rules("-g", addresses),
  });
  const servers = addresses.map((address, index) => {
    const betrays = index === 0 && (plan.has("arp") || plan.has("nodad"));
    const own = betrays && plan.has("nodad") ? [onLink(address), alone(virtualAddress)] : [onLink(address)];
    return plan.server({
      name: `rs${index + 1}`,
      interfaces: [port("eth0", segment, own)],
      ...(own.length === 1 && { loopback: [virtualAddress] }),
      ...(!betrays && quietOptions(plan)),
    });
  });
  return { hosts: [client, ...directors, ...servers], client, directors, servers, routers: [] };
}

/** In IPv6 nothing need be set: only the interface that has an address answers for it, and nobody asks `lo`. */
const quietOptions = ({ family }: Plan): Pick<HostOptions, "sysctl"> =>
  family === AF_INET ? { sysctl: QUIET_ABOUT_ADDRESSES } : {};
