/** How the walk of a packet can end: a closed list. Each drop has a name, a sentence, and the kernel function it mirrors. */
import type { Flavoured } from "../flavoured.ts";
import { AF_INET6, type Family } from "../wire/address.ts";

/** How a packet ended, by number. */
export type Verdict = Flavoured<"verdict">;

/** Not an end: the packet continues on its normal path, as a netfilter hook's NF_ACCEPT. */
export const ACCEPT = -1;
/** No end either: the source became another, and the packet must be routed anew (ip_vs_core.c: ip_vs_route_me_harder). */
export const REROUTE = -2;
/** Sent on a port (perhaps in several fragments). */
export const SENT = 0;
/** Taken by the director itself: ARP, echo, an answer that was generated. */
export const DELIVERED = 1;
/** Kept until the next hop's Ethernet address is known. */
export const PARKED = 2;
/** A fragment, kept until its datagram is whole. */
export const HELD = 3;
const FIRST_DROP = 4;

interface DropReason {
  readonly name: string;
  readonly sentence: string;
  /** Kernel file: function. */
  readonly kernel: string;
}

const reasons = {
  frameTooShort: [
    "frame-too-short",
    "The frame is shorter than an Ethernet header.",
    "net/ethernet/eth.c: eth_type_trans",
  ],
  ieee8023: [
    "ieee-802.3",
    "The frame is IEEE 802.3 with a length, not Ethernet II.",
    "net/ethernet/eth.c: eth_type_trans",
  ],
  vlanTagged: [
    "vlan-tagged",
    "The frame carries an 802.1Q tag and the director has no VLAN interfaces.",
    "net/8021q/vlan_core.c: vlan_do_receive",
  ],
  unknownEthertype: [
    "unknown-ethertype",
    "The director speaks IPv4 and ARP only.",
    "net/core/dev.c: __netif_receive_skb_core",
  ],
  notForUs: ["not-for-us", "The frame is addressed to another Ethernet address.", "net/ipv4/ip_input.c: ip_rcv_core"],
  arpMalformed: [
    "arp-malformed",
    "The ARP message is cut off or not about IPv4 over Ethernet.",
    "net/ipv4/arp.c: arp_rcv",
  ],
  arpNotForUs: [
    "arp-not-for-us",
    "The ARP message asks for an address that is not the director's.",
    "net/ipv4/arp.c: arp_process",
  ],
  ipv4Malformed: [
    "ipv4-malformed",
    "The IPv4 header has a wrong version, length or option.",
    "net/ipv4/ip_input.c: ip_rcv_core",
  ],
  ipv4SourceRouted: [
    "ipv4-source-routed",
    "The packet wants to choose its route itself, which nobody may.",
    "net/ipv4/ip_input.c: ip_rcv_options",
  ],
  ipv4Truncated: [
    "ipv4-truncated",
    "The packet is shorter than its IPv4 header says.",
    "net/ipv4/ip_input.c: ip_rcv_core",
  ],
  ipv6Malformed: [
    "ipv6-malformed",
    "The IPv6 header has a wrong version or addresses that no packet on a wire can have.",
    "net/ipv6/ip6_input.c: ip6_rcv_core",
  ],
  ipv6Truncated: [
    "ipv6-truncated",
    "The packet is shorter than its IPv6 header says.",
    "net/ipv6/ip6_input.c: ip6_rcv_core",
  ],
  ipv6Options: [
    "ipv6-options",
    "Its IPv6 options are broken, or one that nobody knows asks that the packet be dropped.",
    "net/ipv6/exthdrs.c: ip6_parse_tlv",
  ],
  ipv6SourceRouted: [
    "ipv6-source-routed",
    "A routing header names more stops, and the director is none.",
    "net/ipv6/exthdrs.c: ipv6_rthdr_rcv",
  ],
  notListening: [
    "not-listening",
    "It goes to an IPv6 multicast group that the director does not belong to.",
    "net/ipv6/ip6_input.c: ip6_mc_input",
  ],
  beyondScope: [
    "beyond-scope",
    "A packet from a link-local address does not leave its link.",
    "net/ipv6/ip6_output.c: ip6_forward",
  ],
  discoveryMalformed: [
    "discovery-malformed",
    "The neighbor discovery message is cut off, has broken options, or does not come from the link itself.",
    "net/ipv6/ndisc.c: ndisc_rcv",
  ],
  discoveryNotForUs: [
    "discovery-not-for-us",
    "The message asks for an address that the interface does not have, or tells of a neighbor that nobody asked for.",
    "net/ipv6/ndisc.c: ndisc_recv_ns, ndisc_recv_na",
  ],
  ipv4BadChecksum: ["ipv4-bad-checksum", "The IPv4 header checksum is wrong.", "net/ipv4/ip_input.c: ip_rcv_core"],
  markUnreadable: [
    "mark-unreadable",
    "A rule that marks packets would have to look into a transport header that is cut off.",
    "net/netfilter/xt_tcpudp.c: tcp_mt, udp_mt",
  ],
  martianSource: [
    "martian-source",
    "The source address is the director's own, or cannot be anybody's.",
    "net/ipv4/route.c: ip_route_input_slow",
  ],
  martianDestination: [
    "martian-destination",
    "The destination address cannot be routed.",
    "net/ipv4/route.c: ip_route_input_slow",
  ],
  reversePath: [
    "reverse-path",
    "rp_filter: the answer would leave on another interface.",
    "net/ipv4/fib_frontend.c: __fib_validate_source",
  ],
  noRoute: ["no-route", "There is no route to the destination.", "net/ipv4/route.c: ip_error"],
  forwardingOff: [
    "forwarding-off",
    "The packet is for another host and ip_forward is 0.",
    "net/ipv4/route.c: ip_route_input_slow",
  ],
  notUnicastFrame: [
    "not-unicast-frame",
    "A broadcast or multicast frame is never forwarded.",
    "net/ipv4/ip_forward.c: ip_forward",
  ],
  ttlExceeded: [
    "ttl-exceeded",
    "The TTL ran out here.",
    "net/ipv4/ip_forward.c: ip_forward; ip_vs_xmit.c: decrement_ttl",
  ],
  tooBig: [
    "too-big",
    "The packet is longer than the MTU and may not be fragmented.",
    "net/ipv4/ip_forward.c: ip_forward; ip_vs_xmit.c: ensure_mtu_is_adequate",
  ],
  tunnelMtuTooSmall: [
    "tunnel-mtu-too-small",
    "Less than every link carries would be left inside the tunnel: 68 bytes towards an IPv4 address, 1280 towards an IPv6 one.",
    "net/netfilter/ipvs/ip_vs_xmit.c: __ip_vs_get_out_rt",
  ],
  tunnelUnbound: [
    "tunnel-unbound",
    "The connection goes by a tunnel, and is bound to no real server here: nobody knows the tunnel's kind.",
    "net/netfilter/ipvs/ip_vs_xmit.c: __ip_vs_get_out_rt",
  ],
  fragmentTimeout: [
    "fragment-timeout",
    "The rest of the datagram did not come within 30 s.",
    "net/ipv4/ip_fragment.c: ip_expire",
  ],
  fragmentInvalid: [
    "fragment-invalid",
    "The fragment overlaps another, is misaligned, or makes the datagram too long.",
    "net/ipv4/ip_fragment.c: ip_frag_queue",
  ],
  fragmentsFull: [
    "fragments-full",
    "The fragments that already wait take all the memory they may (ipfrag_high_thresh).",
    "net/ipv4/inet_fragment.c: inet_frag_find",
  ],
  connectionsFull: [
    "connections-full",
    "There are as many connections as may be (connections.max).",
    "net/netfilter/ipvs/ip_vs_conn.c: ip_vs_conn_new",
  ],
  headerTruncated: [
    "header-truncated",
    "The transport header is cut off.",
    "net/netfilter/ipvs/ip_vs_proto_tcp.c: tcp_conn_schedule",
  ],
  noDestination: [
    "no-destination",
    "The service has no real server that may take a connection.",
    "net/netfilter/ipvs/ip_vs_core.c: ip_vs_leave",
  ],
  destinationUnavailable: [
    "destination-unavailable",
    "The connection's real server was deleted.",
    "net/netfilter/ipvs/ip_vs_core.c: ip_vs_in_hook",
  ],
  dropPacket: ["drop-packet", "The drop_packet defence took this one.", "include/net/ip_vs.h: ip_vs_todrop"],
  noLocalPort: [
    "no-local-port",
    "No local address of the service has a free port towards the real server.",
    "alibaba/LVS ip_vs_conn.c: ip_vs_get_laddr",
  ],
  scheduledByIcmp: [
    "icmp-no-destination",
    "An ICMP error may not open a connection to nobody.",
    "net/netfilter/ipvs/ip_vs_core.c: ip_vs_leave",
  ],
  helperChecksum: [
    "helper-checksum",
    "A helper reads this connection, and the packet's checksum is wrong.",
    "net/netfilter/ipvs/ip_vs_proto_tcp.c: tcp_dnat_handler, tcp_snat_handler",
  ],
  helperUntracked: [
    "helper-untracked",
    "The reply names the real server, and without connection tracking nobody can put the virtual address there.",
    "net/netfilter/ipvs/ip_vs_ftp.c: ip_vs_ftp_out",
  ],
  sequenceOptions: [
    "sequence-options",
    "The sequence numbers of this connection are shifted, and the TCP options among them are cut off.",
    "net/netfilter/nf_conntrack_seqadj.c: nf_ct_sack_adjust",
  ],
  trackingClash: [
    "tracking-clash",
    "Connection tracking does not count the packet as part of its connection, and takes it for another one between the same ends.",
    "net/netfilter/nf_conntrack_core.c: __nf_conntrack_confirm",
  ],
  stillTracked: [
    "still-tracked",
    "The connection is to be scheduled anew, and connection tracking has the old one still: only the next packet will be.",
    "net/netfilter/ipvs/ip_vs_core.c: ip_vs_in_hook",
  ],
  noEngineData: [
    "no-engine-data",
    "The service's persistence engine finds nothing in the packet to name a template by.",
    "net/netfilter/ipvs/ip_vs_core.c: ip_vs_sched_persist",
  ],
  noRouteToDestination: [
    "no-route-to-destination",
    "There is no route to the real server.",
    "net/netfilter/ipvs/ip_vs_xmit.c: __ip_vs_get_out_rt",
  ],
  loopbackSource: [
    "loopback-source",
    "A packet from 127.0.0.0/8 may not leave the host.",
    "net/netfilter/ipvs/ip_vs_xmit.c: __ip_vs_get_out_rt",
  ],
  loopbackDestination: [
    "loopback-destination",
    "A packet from outside may not be sent to 127.0.0.0/8 or ::1.",
    "net/netfilter/ipvs/ip_vs_xmit.c: ip_vs_nat_xmit",
  ],
  localDestination: [
    "local-destination",
    "Only a packet for the host itself may be handed to a real server on the host.",
    "net/netfilter/ipvs/ip_vs_xmit.c: crosses_local_route_boundary",
  ],
  icmpTruncated: ["icmp-truncated", "The ICMP message is cut off.", "net/netfilter/ipvs/ip_vs_core.c: ip_vs_in_icmp"],
  icmpv6WithoutPseudoHeader: [
    "icmpv6-without-pseudo-header",
    "This kernel verifies an ICMPv6 error about a NAT connection without its pseudo header, and so takes a right checksum for a wrong one.",
    "net/netfilter/ipvs/ip_vs_core.c: handle_response_icmp",
  ],
  icmpBadChecksum: [
    "icmp-bad-checksum",
    "The ICMP checksum is wrong.",
    "net/netfilter/ipvs/ip_vs_core.c: ip_vs_in_icmp",
  ],
  natIcmpSend: [
    "nat-icmp-send",
    "A real server's packet belongs to no connection; it was told so.",
    "net/netfilter/ipvs/ip_vs_core.c: ip_vs_out_hook",
  ],
  tunnelError: [
    "tunnel-error",
    "The ICMP error about a tunnelled packet was turned into one about the client's.",
    "net/netfilter/ipvs/ip_vs_core.c: ip_vs_in_icmp",
  ],
  noReroute: [
    "no-reroute",
    "There is no route for the answer under its virtual source.",
    "net/ipv4/netfilter.c: ip_route_me_harder",
  ],
  hostChecksum: [
    "host-checksum",
    "The packet is for the director itself and its checksum is wrong.",
    "net/ipv4/tcp_ipv4.c: tcp_v4_rcv",
  ],
  hostTruncated: [
    "host-truncated",
    "The packet is for the director itself and cut off.",
    "net/ipv4/tcp_ipv4.c: tcp_v4_rcv",
  ],
  hostReset: [
    "host-reset",
    "A reset for a port where nobody listens needs no answer.",
    "net/ipv4/tcp_ipv4.c: tcp_v4_send_reset",
  ],
  hostSilent: [
    "host-silent",
    "The packet is for the director itself, which has nothing to say to it.",
    "net/ipv4/ip_input.c: ip_local_deliver_finish",
  ],
  neighborFailed: [
    "neighbor-failed",
    "Nobody answered for the next hop's address.",
    "net/ipv4/arp.c: arp_error_report",
  ],
  neighborTableOverflow: [
    "neighbor-table-overflow",
    "The neighbor table is full (gc_thresh3), and there is no entry for the next hop.",
    "net/core/neighbour.c: neigh_alloc",
  ],
  parkingFull: [
    "parking-full",
    "Too much is already waiting for the next hop's address.",
    "net/core/neighbour.c: __neigh_event_send",
  ],
} as const;

