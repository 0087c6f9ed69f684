/** How the walk of a packet can end: a closed list. Each drop has a name, and the kernel function it mirrors; its sentence is explain/sentences/drops.ts. */
import type { Flavoured } from "../flavoured.ts";
import { AF_INET, AF_INET6, type Family } from "../wire/address.ts";
import type { WalkEvent } from "./events.ts";

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
  readonly name: DropName;
  /** Kernel file: function. */
  readonly kernel: string;
}

const reasons = {
  frameTooShort: ["frame-too-short", "net/ethernet/eth.c: eth_type_trans"],
  ieee8023: ["ieee-802.3", "net/ethernet/eth.c: eth_type_trans"],
  vlanTagged: ["vlan-tagged", "net/8021q/vlan_core.c: vlan_do_receive"],
  unknownEthertype: ["unknown-ethertype", "net/core/dev.c: __netif_receive_skb_core"],
  notForUs: ["not-for-us", "net/ipv4/ip_input.c: ip_rcv_core"],
  arpMalformed: ["arp-malformed", "net/ipv4/arp.c: arp_rcv"],
  arpNotForUs: ["arp-not-for-us", "net/ipv4/arp.c: arp_process"],
  ipv4Malformed: ["ipv4-malformed", "net/ipv4/ip_input.c: ip_rcv_core"],
  ipv4SourceRouted: ["ipv4-source-routed", "net/ipv4/ip_input.c: ip_rcv_options"],
  ipv4Truncated: ["ipv4-truncated", "net/ipv4/ip_input.c: ip_rcv_core"],
  ipv6Malformed: ["ipv6-malformed", "net/ipv6/ip6_input.c: ip6_rcv_core"],
  ipv6Truncated: ["ipv6-truncated", "net/ipv6/ip6_input.c: ip6_rcv_core"],
  ipv6Options: ["ipv6-options", "net/ipv6/exthdrs.c: ip6_parse_tlv"],
  ipv6SourceRouted: ["ipv6-source-routed", "net/ipv6/exthdrs.c: ipv6_rthdr_rcv"],
  notListening: ["not-listening", "net/ipv4/route.c: ip_route_input_rcu"],
  beyondScope: ["beyond-scope", "net/ipv6/ip6_output.c: ip6_forward"],
  discoveryMalformed: ["discovery-malformed", "net/ipv6/ndisc.c: ndisc_rcv"],
  discoveryNotForUs: ["discovery-not-for-us", "net/ipv6/ndisc.c: ndisc_recv_ns, ndisc_recv_na"],
  ipv4BadChecksum: ["ipv4-bad-checksum", "net/ipv4/ip_input.c: ip_rcv_core"],
  markUnreadable: ["mark-unreadable", "net/netfilter/xt_tcpudp.c: tcp_mt, udp_mt"],
  martianSource: ["martian-source", "net/ipv4/route.c: ip_route_input_slow"],
  martianDestination: ["martian-destination", "net/ipv4/route.c: ip_route_input_slow"],
  reversePath: ["reverse-path", "net/ipv4/fib_frontend.c: __fib_validate_source"],
  noRoute: ["no-route", "net/ipv4/route.c: ip_error"],
  forwardingOff: ["forwarding-off", "net/ipv4/route.c: ip_route_input_slow"],
  notUnicastFrame: ["not-unicast-frame", "net/ipv4/ip_forward.c: ip_forward"],
  ttlExceeded: ["ttl-exceeded", "net/ipv4/ip_forward.c: ip_forward; ip_vs_xmit.c: decrement_ttl"],
  tooBig: ["too-big", "net/ipv4/ip_forward.c: ip_forward; ip_vs_xmit.c: ensure_mtu_is_adequate"],
  tunnelMtuTooSmall: ["tunnel-mtu-too-small", "net/netfilter/ipvs/ip_vs_xmit.c: __ip_vs_get_out_rt"],
  tunnelUnbound: ["tunnel-unbound", "net/netfilter/ipvs/ip_vs_xmit.c: __ip_vs_get_out_rt"],
  fragmentTimeout: ["fragment-timeout", "net/ipv4/ip_fragment.c: ip_expire"],
  fragmentInvalid: ["fragment-invalid", "net/ipv4/ip_fragment.c: ip_frag_queue"],
  fragmentsFull: ["fragments-full", "net/ipv4/inet_fragment.c: inet_frag_find"],
  connectionsFull: ["connections-full", "net/netfilter/ipvs/ip_vs_conn.c: ip_vs_conn_new"],
  headerTruncated: ["header-truncated", "net/netfilter/ipvs/ip_vs_proto_tcp.c: tcp_conn_schedule"],
  noDestination: ["no-destination", "net/netfilter/ipvs/ip_vs_core.c: ip_vs_leave"],
  destinationUnavailable: ["destination-unavailable", "net/netfilter/ipvs/ip_vs_core.c: ip_vs_in_hook"],
  dropPacket: ["drop-packet", "include/net/ip_vs.h: ip_vs_todrop"],
  noLocalPort: ["no-local-port", "alibaba/LVS ip_vs_conn.c: ip_vs_get_laddr"],
  scheduledByIcmp: ["icmp-no-destination", "net/netfilter/ipvs/ip_vs_core.c: ip_vs_leave"],
  helperChecksum: ["helper-checksum", "net/netfilter/ipvs/ip_vs_proto_tcp.c: tcp_dnat_handler, tcp_snat_handler"],
  helperUntracked: ["helper-untracked", "net/netfilter/ipvs/ip_vs_ftp.c: ip_vs_ftp_out"],
  sequenceOptions: ["sequence-options", "net/netfilter/nf_conntrack_seqadj.c: nf_ct_sack_adjust"],
  trackingClash: ["tracking-clash", "net/netfilter/nf_conntrack_core.c: __nf_conntrack_confirm"],
  stillTracked: ["still-tracked", "net/netfilter/ipvs/ip_vs_core.c: ip_vs_in_hook"],
  noEngineData: ["no-engine-data", "net/netfilter/ipvs/ip_vs_core.c: ip_vs_sched_persist"],
  noRouteToDestination: ["no-route-to-destination", "net/netfilter/ipvs/ip_vs_xmit.c: __ip_vs_get_out_rt"],
  loopbackSource: ["loopback-source", "net/netfilter/ipvs/ip_vs_xmit.c: __ip_vs_get_out_rt"],
  loopbackDestination: ["loopback-destination", "net/netfilter/ipvs/ip_vs_xmit.c: ip_vs_nat_xmit"],
  localDestination: ["local-destination", "net/netfilter/ipvs/ip_vs_xmit.c: crosses_local_route_boundary"],
  icmpTruncated: ["icmp-truncated", "net/netfilter/ipvs/ip_vs_core.c: ip_vs_in_icmp"],
  icmpv6WithoutPseudoHeader: ["icmpv6-without-pseudo-header", "net/netfilter/ipvs/ip_vs_core.c: handle_response_icmp"],
  icmpv6Fragment: ["icmpv6-fragment", "net/netfilter/ipvs/ip_vs_core.c: ip_vs_in_icmp_v6"],
  icmpBadChecksum: ["icmp-bad-checksum", "net/netfilter/ipvs/ip_vs_core.c: ip_vs_in_icmp"],
  natIcmpSend: ["nat-icmp-send", "net/netfilter/ipvs/ip_vs_core.c: ip_vs_out_hook"],
  tunnelError: ["tunnel-error", "net/netfilter/ipvs/ip_vs_core.c: ip_vs_in_icmp"],
  noReroute: ["no-reroute", "net/ipv4/netfilter.c: ip_route_me_harder"],
  hostChecksum: ["host-checksum", "net/ipv4/tcp_ipv4.c: tcp_v4_rcv"],
  hostTruncated: ["host-truncated", "net/ipv4/tcp_ipv4.c: tcp_v4_rcv"],
  hostReset: ["host-reset", "net/ipv4/tcp_ipv4.c: tcp_v4_send_reset"],
  hostSilent: ["host-silent", "net/ipv4/ip_input.c: ip_local_deliver_finish"],
  neighborFailed: ["neighbor-failed", "net/ipv4/arp.c: arp_error_report"],
  neighborTableOverflow: ["neighbor-table-overflow", "net/core/neighbour.c: neigh_alloc"],
  parkingFull: ["parking-full", "net/core/neighbour.c: __neigh_event_send"],
} as const;

