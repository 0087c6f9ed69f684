/** What a director and its real servers must have for each forwarding method: in words, and as commands to be typed. */
import { methodCalled } from "../ipvs/forwarding/methods.ts";
import type { Mode } from "../simulator/layout.ts";
import type { Topology } from "../simulator/topologies.ts";
import { ANY, formatAddress, formatIpv4 } from "../wire/address.ts";

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

function directorRequirements({ mode, virtualAddress, rules }: Topology): Requirement[] {
  const { translates } = methodCalled(mode);
  return [
    director(
      "It has the virtual address, and answers ARP for it.",
      `ip address add ${formatIpv4(virtualAddress)}/32 dev eth0`,
    ),
    ...(translates
      ? [director("It passes answers on from one network to the other.", "sysctl -w net.ipv4.ip_forward=1")]
      : []),
    director("The service and its real servers.", ...rules.map((rule) => `ipvsadm ${rule}`)),
  ];
}

const QUIET: readonly string[] = [
  "sysctl -w net.ipv4.conf.all.arp_ignore=1",
  "sysctl -w net.ipv4.conf.all.arp_announce=2",
];

const SERVERS: Readonly<Record<Mode, (topology: Topology) => Requirement[]>> = {
  nat: ({ director: { interfaces } }) => [
    server(
      "Its default gateway is the director: only there do answers get their virtual source back.",
      `ip route replace default via ${formatAddress(interfaces[1]?.addresses[0]?.address ?? ANY)}`,
    ),
    server(
      "No shorter way leads to the clients: clients in the servers' own network would be answered past the director.",
    ),
    server("It needs no virtual address, and its port may be another than the service's (-r ADDRESS:8080)."),
  ],
  dr: ({ virtualAddress }) => [
    server(
      "It keeps quiet about the virtual address: no ARP answer for it, no ARP question in its name. Before the next step.",
      ...QUIET,
    ),
    server(
      "It has the virtual address all the same, or it would not take the packets.",
      `ip address add ${formatIpv4(virtualAddress)}/32 dev lo`,
    ),
    server(
      "It is on the director's own segment, for only its MAC address leads there; its gateway is the clients' router.",
    ),
    server("Its port is the service's: the director does not translate it."),
  ],
  tun: ({ virtualAddress, servers }) => [
    server(
      "It unwraps IPIP, and has the virtual address on the tunnel's end.",
      "modprobe ipip",
      "ip link set tunl0 up",
      `ip address add ${formatIpv4(virtualAddress)}/32 dev tunl0`,
    ),
    server(
      "It does not check the way back: packets come out of tunl0, and answers go out by eth0.",
      "sysctl -w net.ipv4.conf.all.rp_filter=0",
      "sysctl -w net.ipv4.conf.tunl0.rp_filter=0",
    ),
    server("Where it shares a segment with the director, it keeps quiet about the virtual address.", ...QUIET),
    server(
      "Its own way leads to the clients, and lets out the virtual address as a source. The tunnel takes 20 bytes: an MSS of 1440 spares clients the ICMP.",
      `ip route replace default via ${formatIpv4((((servers[0]?.address ?? 0) & 0xffffff00) | 254) >>> 0)} advmss 1440`,
    ),
    server("Its port is the service's: nothing in the inner packet changes."),
  ],
  fullnat: ({ director: { interfaces } }) => {
    const local = formatAddress(interfaces[1]?.addresses[1]?.address ?? ANY);
    return [
      server(
        "Any way back to the director's local address will do; no virtual address, no special gateway.",
        `ip route get ${local}`,
      ),
      server(
        `It sees ${local} as its client. Who the client really is can come in a TCP option (TOA), which a kernel module reads.`,
      ),
      server("Its port may be another than the service's."),
    ];
  },
};
