/** NAT: two networks with the director between them; it is the servers' gateway, so answers pass it again. */
import { alone, Host } from "../host.ts";
import { DIRECTOR_DELAY, defaultRoute, type Layout, networkOf, onLink, type Plan, port } from "../layout.ts";

export function nat(plan: Plan): Layout {
  const { network, at } = plan;
  const outside = network.addSegment(networkOf(plan, 12, 11, 0));
  const inside = network.addSegment(networkOf(plan, 172, 16, 1));
  const directorInside = at(172, 16, 1, 1);
  const [otherOutside, otherInside] = [at(12, 11, 0, 254), at(172, 16, 1, 254)];
  const addresses = Array.from({ length: plan.count }, (_, index) => at(172, 16, 1, 2 + index));
  const client = plan.has("asymmetric")
    ? new Host(network, {
        name: "client",
        interfaces: [port("eth0", inside, [onLink(at(172, 16, 1, 10))])],
        routes: defaultRoute(directorInside),
      })
    : new Host(network, {
        name: "client",
        interfaces: [port("eth0", outside, [onLink(plan.clientAddress)])],
        routes: defaultRoute(otherOutside),
      });
  const directors = plan.directors({
    name: "director",
    interfaces: [
      port("eth0", outside, [onLink(at(12, 11, 0, 1)), alone(plan.virtualAddress)]),
      port("eth1", inside, [onLink(directorInside)], plan.mtu),
    ],
    forwards: true,
    delay: DIRECTOR_DELAY,
    rules: plan.rules("-m", addresses),
  });
  const routers = plan.has("gateway") ? [otherGateway()] : [];
  const gateway = plan.has("gateway") ? otherInside : directorInside;
  const servers = addresses.map((address, index) =>
    plan.server({
      name: `rs${index + 1}`,
      interfaces: [port("eth0", inside, [onLink(address)])],
      routes: defaultRoute(gateway),
    }),
  );
  return {
    hosts: [client, ...directors, ...routers, ...servers],
    client,

    directors,
    servers,
    routers,
  };

  /** The way out that is not the director. */
  function otherGateway(): Host {
    const interfaces = [port("eth0", outside, [onLink(otherOutside)]), port("eth1", inside, [onLink(otherInside)])];
    return new Host(network, { name: "router", interfaces, forwards: true });
  }
}
