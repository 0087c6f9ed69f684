/** Full NAT: the servers see only local addresses of the director. They are in another network and need no route to clients. */
import { prefixed } from "../../host/config.ts";
import { formatIpv4, ipv4 as ipv4Address } from "../../wire/address.ts";
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
  SERVICE_PORT,
  VIRTUAL_ADDRESS,
} from "../layout.ts";

const DIRECTOR_INSIDE = ip(172, 16, 1, 1);
/** The local address that connections to the servers leave from. */
const LOCAL_ADDRESS = ip(172, 16, 1, 100);
const ROUTER_NEAR = ip(172, 16, 1, 254);
const ROUTER_FAR = ip(172, 16, 2, 254);

export function fullnat(plan: Plan): Layout {
  const { network } = plan;
  const outside = network.addSegment("12.11.0.0/24");
  const inside = network.addSegment("172.16.1.0/24");
  const far = network.addSegment("172.16.2.0/24");
  const addresses = Array.from({ length: plan.count }, (_, index) => ip(172, 16, 2, 2 + index));
  const rules = plan.rules("-b", addresses);
  rules.splice(1, 0, `-P -t ${formatIpv4(VIRTUAL_ADDRESS)}:${SERVICE_PORT} -z ${formatIpv4(LOCAL_ADDRESS)}`);
  const client = new Host(network, { name: "client", interfaces: [port("eth0", outside, [in24(CLIENT_ADDRESS)])] });
  const director = new Host(network, {
    name: "director",
    interfaces: [
      port("eth0", outside, [in24(ip(12, 11, 0, 1)), alone(VIRTUAL_ADDRESS)]),
      port("eth1", inside, [in24(DIRECTOR_INSIDE), alone(LOCAL_ADDRESS)], plan.mtu),
    ],
    routes: [{ to: prefixed(ip(172, 16, 2, 0), 24), via: ipv4Address(ROUTER_NEAR) }],
    forwards: true,
    delay: DIRECTOR_DELAY,
    rules,
  });
  const router = new Host(network, {
    name: "router",
    interfaces: [port("eth0", inside, [in24(ROUTER_NEAR)]), port("eth1", far, [in24(ROUTER_FAR)])],
    forwards: true,
  });
  const servers = addresses.map((address, index) =>
    plan.server({
      name: `rs${index + 1}`,
      interfaces: [port("eth0", far, [in24(address)])],
      routes: defaultRoute(ROUTER_FAR),
    }),
  );
  return { hosts: [client, director, router, ...servers], client, director, servers, routers: [router] };
}
