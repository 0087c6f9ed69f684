/** A network for each forwarding method: a client, a director, two real servers, each mode with the set-up that it needs. */
import { fileURLToPath } from "node:url";
import { Network } from "./network.ts";

export const VIP = "10.91.0.100";
export const PORT = 5201;

export interface TestMode {
  readonly name: "nat" | "dr" | "tun" | "fullnat";
  build(): Network;
  /** director.yaml, with the rules of the given port. */
  yaml(port?: number): string;
}

const DECAPSULATOR = fileURLToPath(new URL("../../program/lab/programs/decapsulator.js", import.meta.url));
const OUTSIDE = "10.91.0.254";
const INSIDE = "10.92.0.254";
const CLIENT_INSIDE = "10.92.0.9";
const CLIENT = { bridge: "tvsb0", address: "10.91.0.2/24", gateway: OUTSIDE };

const yaml = (addresses: readonly string[], rules: readonly string[]): string =>
  [
    "interfaces:",
    ...addresses.map(
      (list, index) =>
        `  - {name: eth${index}, tap: tvs${index}, bridge: tvsb${index}, mac: "02:00:00:00:9${index + 1}:01", addresses: [${list}]}`,
    ),
    "rules: |",
    ...rules.map((rule) => `  ${rule}`),
    "",
  ].join("\n");

const rules = (port: number, servers: readonly string[], method: string, more: readonly string[] = []): string[] =>
  ["t", "u"].flatMap((protocol) => {
    const service = `-${protocol} ${VIP}:${port}`;
    return [
      `-A ${service} -s rr`,
      ...more.map((rule) => rule.replace("SERVICE", service)),
      ...servers.map((server) => `-a ${service} -r ${server}:${port} ${method}`),
    ];
  });

const INNER_SERVERS = ["10.92.0.2", "10.92.0.3"];
const OUTER_SERVERS = ["10.91.0.3", "10.91.0.4"];
const BOTH_NETWORKS = [`${OUTSIDE}/24, ${VIP}/32`, `${INSIDE}/24`];

/** Real servers that answer the client themselves have the virtual address, but do not answer ARP for it. */
function takeVip(network: Network, host: string, device: string): void {
  network.sysctl(
    host,
    "net.ipv4.conf.all.arp_ignore=1",
    "net.ipv4.conf.all.arp_announce=2",
    "net.ipv4.conf.all.rp_filter=0",
  );
  network.sysctl(host, "net.ipv4.conf.default.rp_filter=0", "net.ipv4.conf.eth0.rp_filter=0");
  network.ip(host, `addr add ${VIP}/32 dev ${device}`);
}

const nat: TestMode = {
  name: "nat",
  build() {
    const network = new Network("tvsb0", "tvsb1");
    network.host("c", CLIENT);
    for (const [index, address] of INNER_SERVERS.entries()) {
      network.host(`s${index + 1}`, { bridge: "tvsb1", address: `${address}/24`, gateway: INSIDE });
    }
    return network;
  },
  yaml: (port = PORT) => yaml(BOTH_NETWORKS, rules(port, INNER_SERVERS, "-m")),
};

const fullnat: TestMode = {
  name: "fullnat",
  build() {
    const network = new Network("tvsb0", "tvsb1");
    network.host("c", CLIENT);
    // No way back to the client: they answer the director's local address.
    for (const [index, address] of INNER_SERVERS.entries()) {
      network.host(`s${index + 1}`, { bridge: "tvsb1", address: `${address}/24` });
    }
    return network;
  },
  yaml: (port = PORT) => yaml(BOTH_NETWORKS, rules(port, INNER_SERVERS, "-b", [`-P SERVICE -z ${INSIDE}`])),
};

const dr: TestMode = {
  name: "dr",
  build() {
    const network = new Network("tvsb0");
    network.host("c", { bridge: "tvsb0", address: "10.91.0.2/24" });
    for (const [index, address] of OUTER_SERVERS.entries()) {
      network.host(`s${index + 1}`, { bridge: "tvsb0", address: `${address}/24` });
      takeVip(network, `s${index + 1}`, "lo");
    }
    return network;
  },
  yaml: (port = PORT) => yaml([`${OUTSIDE}/24, ${VIP}/32`], rules(port, OUTER_SERVERS, "-g")),
};

const tun: TestMode = {
  name: "tun",
  build() {
    const network = new Network("tvsb0", "tvsb1");
    network.host("c", CLIENT);
    // Answers go past the director, which would not forward what comes from its own virtual address.
    network.attach("c", "eth1", "tvsb1", `${CLIENT_INSIDE}/24`);
    network.sysctl(
      "c",
      "net.ipv4.conf.all.rp_filter=0",
      "net.ipv4.conf.eth0.rp_filter=0",
      "net.ipv4.conf.eth1.rp_filter=0",
    );
    for (const [index, address] of INNER_SERVERS.entries()) {
      const host = `s${index + 1}`;
      network.host(host, { bridge: "tvsb1", address: `${address}/24`, gateway: CLIENT_INSIDE });
      network.ip(host, "tuntap add tunl0 mode tun");
      network.ip(host, "link set tunl0 up");
      takeVip(network, host, "tunl0");
      network.start(host, [process.execPath, DECAPSULATOR, "tunl0"]);
    }
    return network;
  },
  yaml: (port = PORT) => yaml(BOTH_NETWORKS, rules(port, INNER_SERVERS, "-i")),
};

export const MODES: readonly TestMode[] = [nat, dr, tun, fullnat];
export const NAT = nat;
export const FULLNAT = fullnat;
