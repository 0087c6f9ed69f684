/** What can be wrong with the built-in networks: the mistakes that people make with LVS, each with its sign and its cure. */
import { AF_INET, AF_INET6, type Family } from "../wire/address.ts";
import type { Mode } from "./layout.ts";

export const FAULT_NAMES = [
  "arp",
  "nodad",
  "gateway",
  "asymmetric",
  "mtu",
  "black-hole",
  "rp-filter",
  "ingress-filter",
  "dead",
  "closed",
] as const;
export type FaultName = (typeof FAULT_NAMES)[number];

interface FaultWords {
  readonly title: string;
  /** What one sees of it. */
  readonly sign: string;
  readonly cure: string;
}

export interface Fault extends FaultWords {
  readonly name: FaultName;
  /** The modes that it can be switched on in. */
  readonly modes: readonly Mode[];
  /** Both by default. */
  readonly families?: readonly Family[];
  /** Bytes that the request must be longer by for the fault to show. */
  readonly padding: number;
  /** What is said otherwise of IPv6. */
  readonly ipv6?: Partial<FaultWords>;
}

/** Makes the request as long as one segment can be: 1460 bytes. */
const LONG_REQUEST = 1429;

export const FAULTS: readonly Fault[] = [
  {
    name: "arp",
    modes: ["dr"],
    title: "A real server answers ARP for the virtual address",
    sign: "Traffic goes to that server directly and is not balanced; the director sees nothing. The reply that arrives first wins, and the client keeps it.",
    cure: "arp_ignore=1 and arp_announce=2 on the real server, set before the virtual address is put on lo.",
    families: [AF_INET],
    padding: 0,
  },
  {
    name: "nodad",
    modes: ["dr"],
    title: "A real server has the virtual address on eth0, without duplicate address detection (nodad)",
    sign: "Director and server both advertise the address, and the client believes the last one that it hears. A connection that began at the server goes on at the director, which does not know it and resets it. With duplicate address detection the server would find its address taken and not use it (dadfailed).",
    cure: "Put the virtual address on lo, /128: in IPv6 only the interface that has an address answers for it, and no neighbor reaches lo. No sysctl is needed.",
    families: [AF_INET6],
    padding: 0,
  },
  {
    name: "gateway",
    modes: ["nat"],
    title: "The real servers' default gateway is not the director",
    sign: "The client gets a SYN-ACK from the real server's own address, which it never called, and resets it.",
    cure: "ip route replace default via the director's inner address, on every real server.",
    ipv6: {
      cure: "ip -6 route replace default via the director's inner address, on every real server; and no router that advertises itself there (accept_ra=0).",
    },
    padding: 0,
  },
  {
    name: "asymmetric",
    modes: ["nat"],
    title: "The client is in the real servers' own network",
    sign: "Requests pass the director, but replies go straight to the client, from an address that it never called: it resets them.",
    cure: "Remove the connected route to the clients on the real servers, or use full NAT: its replies come back in any case.",
    padding: 0,
  },
  {
    name: "mtu",
    modes: ["tun"],
    title: "A link towards the real servers carries only 1400 bytes",
    sign: "Long requests draw ICMP fragmentation needed, from the director (20 bytes for the outer header), then from the router through the director; then it works.",
    cure: "Nothing, as long as ICMP gets through. Else a smaller MSS: ip route ... advmss 1340 on the real servers.",
    ipv6: {
      sign: "Long requests draw ICMPv6 packet too big, from the director (40 bytes for the outer header). What the router reports about the outer packet, only the director learns: the client is told when it retransmits. Then it works, a second late.",
      cure: "Nothing, as long as ICMPv6 gets through. Else a smaller MSS: ip -6 route ... advmss 1300 on the real servers.",
    },
    padding: LONG_REQUEST,
  },
  {
    name: "black-hole",
    modes: ["tun"],
    title: "The same, and a firewall before the client lets no ICMP in",
    sign: "Short requests work, long ones hang: the client never learns that its packets are too big.",
    cure: "Let ICMP type 3 code 4 pass; or a smaller MSS: ip route ... advmss 1340 on the real servers.",
    ipv6: {
      title: "The same, and a firewall before the client lets no ICMPv6 errors in",
      cure: "Let ICMPv6 type 2 (packet too big) pass, as RFC 4890 asks; or a smaller MSS: ip -6 route ... advmss 1300 on the real servers.",
    },
    padding: LONG_REQUEST,
  },
  {
    name: "rp-filter",
    modes: ["tun"],
    title: "The real server checks the reverse path (rp_filter=1)",
    sign: "What comes in by tunl0 is dropped silently: the route back to the client is by eth0. The client retransmits its SYN again and again.",
    cure: "sysctl net.ipv4.conf.tunl0.rp_filter=0, and all.rp_filter=0, for the stricter of the two counts.",
    families: [AF_INET],
    padding: 0,
  },
  {
    name: "ingress-filter",
    modes: ["tun"],
    title: "The real servers' router lets out no foreign source addresses",
    sign: "Requests arrive, replies do not: they carry the virtual address as source, and the router drops what is not from its own network (BCP 38).",
    cure: "An exception for the virtual address in that router; or full NAT.",
    padding: 0,
  },
  {
    name: "dead",
    modes: ["nat", "dr", "tun", "fullnat"],
    title: "A real server is dead",
    sign: "No host answers ARP for it; after three seconds the client gets ICMP host unreachable. The scheduler goes on sending it its share.",
    cure: "A health check (keepalived, ldirectord, or the director's own) that takes it out or gives it weight 0.",
    ipv6: {
      sign: "No host answers neighbor solicitations for it; after three seconds the client gets ICMPv6 address unreachable. The scheduler goes on sending it its share.",
    },
    padding: 0,
  },
  {
    name: "closed",
    modes: ["nat", "dr", "tun", "fullnat"],
    title: "A real server is up, but no program listens on the port",
    sign: "Its share of the connections is refused at once, from the virtual address; the others work.",
    cure: "A health check that asks the service, not only the host.",
    padding: 0,
  },
];

/** The fault of a name, in the words of the family; `undefined` if there is none, or not in this mode. */
export const faultOf = (name: string, mode: Mode, family: Family = AF_INET): Fault | undefined =>
  faultsOf(mode, family).find((fault) => fault.name === name);

/** Those that a mode can have. */
export const faultsOf = (mode: Mode, family: Family = AF_INET): Fault[] =>
  FAULTS.filter(({ modes, families = [family] }) => modes.includes(mode) && families.includes(family)).map((fault) =>
    family === AF_INET6 && fault.ipv6 !== undefined ? { ...fault, ...fault.ipv6 } : fault,
  );
