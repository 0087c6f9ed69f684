/** The sentence of each reason for which a packet is dropped. A reason without one does not compile. */
import type { DropName } from "../../trace/verdict.ts";

export const DROP_SENTENCES: Readonly<Record<DropName, string>> = {
  "frame-too-short": "The frame is shorter than an Ethernet header.",
  "ieee-802.3": "The frame is IEEE 802.3 with a length, not Ethernet II.",
  "vlan-tagged": "The frame carries an 802.1Q tag and the director has no VLAN interfaces.",
  "unknown-ethertype": "The director handles IPv4, IPv6 and ARP only.",
  "not-for-us": "The frame is for another MAC address.",
  "arp-malformed": "The ARP message is truncated or not about IPv4 over Ethernet.",
  "arp-not-for-us": "The ARP message asks for an address that is not the director's.",
  "ipv4-malformed": "The IPv4 header has a wrong version, length or option.",
  "ipv4-source-routed": "The packet names its own route (source routing), which Linux refuses.",
  "ipv4-truncated": "The packet is shorter than its IPv4 header says.",
  "ipv6-malformed": "The IPv6 header has a wrong version or addresses that no packet on a wire can have.",
  "ipv6-truncated": "The packet is shorter than its IPv6 header says.",
  "ipv6-options": "Its IPv6 options are malformed, or an unknown one asks for the packet to be dropped.",
  "ipv6-source-routed": "A routing header names further hops, and the director does not forward by it.",
  "not-listening": "It goes to a multicast group that the director has not joined.",
  "beyond-scope": "A packet from a link-local address does not leave its link.",
  "discovery-malformed":
    "The neighbor discovery message is truncated, has malformed options, or does not come from the link itself.",
  "discovery-not-for-us":
    "The message asks for an address that the interface does not have, or advertises a neighbor that the director did not ask for.",
  "ipv4-bad-checksum": "The IPv4 header checksum is wrong.",
  "mark-unreadable": "A rule that marks packets must read the transport header, and that is truncated.",
  "martian-source": "The source address is the director's own, or one that no host can have.",
  "martian-destination": "The destination address cannot be routed.",
  "reverse-path": "rp_filter: the route back to the source leaves by another interface.",
  "no-route": "There is no route to the destination.",
  "forwarding-off": "The packet is for another host and ip_forward is 0.",
  "not-unicast-frame": "A broadcast or multicast frame is never forwarded.",
  "ttl-exceeded": "The TTL ran out.",
  "too-big": "The packet is longer than the MTU and may not be fragmented.",
  "tunnel-mtu-too-small":
    "The MTU inside the tunnel would be less than every link must carry: 68 bytes for IPv4, 1280 for IPv6.",
  "tunnel-unbound":
    "The connection uses a tunnel but is bound to no real server here, so the type of the tunnel is unknown.",
  "fragment-timeout": "The other fragments did not arrive within 30 s.",
  "fragment-invalid": "The fragment overlaps another, is misaligned, or makes the datagram too long.",
  "fragments-full": "The waiting fragments use all the memory that ipfrag_high_thresh allows.",
  "connections-full": "The connection table is full (connections.max).",
  "header-truncated": "The transport header is truncated.",
  "no-destination": "The service has no usable real server.",
  "destination-unavailable": "The connection's real server was deleted.",
  "drop-packet": "The drop_packet defence dropped it.",
  "no-local-port": "No local address of the service has a free port towards the real server.",
  "icmp-no-destination": "An ICMP error would be scheduled, but the service has no usable real server.",
  "helper-checksum": "A helper must read this packet, and its checksum is wrong.",
  "helper-untracked":
    "The reply names the real server, and without connection tracking the virtual address cannot be put there.",
  "sequence-options": "The sequence numbers of this connection are shifted, and its TCP options are truncated.",
  "tracking-clash": "Connection tracking takes the packet for another connection between the same ends.",
  "still-tracked":
    "The packet should open a new connection, but connection tracking still has the old one: only the next packet can.",
  "no-engine-data": "The service's persistence engine finds nothing in the packet to name a template by.",
  "no-route-to-destination": "There is no route to the real server.",
  "loopback-source": "A packet from 127.0.0.0/8 must not leave the host.",
  "loopback-destination": "A packet from outside must not be sent to 127.0.0.0/8 or ::1.",
  "local-destination": "Only a packet for the host itself can be delivered to a real server on the host.",
  "icmp-truncated": "The ICMP message is truncated.",
  "icmpv6-fragment": "IPVS reads it as an ICMPv6 error in a fragment, and there are none: errors are short.",
  "icmpv6-without-pseudo-header":
    "This kernel verifies an ICMPv6 error about a NAT connection without its pseudo header, and so rejects a correct checksum.",
  "icmp-bad-checksum": "The ICMP checksum is wrong.",
  "nat-icmp-send": "A real server's packet belongs to no connection; the server gets ICMP port unreachable.",
  "tunnel-error": "The ICMP error about a tunnelled packet was replaced by one about the client's packet.",
  "no-reroute": "There is no route for the reply with its virtual source address.",
  "host-checksum": "The packet is for the director itself and its checksum is wrong.",
  "host-truncated": "The packet is for the director itself and truncated.",
  "host-reset": "A reset for a closed port needs no reply.",
  "host-silent": "The packet is for the director itself, which has no use for it.",
  "neighbor-failed": "The next hop did not reply to ARP or neighbor discovery.",
  "neighbor-table-overflow": "The neighbor table is full (gc_thresh3), and there is no entry for the next hop.",
  "parking-full": "Too many packets already wait for the next hop's MAC address.",
};

export const isDropName = (name: string): name is DropName => Object.hasOwn(DROP_SENTENCES, name);

/** By the name of an end; empty for one that is no drop. */
export const dropSentence = (name: string): string => (isDropName(name) ? DROP_SENTENCES[name] : "");
