/** What a director and its real servers must have for each forwarding method: in words, and as commands to be typed. */
import { methodCalled } from "../ipvs/forwarding/methods.ts";
import type { Host } from "../simulator/host.ts";
import type { Mode } from "../simulator/layout.ts";
import type { Topology } from "../simulator/topologies.ts";
import { innerAddress } from "../simulator/two-directors.ts";
import { type Address, AF_INET, ANY, formatAddress, longestPrefix } from "../wire/address.ts";

export interface Requirement {
  /** Whose it is. */
  readonly of: "director" | "real server";
  readonly why: string;
  readonly commands: readonly string[];
}

/** The requirements of a topology's mode, with its own addresses. */
export function requirementsOf(topology: Topology): Requirement[] {
  return [...directorRequirements(topology), ...SERVERS[topology.mode](topology)];
}

const director = (why: string, ...commands: string[]): Requirement => ({ of: "director", why, commands });
const server = (why: string, ...commands: string[]): Requirement => ({ of: "real server", why, commands });

function directorRequirements({ mode, family, virtualAddress, rules, directors }: Topology): Requirement[] {
  const { translates } = methodCalled(mode);
  const isIpv4 = family === AF_INET;
  const forwarding = isIpv4 ? "net.ipv4.ip_forward" : "net.ipv6.conf.all.forwarding";
  return [
    ...(directors.length > 1 ? [sharing(directors[0])] : []),
    director(
      `It has the virtual address, and replies ${isIpv4 ? "ARP" : "neighbor solicitations"} for it.`,
      addAddress(virtualAddress, "eth0"),
    ),
    ...(translates
      ? [director("It forwards replies from one network to the other.", `sysctl -w ${forwarding}=1`)]
      : []),
    director("The service and its real servers.", ...rules.map((rule) => `ipvsadm ${rule}`)),
  ];
}

/** What moves between two directors, as director.yaml says it. */
function sharing({ stack: { config } }: Host): Requirement {
  const { vrrp = [], sync } = config.ha ?? {};
  const routers = vrrp.map(({ interface: dev, id, priority, addresses }) => {
    const moving = addresses.map(({ address, prefix }) => `${formatAddress(address)}/${prefix}`).join(", ");
    return `    - {interface: ${dev}, id: ${id}, priority: ${priority}, addresses: [${moving}], group: both}`;
  });
  const synchronisation =
    sync === undefined
      ? []
      : [`  sync: {interface: ${sync.interface}, id: ${sync.syncId}${sync.prompt ? "" : ", prompt: false"}}`];
  const why =
    "What others send to moves between the two: this stands in the director.yaml of each; on the second one the priority is 100.";
  return director(why, "ha:", "  vrrp:", ...routers, ...synchronisation);
}

/** The command that gives an interface an address of its own. */
const addAddress = (address: Address, dev: string): string =>
  `ip address add ${formatAddress(address)}/${longestPrefix(address.family)} dev ${dev}`;

/** The command that says where everything else goes. */
const defaultRoute = (via: Address): string =>
  `ip ${via.family === AF_INET ? "" : "-6 "}route replace default via ${formatAddress(via)}`;

const QUIET: readonly string[] = [
  "sysctl -w net.ipv4.conf.all.arp_ignore=1",
  "sysctl -w net.ipv4.conf.all.arp_announce=2",
];

