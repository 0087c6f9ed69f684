/** Tunnels: the servers are in other networks, behind a router. They unwrap IPIP and answer the client by their own way. */

import { ETHERNET_HEADER } from "../../wire/ethernet.ts";
import { IPV4_PROTOCOL, PROTOCOL_ICMP } from "../../wire/ipv4.ts";
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

const ROUTER = ip(12, 11, 0, 254);
/** Of the link to the servers' networks where it is too small. */
const SMALL_MTU = 1400;

export function tun(plan: Plan): Layout {
  const { network } = plan;
  const front = network.addSegment("12.11.0.0/24");
  const addresses = Array.from({ length: plan.count }, (_, index) => ip(172, 16, 1 + index, 2));
  const backs = addresses.map((_, index) => network.addSegment(`172.16.${1 + index}.0/24`));
  const client = new Host(network, {
    name: "client",
    interfaces: [port("eth0", front, [in24(CLIENT_ADDRESS)])],
    routes: defaultRoute(ROUTER),
  });
  if (plan.has("black-hole")) client.filters.push(swallowIcmp);
  const director = new Host(network, {
    name: "director",
    interfaces: [port("eth0", front, [in24(ip(12, 11, 0, 102)), alone(VIRTUAL_ADDRESS)])],
    routes: defaultRoute(ROUTER),
    delay: DIRECTOR_DELAY,
    rules: plan.rules("-i", addresses),
  });
  const small = plan.has("mtu") || plan.has("black-hole");
  const router = new Host(network, {
    name: "router",
    interfaces: [
      port("eth0", front, [in24(ROUTER)]),
      ...backs.map((back, index) =>
        port(`eth${1 + index}`, back, [in24(ip(172, 16, 1 + index, 254))], small ? SMALL_MTU : plan.mtu),
      ),
    ],
    forwards: true,
    ...(plan.has("ingress-filter") && { sysctl: { "net.ipv4.conf.all.rp_filter": 1 } }),
  });
  const servers = backs.map((back, index) =>
    plan.server({
      name: `rs${index + 1}`,
      interfaces: [port("eth0", back, [in24(ip(172, 16, 1 + index, 2))])],
      routes: defaultRoute(ip(172, 16, 1 + index, 254)),
      tunnel: [VIRTUAL_ADDRESS],
      ...(index === 0 && plan.has("rp-filter") && { sysctl: { "net.ipv4.conf.all.rp_filter": 1 } }),
    }),
  );
  return { hosts: [client, director, router, ...servers], client, director, servers, routers: [router] };
}

/** A firewall before the client that lets no ICMP in. */
const swallowIcmp = (bytes: Uint8Array): string | undefined =>
  bytes[12] === 8 && bytes[13] === 0 && bytes[ETHERNET_HEADER + IPV4_PROTOCOL] === PROTOCOL_ICMP
    ? "firewall"
    : undefined;