type ReasonKey = keyof typeof reasons;

/** `ttl-exceeded`, ... */
export type DropName = (typeof reasons)[ReasonKey][0];

/** Every name of an end: `accepted` of a packet that IPVS leaves to the host. */
export type VerdictName = (typeof ENDS)[number] | DropName | "accepted";

const entries = Object.entries(reasons) as [ReasonKey, readonly [DropName, string]][];

/** All reasons; the place in this list plus FIRST_DROP is the verdict. */
export const DROP_REASONS: readonly DropReason[] = entries.map(([, [name, kernel]]) => ({ name, kernel }));

/** The verdict of each reason: `DROP.ttlExceeded`. */
export const DROP = Object.fromEntries(entries.map(([key], index) => [key, FIRST_DROP + index])) as {
  readonly [key in ReasonKey]: number;
};

/** How many verdicts there are, for counters. */
export const VERDICTS = FIRST_DROP + DROP_REASONS.length;

const ENDS = ["sent", "delivered", "parked", "held"] as const;

export const isDrop = (verdict: number): boolean => verdict >= FIRST_DROP;

/** The reason behind a drop verdict; `undefined` for other ends. */
export const dropReason = (verdict: number): DropReason | undefined =>
  // An index below 0 would be looked up as a name.
  isDrop(verdict) ? DROP_REASONS[verdict - FIRST_DROP] : undefined;

