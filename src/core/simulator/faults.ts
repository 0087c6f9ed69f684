/** What can be wrong with the built-in networks: the mistakes that people make with LVS, each with its sign and its cure. */
import type { Mode } from "./layout.ts";

export const FAULT_NAMES = [
  "arp",
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

export interface Fault {
  readonly name: FaultName;
  /** The modes that it can be switched on in. */
  readonly modes: readonly Mode[];
  readonly title: string;
  /** What one sees of it. */
  readonly sign: string;
  readonly cure: string;
  /** Bytes that the request must be longer by for the fault to show. */
  readonly padding: number;
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
    padding: 0,
  },
  {
    name: "gateway",
    modes: ["nat"],
    title: "The real servers' default gateway is not the director",
    sign: "The client gets a SYN-ACK from the real server's own address, which it never called, and resets it.",
    cure: "ip route replace default via the director's inner address, on every real server.",
    padding: 0,
  },
  {
    name: "asymmetric",
    modes: ["nat"],
    title: "The client is in the real servers' own network",
    sign: "Requests pass the director, answers go straight to the client, from an address that it never called: it resets them.",
    cure: "Remove the connected route to the clients on the real servers, or use full NAT: its answers come back in any case.",
    padding: 0,
  },
  {
    name: "mtu",
    modes: ["tun"],
    title: "A link towards the real servers carries only 1400 bytes",
    sign: "Long requests draw ICMP fragmentation needed, from the director (20 bytes for the outer header), then from the router through the director; then it works.",
    cure: "Nothing, as long as ICMP gets through. Else a smaller MSS: ip route ... advmss 1340 on the real servers.",
    padding: LONG_REQUEST,
  },
  {
    name: "black-hole",
    modes: ["tun"],
    title: "The same, and a firewall before the client lets no ICMP in",
    sign: "Short requests work, long ones hang: the client never learns that its packets are too big.",
    cure: "Let ICMP type 3 code 4 pass; or a smaller MSS: ip route ... advmss 1340 on the real servers.",
    padding: LONG_REQUEST,
  },
  {
    name: "rp-filter",
    modes: ["tun"],
    title: "The real server checks by which way a source is reached (rp_filter=1)",
    sign: "What comes out of tunl0 is dropped without a word: the way back to the client is eth0. The SYN is sent again and again.",
    cure: "sysctl net.ipv4.conf.tunl0.rp_filter=0, and all.rp_filter=0, for the stricter of the two counts.",
    padding: 0,
  },
  {
    name: "ingress-filter",
    modes: ["tun"],
    title: "The real servers' router lets out no foreign source addresses",
    sign: "Requests arrive, answers do not: they carry the virtual address as source, and the router drops what is not from its own network (BCP 38).",
    cure: "An exception for the virtual address in that router; or full NAT.",
    padding: 0,
  },
  {
    name: "dead",
    modes: ["nat", "dr", "tun", "fullnat"],
    title: "A real server is dead",
    sign: "Nobody answers ARP for it; after three seconds the client is told: host unreachable. The scheduler goes on to send it its share.",
    cure: "A health check (keepalived, ldirectord, or the director's own) that takes it out or gives it weight 0.",
    padding: 0,
  },
  {
    name: "closed",
    modes: ["nat", "dr", "tun", "fullnat"],
    title: "A real server is up, but nobody listens on the port",
    sign: "Its share of the connections is refused at once, in the name of the virtual address; the others work.",
    cure: "A health check that asks the service, not only the host.",
    padding: 0,
  },
];

/** The fault of a name; `undefined` if there is none, or not in this mode. */
export const faultOf = (name: string, mode: Mode): Fault | undefined =>
  FAULTS.find((fault) => fault.name === name && fault.modes.includes(mode));

/** Those that a mode can have. */
export const faultsOf = (mode: Mode): Fault[] => FAULTS.filter(({ modes }) => modes.includes(mode));
