/** NAT: two networks with the director between them; it is the servers' gateway, so answers pass it again. */
import { Host } from "../host.ts";
import {
  alone,
  CLIENT_ADDRESS,
  DIRECTOR_DELAY,
  defaultRoute,
  in24,
  ip,
  type Layout,
  type Plan,
  port,
  VIRTUAL_ADDRESS,
} from "../layout.ts";

const DIRECTOR_INSIDE = ip(172, 16, 1, 1);
const OTHER_GATEWAY_OUTSIDE = ip(12, 11, 0, 254);
const OTHER_GATEWAY_INSIDE = ip(172, 16, 1, 254);
/** Where the client is if it is in the servers' own network. */
const CLIENT_INSIDE = ip(172, 16, 1, 10);

export function nat(plan: Plan): Layout {
  const { network } = plan;
  const outside = network.addSegment("12.11.0.0/24");
  const inside = network.addSegment("172.16.1.0/24");
  const addresses = Array.from({ length: plan.count }, (_, index) => ip(172, 16, 1, 2 + index));
  const client = plan.has("asymmetric")
    ? new Host(network, {
        name: "client",
        interfaces: [port("eth0", inside, [in24(CLIENT_INSIDE)])],
        routes: defaultRoute(DIRECTOR_INSIDE),
      })
    : new Host(network, {
        name: "client",
        interfaces: [port("eth0", outside, [in24(CLIENT_ADDRESS)])],
        routes: defaultRoute(OTHER_GATEWAY_OUTSIDE),
      });
  const director = new Host(network, {
    name: "director",
    interfaces: [
      port("eth0", outside, [in24(ip(12, 11, 0, 1)), alone(VIRTUAL_ADDRESS)]),
      port("eth1", inside, [in24(DIRECTOR_INSIDE)], plan.mtu),
    ],
    forwards: true,
    delay: DIRECTOR_DELAY,
    rules: plan.rules("-m", addresses),
  });
  const routers = plan.has("gateway") ? [otherGateway()] : [];
  const gateway = plan.has("gateway") ? OTHER_GATEWAY_INSIDE : DIRECTOR_INSIDE;
  const servers = addresses.map((address, index) =>
    plan.server({
      name: `rs${index + 1}`,
      interfaces: [port("eth0", inside, [in24(address)])],
      routes: defaultRoute(gateway),
    }),
  );
  return { hosts: [client, director, ...routers, ...servers], client, director, servers, routers };

  /** The way out that is not the director. */
  function otherGateway(): Host {
    const interfaces = [
      port("eth0", outside, [in24(OTHER_GATEWAY_OUTSIDE)]),
      port("eth1", inside, [in24(OTHER_GATEWAY_INSIDE)]),
    ];
    return new Host(network, { name: "router", interfaces, forwards: true });
  }
}