const SERVERS: Readonly<Record<Mode, (topology: Topology) => Requirement[]>> = {
  nat: (topology) => [
    server(
      "Its default gateway is the director: only there do replies get their virtual source address back.",
      defaultRoute(innerAddress(topology.director) ?? ANY),
    ),
    server(
      "No other route leads to the clients: to clients in the servers' own network, replies would go past the director.",
    ),
    server("It needs no virtual address, and its port may be another than the service's (-r ADDRESS:8080)."),
  ],
  dr: ({ family, virtualAddress }) => [
    ...(family === AF_INET ? quietByArp(virtualAddress) : quietByLoopback(virtualAddress)),
    server(
      "It is on the director's own segment, for only its MAC address leads there; its gateway is the clients' router.",
    ),
    server("Its port is the service's: the director does not translate it."),
  ],
  tun: (topology) => (topology.family === AF_INET ? tunnelServer(topology) : tunnelIpv6Server(topology)),
  fullnat: (topology) => {
    const local = formatAddress(innerAddress(topology.director) ?? ANY);
    return [
      server(
        "Any route to the director's local address will do; no virtual address, no special gateway.",
        `ip route get ${local}`,
      ),
      server(
        `It sees ${local} as its client. Who the client really is can come in a TCP option (TOA), which a kernel module reads.`,
      ),
      server("Its port may be another than the service's."),
    ];
  },
};

const quietByArp = (virtualAddress: Address): Requirement[] => [
  server(
    "It keeps quiet about the virtual address: no ARP reply for it, and no ARP request with it as sender. Do this before the next step.",
    ...QUIET,
  ),
  server(
    "It has the virtual address all the same, or it would not accept the packets.",
    addAddress(virtualAddress, "lo"),
  ),
];

/** net/ipv6/ndisc.c: ndisc_recv_ns and ndisc_solicit look at the addresses of the one interface only. */
const quietByLoopback = (virtualAddress: Address): Requirement[] => [
  server(
    "It has the virtual address, or it would not accept the packets: on lo, and nowhere else. IPv6 has no arp_ignore and needs none: a host answers for an address only on the interface that has it, sends solicitations from it only there, and looks for no duplicates on lo.",
    addAddress(virtualAddress, "lo"),
  ),
];

const tunnelServer = ({ virtualAddress, servers, routers }: Topology): Requirement[] => [
  server(
    "It decapsulates IPIP, and has the virtual address on the tunnel device.",
    "modprobe ipip",
    "ip link set tunl0 up",
    addAddress(virtualAddress, "tunl0"),
  ),
  server(
    "It does not check the reverse path: packets come in by tunl0, and replies leave by eth0.",
    "sysctl -w net.ipv4.conf.all.rp_filter=0",
    "sysctl -w net.ipv4.conf.tunl0.rp_filter=0",
  ),
  server("Where it shares a segment with the director, it keeps quiet about the virtual address.", ...QUIET),
  server(
    "Its own route leads to the clients, through a router that lets the virtual address out as a source. The tunnel takes 20 bytes: with an MSS of 1440 no client needs the ICMP.",
    `${wayOut({ servers, routers })} advmss 1440`,
  ),
  server("Its port is the service's: nothing in the inner packet changes."),
];

const tunnelIpv6Server = ({ virtualAddress, servers, routers }: Topology): Requirement[] => [
  server(
    "It decapsulates IPv6 in IPv6, and has the virtual address on the tunnel device.",
    "modprobe ip6_tunnel",
    "ip link set ip6tnl0 up",
    addAddress(virtualAddress, "ip6tnl0"),
  ),
  server(
    "It checks no reverse path: IPv6 has no rp_filter. A firewall may have such a rule (rpfilter); it must accept what comes in by ip6tnl0.",
  ),
  server(
    "Its own route leads to the clients, through a router that lets the virtual address out as a source. The tunnel takes 40 bytes: with an MSS of 1400 no client needs the ICMPv6.",
    `${wayOut({ servers, routers })} advmss 1400`,
  ),
  server("Its port is the service's: nothing in the inner packet changes."),
];

/** The route of a tunnel's server to the clients: by the router beside it. */
function wayOut({ servers, routers }: Pick<Topology, "servers" | "routers">): string {
  const segment = servers[0]?.interfaces[0]?.segment;
  const beside = routers.flatMap(({ interfaces }) => interfaces).find((entry) => entry.segment === segment);
  return defaultRoute(beside?.addresses[0]?.address ?? ANY);
}