/** What drops an IPv6 packet for a reason that IPv4 has too. */
const IN_IPV6: ReadonlyMap<number, string> = new Map([
  [DROP.noRoute, "net/ipv6/route.c: ip6_pkt_discard"],
  [DROP.notListening, "net/ipv6/ip6_input.c: ip6_mc_input"],
  [DROP.hostSilent, "net/ipv6/ip6_input.c: ip6_protocol_deliver_rcu"],
  [DROP.neighborFailed, "net/ipv6/ndisc.c: ndisc_error_report"],
]);

/** The kernel function that drops a packet of a family; empty for other ends. */
const kernelFunction = (verdict: number, family: Family | 0): string =>
  (family === AF_INET6 ? IN_IPV6.get(verdict) : undefined) ?? dropReason(verdict)?.kernel ?? "";

/** `sent`, `delivered`, `parked`, `held`, or the reason's name. */
export const verdictName = (verdict: number): VerdictName => ENDS[verdict] ?? dropReason(verdict)?.name ?? "accepted";

const FAMILIES = [AF_INET, AF_INET6] as const;
/** By family, then by verdict: `accepted` first. */
const EVENTS: readonly (readonly WalkEvent<"verdict">[])[] = FAMILIES.map((family) =>
  Array.from({ length: VERDICTS + 1 }, (_, place) => {
    const verdict = place + ACCEPT;
    return { kind: "verdict", verdict: verdictName(verdict), kernel: kernelFunction(verdict, family) };
  }),
);

/** How a walk ended, as its last event: every walk that ends so shares it. */
export function verdictEvent(verdict: number, family: Family | 0): WalkEvent<"verdict"> {
  const events = EVENTS[family === AF_INET6 ? 1 : 0];
  return events?.[verdict - ACCEPT] ?? { kind: "verdict", verdict: verdictName(verdict), kernel: "" };
}
