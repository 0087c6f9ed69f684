/**
 * Two hosts and a box between them. Towards a director the cables are TAP devices that were moved to the hosts; towards
 * the kernel and haproxy they are veth pairs, as alike as can be.
 */
import { Network } from "../../test/live/network.ts";

export const CLIENT = "10.91.0.2";
export const SERVER = "10.92.0.2";
export const VIP = "10.91.0.100";
export const OUTSIDE = "10.91.0.254";
export const INSIDE = "10.92.0.254";

/** Namespaces `c` (client), `s` (server) and `d` (between them), without any cable. */
export function makeHosts(): Network {
  const network = new Network();
  network.bare("c");
  network.bare("s");
  return network;
}

/** Gives a host a device that lies in `d`, under its name. */
export function plug(network: Network, device: string, host: string, address: string, gateway: string): void {
  network.ip("d", `link set ${device} netns ${network.netns(host)}`);
  network.ip(host, `link set ${device} up`);
  network.ip(host, `addr add ${address}/24 dev ${device}`);
  network.ip(host, `route add default via ${gateway}`);
}

/** A veth pair from `d` to each host; `d` is a router then. */
export function cableByVeth(network: Network): void {
  for (const [host, address, gateway] of [
    ["c", CLIENT, OUTSIDE],
    ["s", SERVER, INSIDE],
  ] as const) {
    network.ip("d", `link add tvs${host} type veth peer name tvsp${host}`);
    plug(network, `tvsp${host}`, host, address, gateway);
    network.ip("d", `link set tvs${host} up`);
    network.ip("d", `addr add ${gateway}/24 dev tvs${host}`);
  }
  network.ip("d", `addr add ${VIP}/32 dev tvsc`);
  network.sysctl("d", "net.ipv4.ip_forward=1");
}

/** director.yaml of a NAT service on all ports that are used. */
export const yaml = (ports: readonly number[]): string =>
  [
    "interfaces:",
    `  - {name: eth0, tap: tvs0, mac: "02:00:00:00:91:01", addresses: [${OUTSIDE}/24, ${VIP}/32]}`,
    `  - {name: eth1, tap: tvs1, mac: "02:00:00:00:92:01", addresses: [${INSIDE}/24]}`,
    "rules: |",
    ...ports.flatMap((port) =>
      ["t", "u"].flatMap((protocol) => [
        `  -A -${protocol} ${VIP}:${port} -s rr`,
        `  -a -${protocol} ${VIP}:${port} -r ${SERVER}:${port} -m`,
      ]),
    ),
    "",
  ].join("\n");
