/** Direct routing: everybody on one segment. The servers have the virtual address too, and keep quiet about it. */
import { Host } from "../host.ts";
import {
  alone,
  CLIENT_ADDRESS,
  DIRECTOR_DELAY,
  in24,
  ip,
  type Layout,
  type Plan,
  port,
  VIRTUAL_ADDRESS,
} from "../layout.ts";

/** What keeps a server from answering, and from speaking, ARP in the name of the virtual address. */
const QUIET_ABOUT_ADDRESSES = { "net.ipv4.conf.all.arp_ignore": 1, "net.ipv4.conf.all.arp_announce": 2 };

export function dr(plan: Plan): Layout {
  const { network } = plan;
  const segment = network.addSegment("12.11.0.0/24");
  const addresses = Array.from({ length: plan.count }, (_, index) => ip(12, 11, 0, 103 + index));
  const client = new Host(network, { name: "client", interfaces: [port("eth0", segment, [in24(CLIENT_ADDRESS)])] });
  const director = new Host(network, {
    name: "director",
    interfaces: [port("eth0", segment, [in24(ip(12, 11, 0, 102)), alone(VIRTUAL_ADDRESS)], plan.mtu)],
    delay: DIRECTOR_DELAY,
    rules: plan.rules("-g", addresses),
  });
  const servers = addresses.map((address, index) =>
    plan.server({
      name: `rs${index + 1}`,
      interfaces: [port("eth0", segment, [in24(address)])],
      loopback: [VIRTUAL_ADDRESS],
      sysctl: index === 0 && plan.has("arp") ? {} : QUIET_ABOUT_ADDRESSES,
    }),
  );
  return { hosts: [client, director, ...servers], client, director, servers, routers: [] };
}
