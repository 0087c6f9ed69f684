/** The sentence of each reason for which a packet is dropped. A reason without one does not compile. */
import type { DropName } from "../trace/verdict.ts";

export const DROP_SENTENCES: Readonly<Record<DropName, string>> = {
  "frame-too-short": "The frame is shorter than an Ethernet header.",
  "ieee-802.3": "The frame is IEEE 802.3 with a length, not Ethernet II.",
  "vlan-tagged": "The frame carries an 802.1Q tag and the director has no VLAN interfaces.",
  "unknown-ethertype": "The director speaks IPv4 and ARP only.",
  "not-for-us": "The frame is addressed to another Ethernet address.",
  "arp-malformed": "The ARP message is cut off or not about IPv4 over Ethernet.",
  "arp-not-for-us": "The ARP message asks for an address that is not the director's.",
  "ipv4-malformed": "The IPv4 header has a wrong version, length or option.",
  "ipv4-source-routed": "The packet wants to choose its route itself, which nobody may.",
  "ipv4-truncated": "The packet is shorter than its IPv4 header says.",
  "ipv6-malformed": "The IPv6 header has a wrong version or addresses that no packet on a wire can have.",
  "ipv6-truncated": "The packet is shorter than its IPv6 header says.",
  "ipv6-options": "Its IPv6 options are broken, or one that nobody knows asks that the packet be dropped.",
  "ipv6-source-routed": "A routing header names more stops, and the director is none.",
  "not-listening": "It goes to an IPv6 multicast group that the director does not belong to.",
  "beyond-scope": "A packet from a link-local address does not leave its link.",
  "discovery-malformed":
    "The neighbor discovery message is cut off, has broken options, or does not come from the link itself.",
  "discovery-not-for-us":
    "The message asks for an address that the interface does not have, or tells of a neighbor that nobody asked for.",
  "ipv4-bad-checksum": "The IPv4 header checksum is wrong.",
  "mark-unreadable": "A rule that marks packets would have to look into a transport header that is cut off.",
  "martian-source": "The source address is the director's own, or cannot be anybody's.",
  "martian-destination": "The destination address cannot be routed.",
  "reverse-path": "rp_filter: the answer would leave on another interface.",
  "no-route": "There is no route to the destination.",
  "forwarding-off": "The packet is for another host and ip_forward is 0.",
  "not-unicast-frame": "A broadcast or multicast frame is never forwarded.",
  "ttl-exceeded": "The TTL ran out here.",
  "too-big": "The packet is longer than the MTU and may not be fragmented.",
  "tunnel-mtu-too-small":
    "Less than every link carries would be left inside the tunnel: 68 bytes towards an IPv4 address, 1280 towards an IPv6 one.",
  "tunnel-unbound":
    "The connection goes by a tunnel, and is bound to no real server here: nobody knows the tunnel's kind.",
  "fragment-timeout": "The rest of the datagram did not come within 30 s.",
  "fragment-invalid": "The fragment overlaps another, is misaligned, or makes the datagram too long.",
  "fragments-full": "The fragments that already wait take all the memory they may (ipfrag_high_thresh).",
  "connections-full": "There are as many connections as may be (connections.max).",
  "header-truncated": "The transport header is cut off.",
  "no-destination": "The service has no real server that may take a connection.",
  "destination-unavailable": "The connection's real server was deleted.",
  "drop-packet": "The drop_packet defence took this one.",
  "no-local-port": "No local address of the service has a free port towards the real server.",
  "icmp-no-destination": "An ICMP error may not open a connection to nobody.",
  "helper-checksum": "A helper reads this connection, and the packet's checksum is wrong.",
  "helper-untracked":
    "The reply names the real server, and without connection tracking nobody can put the virtual address there.",
  "sequence-options":
    "The sequence numbers of this connection are shifted, and the TCP options among them are cut off.",
  "tracking-clash":
    "Connection tracking does not count the packet as part of its connection, and takes it for another one between the same ends.",
  "still-tracked":
    "The connection is to be scheduled anew, and connection tracking has the old one still: only the next packet will be.",
  "no-engine-data": "The service's persistence engine finds nothing in the packet to name a template by.",
  "no-route-to-destination": "There is no route to the real server.",
  "loopback-source": "A packet from 127.0.0.0/8 may not leave the host.",
  "loopback-destination": "A packet from outside may not be sent to 127.0.0.0/8 or ::1.",
  "local-destination": "Only a packet for the host itself may be handed to a real server on the host.",
  "icmp-truncated": "The ICMP message is cut off.",
  "icmpv6-without-pseudo-header":
    "This kernel verifies an ICMPv6 error about a NAT connection without its pseudo header, and so takes a right checksum for a wrong one.",
  "icmp-bad-checksum": "The ICMP checksum is wrong.",
  "nat-icmp-send": "A real server's packet belongs to no connection; it was told so.",
  "tunnel-error": "The ICMP error about a tunnelled packet was turned into one about the client's.",
  "no-reroute": "There is no route for the answer under its virtual source.",
  "host-checksum": "The packet is for the director itself and its checksum is wrong.",
  "host-truncated": "The packet is for the director itself and cut off.",
  "host-reset": "A reset for a port where nobody listens needs no answer.",
  "host-silent": "The packet is for the director itself, which has nothing to say to it.",
  "neighbor-failed": "Nobody answered for the next hop's address.",
  "neighbor-table-overflow": "The neighbor table is full (gc_thresh3), and there is no entry for the next hop.",
  "parking-full": "Too much is already waiting for the next hop's address.",
};

export const isDropName = (name: string): name is DropName => Object.hasOwn(DROP_SENTENCES, name);

/** By the name of an end; empty for one that is no drop. */
export const dropSentence = (name: string): string => (isDropName(name) ? DROP_SENTENCES[name] : "");
