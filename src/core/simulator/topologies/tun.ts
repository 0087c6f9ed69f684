/** Tunnels: the servers are in other networks, behind a router. They unwrap IPIP and answer the client by their own way. */

import { type Address, AF_INET, addressAt, sameAddress } from "../../wire/address.ts";
import { ETHERNET_HEADER, ETHERNET_TYPE, ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from "../../wire/ethernet.ts";
import { isIcmpv6Error } from "../../wire/icmpv6.ts";
import { IPV4_PROTOCOL, PROTOCOL_ICMP } from "../../wire/ipv4.ts";
import { IPV6_HEADER, IPV6_NEXT_HEADER, IPV6_SOURCE, PROTOCOL_ICMPV6 } from "../../wire/ipv6.ts";
import { alone, type Filter, Host } from "../host.ts";
import { DIRECTOR_DELAY, defaultRoute, type Layout, networkOf, onLink, type Plan, port } from "../layout.ts";

/** Of the link to the servers' networks where it is too small. */
const SMALL_MTU = 1400;

export function tun(plan: Plan): Layout {
  const { network, at, virtualAddress } = plan;
  const front = network.addSegment(networkOf(plan, 12, 11, 0));
  const gateway = at(12, 11, 0, 254);
  const addresses = Array.from({ length: plan.count }, (_, index) => at(172, 16, 1 + index, 2));
  const backs = addresses.map((_, index) => network.addSegment(networkOf(plan, 172, 16, 1 + index)));
  const client = new Host(network, {
    name: "client",
    interfaces: [port("eth0", front, [onLink(plan.clientAddress)])],
    routes: defaultRoute(gateway),
  });
  if (plan.has("black-hole")) client.filters.push(swallowIcmpErrors);
  const directors = plan.directors({
    name: "director",
    interfaces: [port("eth0", front, [onLink(at(12, 11, 0, 102)), alone(virtualAddress)])],
    routes: defaultRoute(gateway),
    delay: DIRECTOR_DELAY,
    rules: plan.rules("-i", addresses),
  });
  const small = plan.has("mtu") || plan.has("black-hole");
  const router = new Host(network, {
    name: "router",
    interfaces: [
      port("eth0", front, [onLink(gateway)]),
      ...backs.map((back, index) =>
        port(`eth${1 + index}`, back, [onLink(at(172, 16, 1 + index, 254))], small ? SMALL_MTU : plan.mtu),
      ),
    ],
    forwards: true,
    ...(plan.has("ingress-filter") && { sysctl: { "net.ipv4.conf.all.rp_filter": 1 } }),
  });
  if (plan.has("ingress-filter")) router.filters.push(swallowFrom(virtualAddress));
  const servers = backs.map((back, index) =>
    plan.server({
      name: `rs${index + 1}`,
      interfaces: [port("eth0", back, [onLink(at(172, 16, 1 + index, 2))])],
      routes: defaultRoute(at(172, 16, 1 + index, 254)),
      tunnel: [virtualAddress],
      ...(index === 0 && plan.has("rp-filter") && { sysctl: { "net.ipv4.conf.all.rp_filter": 1 } }),
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

/** A firewall before the client that lets no ICMP in; of ICMPv6 no errors, or nobody would find a neighbor. */
const swallowIcmpErrors: Filter = (bytes) => {
  const isIcmp = isOf(bytes, ETHERTYPE_IPV4) && bytes[ETHERNET_HEADER + IPV4_PROTOCOL] === PROTOCOL_ICMP;
  const isIcmpv6 = isOf(bytes, ETHERTYPE_IPV6) && bytes[ETHERNET_HEADER + IPV6_NEXT_HEADER] === PROTOCOL_ICMPV6;
  return isIcmp || (isIcmpv6 && isIcmpv6Error(bytes[ETHERNET_HEADER + IPV6_HEADER] ?? 0)) ? "firewall" : undefined;
};

/** IPv6 has no rp_filter: a rule of the firewall does it. Nobody but the servers sends in the virtual address's name here. */
const swallowFrom =
  (source: Address): Filter =>
  (bytes) => {
    if (source.family === AF_INET || !isOf(bytes, ETHERTYPE_IPV6) || bytes.length < ETHERNET_HEADER + IPV6_HEADER)
      return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const from = addressAt(view, ETHERNET_HEADER + IPV6_SOURCE, source.family);
    return sameAddress(from, source) ? "firewall" : undefined;
  };

/** Whether it is a frame of this type. */
const isOf = (bytes: Uint8Array, type: number): boolean =>
  (bytes[ETHERNET_TYPE] ?? 0) * 256 + (bytes[ETHERNET_TYPE + 1] ?? 0) === type;