type ReasonKey = keyof typeof reasons;

const entries = Object.entries(reasons) as [ReasonKey, readonly [string, string, string]][];

/** All reasons; the place in this list plus FIRST_DROP is the verdict. */
export const DROP_REASONS: readonly DropReason[] = entries.map(([, [name, sentence, kernel]]) => ({
  name,
  sentence,
  kernel,
}));

/** The verdict of each reason: `DROP.ttlExceeded`. */
export const DROP = Object.fromEntries(entries.map(([key], index) => [key, FIRST_DROP + index])) as {
  readonly [key in ReasonKey]: number;
};

/** How many verdicts there are, for counters. */
export const VERDICTS = FIRST_DROP + DROP_REASONS.length;

const ENDS: readonly string[] = ["sent", "delivered", "parked", "held"];

export const isDrop = (verdict: number): boolean => verdict >= FIRST_DROP;

/** The reason behind a drop verdict; `undefined` for other ends. */
export const dropReason = (verdict: number): DropReason | undefined => DROP_REASONS[verdict - FIRST_DROP];

/** What drops an IPv6 packet for a reason that IPv4 has too. */
const IN_IPV6: ReadonlyMap<number, string> = new Map([
  [DROP.noRoute, "net/ipv6/route.c: ip6_pkt_discard"],
  [DROP.hostSilent, "net/ipv6/ip6_input.c: ip6_protocol_deliver_rcu"],
  [DROP.neighborFailed, "net/ipv6/ndisc.c: ndisc_error_report"],
]);

/** The kernel function that drops a packet of a family; empty for other ends. */
export const kernelFunction = (verdict: number, family: Family | 0): string =>
  (family === AF_INET6 ? IN_IPV6.get(verdict) : undefined) ?? dropReason(verdict)?.kernel ?? "";

/** `sent`, `delivered`, `parked`, `held`, or the reason's name. */
export const verdictName = (verdict: number): string => ENDS[verdict] ?? dropReason(verdict)?.name ?? "accepted";
