/** Full NAT: the servers see only local addresses of the director. They are in another network and need no route to clients. */
import { formatAddress, formatEndpoint } from "../../wire/address.ts";
import { alone, Host } from "../host.ts";
import {
  DIRECTOR_DELAY,
  defaultRoute,
  type Layout,
  networkOf,
  onLink,
  type Plan,
  port,
  SERVICE_PORT,
} from "../layout.ts";

export function fullnat(plan: Plan): Layout {
  const { network, virtualAddress, behind } = plan;
  const { at } = behind;
  const outside = network.addSegment(networkOf(plan, 12, 11, 0));
  const inside = network.addSegment(networkOf(behind, 172, 16, 1));
  const far = network.addSegment(networkOf(behind, 172, 16, 2));
  const [routerNear, routerFar] = [at(172, 16, 1, 254), at(172, 16, 2, 254)];
  /** What connections to the servers leave from. */
  const localAddress = at(172, 16, 1, 100);
  const addresses = Array.from({ length: plan.count }, (_, index) => at(172, 16, 2, 2 + index));
  const rules = plan.rules("-b", addresses);
  rules.splice(1, 0, `-P -t ${formatEndpoint(virtualAddress, SERVICE_PORT)} -z ${formatAddress(localAddress)}`);
  const client = new Host(network, {
    name: "client",
    interfaces: [port("eth0", outside, [onLink(plan.clientAddress)])],
  });
  const directors = plan.directors({
    name: "director",
    interfaces: [
      port("eth0", outside, [onLink(plan.at(12, 11, 0, 1)), alone(virtualAddress)]),
      port("eth1", inside, [onLink(at(172, 16, 1, 1)), alone(localAddress)], plan.mtu),
    ],
    routes: [{ to: onLink(at(172, 16, 2, 0)), via: routerNear }],
    forwards: true,
    delay: DIRECTOR_DELAY,
    rules,
  });
  const router = new Host(network, {
    name: "router",
    interfaces: [port("eth0", inside, [onLink(routerNear)]), port("eth1", far, [onLink(routerFar)])],
    forwards: true,
  });
  const servers = addresses.map((address, index) =>
    plan.server({
      name: `rs${index + 1}`,
      interfaces: [port("eth0", far, [onLink(address)])],
      routes: defaultRoute(routerFar),
    }),
  );
  return {
    hosts: [client, ...directors, router, ...servers],
    client,

    directors,
    servers,
    routers: [router],
  };
}
