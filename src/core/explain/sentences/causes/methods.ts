/** Why a packet ended so, and what would change it: the way to a real server by its forwarding method. */
import type { MethodCauses } from "../../../trace/causes/methods.ts";
import { AF_INET, formatAddress } from "../../../wire/address.ts";
import { methodWords } from "../method-words.ts";
import type { Sentences } from "./cause-text.ts";
import { callee, is, set } from "./cause-words.ts";

export const METHOD: Sentences<keyof MethodCauses> = {
  untranslated: ({ server, service, onePacket, former }) => ({
    why: onePacket
      ? `${server} is a real server of the one-packet service ${service} (-o) by NAT. Its packet would be the reply of a one-packet connection, but such a connection does not outlive its packet, so nobody translates the reply. It leaves with the real server's own address, and the client will refuse it.`
      : `${server} is a real server of ${service} by NAT. No connection translates its packet${former ? " any more" : ""}, so the packet leaves with the real server's own address. A client that called ${callee(service)} will refuse it; one that called the real server itself gets what it expects.`,
    change: onePacket
      ? "Without -o the reply is translated; with -o the real servers must reply from the virtual address themselves (direct routing or a tunnel)."
      : "",
  }),
  "server-opens": ({ server, service }) => ({
    why: `${server} is a real server of ${service} by NAT, and opens a connection of its own. IPVS translates replies only, so the packet leaves with the real server's own address.`,
    change: "Masquerade what real servers open themselves (iptables -t nat, MASQUERADE), or give them another route.",
  }),
  "shared-reply": ({ client, server, other, now }) => ({
    why: `${client} has a connection to ${server} by ${other} already, and now another by ${now}. The real server sees one and the same pair of ends, and its replies cannot be told apart: those of one connection leave with the address of the other.`,
    change:
      "Another port of the real server for each of the services (-r ADDRESS:PORT), or full NAT; or one service that both names lead to.",
  }),
  "port-kept": ({ server, asked, method, command, every }) => ({
    why: every
      ? `The service takes every port, and sends each on to the same port: port ${asked}, with which the real server was added${command === "" ? "" : ` (${command})`}, counts for nothing, and the packet goes to ${server}.`
      : `${server} was added with port ${asked} (${command}), but ${method === "Route" ? "direct routing" : "a tunnel"} does not translate ports: the packet goes to the service's own port.`,
    change: every
      ? `A service of one port (-A ... -t ADDRESS:PORT) translates to ${asked}, by NAT.`
      : `Let the real server listen on the service's port, or use NAT (-m), which translates to ${asked}.`,
  }),
  "loopback-server": ({ server }) => ({
    why: `The real server ${server} is a loopback address, and what came from outside never goes there.`,
    change:
      "For a program on the director itself take one of the director's other addresses as real server, and let the program listen there.",
  }),
  "method-kept": ({ server, method, now }) => ({
    isNote: true,
    why: `The connection began by ${methodWords(method).short}, and keeps to it: that ${server} is now reached by ${methodWords(now).short} counts for new connections only.`,
    change: "",
  }),
  "last-hop": ({ family, ttl }) => ({
    why: `The packet came with a ${family === AF_INET ? "TTL" : "hop limit"} of ${ttl}. The director forwards it as a router does, and takes one off.`,
    change: `Its sender must let it live for one more hop: traceroute ends here, and so does what is meant for neighbors only.`,
  }),
  "local-node": ({ server, service }) => ({
    isNote: true,
    why: `The real server ${server} of ${service} is the director itself (local node): the packet goes to the director's own programs.`,
    change: "",
  }),
  "director-loop": ({ server, returned, switch: backupOnly }) => ({
    why: returned
      ? `The packet is not from ${server}, but it comes from that host's MAC address, and the host is a real server of this very service: if it is a director, too, it has scheduled the packet already, and the packet goes round in a loop until its TTL runs out.`
      : `The director itself is among the real servers of this service, and the packet goes to another one, ${server}. If ${server} is a director with the same rules, it may schedule the packet again and send it back here: each has the other as a real server, and packets go round in a loop.`,
    change: `${is(backupOnly)}; ${set(backupOnly, 1)} on the standby (with its sync backup running) ends the loop: a backup leaves packets to its own programs.`,
  }),
  "tunnel-mtu": ({ family, mtu, length, mss, switch: discovery }) => ({
    why: `The tunnel header takes room: ${mtu} bytes of the path to the real server are left for the packet, and it has ${length}. ${family === AF_INET ? `${is(discovery)}, so the client gets ICMP fragmentation needed` : "The client gets ICMPv6 packet too big"}; where a firewall drops that ICMP, the connection hangs.`,
    change: `An MSS of ${mss} (advmss on the real server's route, TCPMSS on the way), ${family === AF_INET ? `a larger MTU between director and real servers, or ${set(discovery, 0)}` : "or a larger MTU between director and real servers"}.`,
  }),
  merged: ({ dev, mtu, length }) => ({
    why: `The packet has ${length} bytes, and ${dev}, by which it came, has an MTU of ${mtu}: a network card merged segments (LRO), or whoever captured it, or its sender has a larger MTU. It is too long to be forwarded.`,
    change: `ethtool -K ${dev} lro off, on the director and on its host if it is a virtual machine; for a capture, --offloads auto; or one MTU for all on that link.`,
  }),
  "path-mtu": ({ mtu, length }) => ({
    why: `The packet has ${length} bytes, the route lets ${mtu} pass, and it may not be fragmented. The sender gets an ICMP error; where a firewall drops that ICMP, the connection hangs.`,
    change: `Let the ICMP pass, or raise the MTU of the route to ${length}.`,
  }),
  "same-network": ({ client, server, dev }) => ({
    why: `Client ${formatAddress(client)} and real server ${server} are in the same network (${dev}): the real server can reply to the client directly, past the director, with its own address, and the client will refuse that reply.`,
    change: "Route the client's network through the director on the real server, or use direct routing, or full NAT.",
  }),
  "client-is-server": ({ client, service, method }) => ({
    why: `The client ${formatAddress(client)} is itself a real server of ${service}: ${method === "Masq" ? "the real server that gets the packet replies to it directly, past the director, untranslated; if that server is the client itself, it gets a packet from its own address" : "it has the virtual address itself, and may answer itself"}.`,
    change:
      method === "Masq"
        ? "Let real servers call each other by their own addresses; or use full NAT, or masquerade what they send to the service (as kube-proxy does, with net.ipv4.vs.conntrack=1)."
        : "Let real servers call each other by their own addresses, or use full NAT.",
  }),
  "by-gateway": ({ server, gateway }) => ({
    why: `${server} is reached through the gateway ${formatAddress(gateway)}: direct routing keeps the virtual address as destination, so that router sends the packet back to the director, not to the real server.`,
    change: "Real servers of direct routing must be on the director's own link; elsewhere use a tunnel (-i) or NAT.",
  }),
};
