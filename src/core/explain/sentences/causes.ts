/**
 * What made a packet end as it did, and what would change it, as sentences for people: one table. A kind of cause without its sentences
 * does not compile.
 */
import { amount } from "../../amount.ts";
import type { Cause, CauseKind } from "../../trace/causes.ts";
import { AF_INET, formatAddress } from "../../wire/address.ts";
import { protocolWord } from "../summary.ts";
import {
  callee,
  changedWords,
  curesOf,
  decimal,
  ftpChange,
  ftpWords,
  icmpCalled,
  is,
  isPort,
  missingChange,
  missingWords,
  pastChange,
  pastWords,
  set,
  templateIn,
  tunnelEnd,
  unansweredChange,
  unusableWords,
} from "./cause-words.ts";
import { methodWords } from "./method-words.ts";
import { listed } from "./words.ts";

interface CauseText {
  /** What is the way it is, with nothing wrong. */
  readonly isNote?: boolean;
  readonly why: string;
  /** What would change it; empty where there is nothing to change. */
  readonly change: string;
}

/** What to look at where a second director is active. */
const RIVAL =
  " Two directors: VRRP must pass between them, with one virtual_router_id and one password, or both are master.";

/** Of every kind, why it ended so and what would change it. */
const SENTENCES: { readonly [Kind in CauseKind]: (cause: Cause<Kind>) => CauseText } = {
  past: (cause) => ({ why: pastWords(cause), change: pastChange(cause) }),
  changed: (change) => ({ why: changedWords(change), change: "" }),
  untranslated: ({ server, service, onePacket, former }) => ({
    why: onePacket
      ? `${server} is a real server of the one-packet service ${service} (-o) by NAT. Its packet would be the reply of a one-packet connection, but such a connection does not outlive its packet, so nobody translates the reply. It leaves with the real server's own address, and the client will refuse it.`
      : `${server} is a real server of ${service} by NAT. No connection translates its packet${former ? " any more" : ""}, so the packet leaves with the real server's own address. A client that called ${callee(service)} will refuse it; one that called the real server itself gets what it expects.`,
    change: onePacket
      ? "Without -o the reply is translated; with -o the real servers must reply from the virtual address themselves (direct routing or a tunnel)."
      : "",
  }),
  "reply-elsewhere": ({ server, client, from, other }) => ({
    why: `The connection of ${client} is to ${server}, and this packet comes from ${from}, another ${other}: IPVS translates what comes from ${server} only. It leaves as it is, and the client will refuse it.`,
    change:
      other === "address"
        ? "A real server must reply from the address that it is called at: bind the program to it, or route replies with that source."
        : "By direct routing, with a persistent service by mark that covers all ports (-f, -p), client and real server speak from any port (TFTP does).",
  }),
  unreachable: ({ server, protocol, by, type, code, own }) => ({
    why: own
      ? `${server} refuses the packet with ICMP ${icmpCalled(by, type, code)}: ${isPort(by, type, code) ? `no program listens on that ${protocolWord(protocol)} port, or its firewall rejects the packet` : "a firewall of that host rejects it"}.`
      : `${formatAddress(by)}, on the way to ${server}, sends the packet back: ICMP ${icmpCalled(by, type, code)}.`,
    change: own
      ? isPort(by, type, code)
        ? `Start the service on ${server}; a health check (keepalived, ldirectord) would take the server out.`
        : `Let the service's port pass on ${server} (its INPUT chain).`
      : `Look at the path from ${formatAddress(by)} to ${server}.`,
  }),
  "tunnel-refused": ({ server, tunnel, by, type, code, own, mtu }) => ({
    why: `${formatAddress(by)}${own ? "" : `, on the way to ${server},`} sends ICMP ${icmpCalled(by, type, code)} about the tunnel${mtu > 0 ? `: ${mtu} bytes may pass there, tunnel headers included` : ""}. The client gets the same about its own packet.`,
    change: own
      ? `The real server must take the tunnel apart (${tunnelEnd(tunnel)}).`
      : mtu > 0
        ? "A smaller MSS (advmss on the real server's route, TCPMSS on the way); where a firewall drops that ICMP, the connection hangs."
        : `Look at the path from ${formatAddress(by)} to ${server}.`,
  }),
  "server-opens": ({ server, service }) => ({
    why: `${server} is a real server of ${service} by NAT, and opens a connection of its own. IPVS translates replies only, so the packet leaves with the real server's own address.`,
    change: "Masquerade what real servers open themselves (iptables -t nat, MASQUERADE), or give them another route.",
  }),
  "no-opening": ({ needs, seen, backup, switch: sloppy, service }) => ({
    why: `The packet belongs to no connection in the table${seen ? `, and it is no ${needs}` : `: no ${needs} was seen`}. Only ${needs === "SYN" ? "a SYN" : "an INIT"} opens a connection of ${service}, as ${is(sloppy)}.`,
    change: `With ${set(sloppy, 1)} any ${needs === "SYN" ? "packet but a reset" : "chunk but an ABORT"} opens one, for connections that began at another director${backup ? "" : " (without synchronization, --start-daemon)"} or by another path.${backup ? " This director hears of another's connections (--start-daemon backup), if both have the same syncid and interface: of one, when it has had as many packets as sync_threshold there says." : ""}`,
  }),
  reused: ({ server, weight, state, gone, switch: reuse, with: value }) => ({
    why: `The client uses the same port again, and the old connection (${state}) is reused, because ${is(reuse)}: ${gone ? `the SYN is for its real server ${server}, which is there no more` : `its real server ${server} gets the new connection, whatever the scheduler would say. The weight of ${server} is ${weight}`}.`,
    change: `With ${set(reuse, value)} the SYN would be scheduled anew, as a new connection.`,
  }),
  "port-in-use": ({ server, state }) => ({
    why: `The client opens a connection from a port whose connection to ${server} is still ${state} here: the SYN belongs to that one, and goes to the same real server.`,
    change: "The entry goes when it expires (ipvsadm --set), or when the client ends its connections with FIN or RST.",
  }),
  quiesced: ({ server, switch: expire, opens }) => ({
    why: `${server} has weight 0: it takes no new connections, but those that it has go on${opens && expire.value === 0 ? `, and a SYN on one of them does too, as ${is(expire)}` : ""}.`,
    change: `They end with their clients, or when ${server} is deleted (ipvsadm -d) with ${set(expire, 1)}.`,
  }),
  template: ({ client, server, weight, overloaded, network, seconds, switch: expire }) => ({
    why: `The service is persistent (-p ${seconds}): the template of ${network ? `the network ${client} (-M)` : client} decides, not the scheduler, and sends the client to ${server}${templateIn(weight, overloaded)}.`,
    change:
      weight === 0
        ? `${is(expire)}; ${set(expire, 1)} would release the client from a server of weight 0, and the scheduler would pick another.`
        : `The template expires ${seconds} s after the last new connection, when its connections are gone; ${network ? `with -M ${client.includes(":") ? "128" : "255.255.255.255"} each address has one of its own` : "a service without -p has none"}.`,
  }),
  "template-released": ({ client, server, deleted, switch: expire }) => ({
    why: `A template bound ${client} to ${server}, and binds it no more: ${deleted ? "that real server was deleted" : `that real server has weight 0, and ${is(expire)}`}. The scheduler picks again.`,
    change: deleted ? "" : `With ${set(expire, 0)} the client would stay.`,
  }),
  "template-expired": ({ client, server, at, seconds }) => ({
    why: `A template bound ${client} to ${server}; it expired at ${at.toFixed(1)} s. -p ${seconds} counts from the client's last new connection, and a template stays while its connections do. The scheduler picks again.`,
    change: `A longer -p than ${seconds} s keeps a client for longer; what must survive any pause belongs into a session store.`,
  }),
  "mark-wins": ({ service, exact }) => ({
    isNote: true,
    why: `${service} takes the packet, although ${exact} matches it, too: a service by mark is looked for first.`,
    change: "",
  }),
  "not-balanced": ({ protocol, service }) => ({
    why: `The packet goes to the address of ${service}, but IPVS balances TCP, UDP, SCTP, ESP and AH only, and this is ${protocolWord(protocol)}: the director keeps it.`,
    change: `Give what needs ${protocolWord(protocol)} an address of its own, which is routed past the director.`,
  }),
  ping: ({ address }) => ({
    isNote: true,
    why: `The director itself replies to pings of ${formatAddress(address)}, whether or not any real server works: a ping says nothing about the service.`,
    change: "",
  }),
  "client-hidden": ({ server, client, local }) => ({
    isNote: true,
    why: `${server} sees ${local} as its client, not ${client}: full NAT replaces the client's address, and the service sends no TOA.`,
    change: "With --toa the client's address goes along in a TCP option, which a module on the real server reads.",
  }),
  "shared-reply": ({ client, server, other, now }) => ({
    why: `${client} has a connection to ${server} by ${other} already, and now another by ${now}. The real server sees one and the same pair of ends, and its replies cannot be told apart: those of one connection leave with the address of the other.`,
    change:
      "Another port of the real server for each of the services (-r ADDRESS:PORT), or full NAT; or one service that both names lead to.",
  }),
  "other-template": ({ client, bound, by, server }) => ({
    why: `${client} is bound to ${bound} by a template of ${by}, but persistence counts for each service alone: here the scheduler decides, and picks ${server}.`,
    change:
      "One service for both ports keeps a client at one server: a firewall mark (-f) that covers them, or port 0, with -p.",
  }),
  newcomer: ({ scheduler, server, at, connections, most }) => ({
    isNote: true,
    why: `${scheduler} counts connections, and ${server}, added at ${at.toFixed(1)} s, has ${connections} while another has ${most}: it gets the next connections, until it has caught up.`,
    change: `Give it a low weight at first (-w 1), or use wrr, which does not count connections.`,
  }),
  refused: ({ by, server, client, method }) => ({
    why:
      by === "server"
        ? `${server} refuses the connection with a reset: no program listens there, or its firewall rejects it.`
        : `The client ${client} resets the connection before it is established: it gave up, or it did not expect the SYN-ACK that it got${method === "Masq" ? ", perhaps because it came from the real server's own address, past the director" : ""}.`,
    change:
      by === "server"
        ? `Start the service on ${server}; a health check (keepalived, ldirectord) would take the server out.`
        : method === "Masq"
          ? "The real server's replies must go through the director: it must be the default gateway, and the client must not be in the real server's network."
          : "",
  }),
  "port-kept": ({ server, asked, method, command, every }) => ({
    why: every
      ? `The service takes every port, and sends each on to the same port: port ${asked}, with which the real server was added${command === "" ? "" : ` (${command})`}, counts for nothing, and the packet goes to ${server}.`
      : `${server} was added with port ${asked} (${command}), but ${method === "Route" ? "direct routing" : "a tunnel"} does not translate ports: the packet goes to the service's own port.`,
    change: every
      ? `A service of one port (-A ... -t ADDRESS:PORT) translates to ${asked}, by NAT.`
      : `Let the real server listen on the service's port, or use NAT (-m), which translates to ${asked}.`,
  }),
  redirected: ({ sender, switch: redirects }) => ({
    why: `The packet leaves by the interface that it came in by, and ${is(redirects)}: ${formatAddress(sender)} gets an ICMP redirect to the next hop. A real server that believes it sends its replies past the director from then on.`,
    change: `${set(redirects, 0)}, for all and for the interface, where NAT has one arm.`,
  }),
  "arp-ignored": ({ address, dev, switch: ignore }) => ({
    why: `The director has ${formatAddress(address)}, but does not answer ARP for it on ${dev}: ${is(ignore)}.`,
    change: `${set(ignore, 0)} on the director: only real servers must keep quiet.`,
  }),
  "hash-moved": ({ scheduler, client, before, now, change }) => ({
    why: `${client} has a connection to ${before}, and this one goes to ${now}: ${scheduler} deals its slots anew when servers or weights change. ${changedWords(change)}`,
    change: `${scheduler === "sh" ? "mh moves few clients at a change (-s mh); " : ""}-p keeps a client at its server, whatever changes.`,
  }),
  "heaviest-first": ({ scheduler, server, weight }) => ({
    isNote: true,
    why:
      scheduler === "fo"
        ? `fo sends every new connection to the usable real server of the highest weight, ${server} (weight ${weight}): the others stand by.`
        : `ovf fills one real server after the other, the highest weight first, and now ${server} (weight ${weight}): the next gets connections once this one has more active ones than its weight.`,
    change: "wrr or wlc shares by weight (ipvsadm -E ... -s).",
  }),
  "no-server": ({ service }) => ({
    why: `The service ${service} has no real servers.`,
    change: "Add one (ipvsadm -a).",
  }),
  "no-scheduler": ({ service, persistent }) => ({
    why: `${service} has no scheduler (none), so nobody picks a real server${persistent ? ": only clients with a template get on" : ""}.`,
    change: "Give it one (ipvsadm -E ... -s wlc).",
  }),
  "no-engine-data": ({ service, engine }) => ({
    why: `${service} is persistent by what its engine reads (--pe ${engine}), and the packet has nothing of it${engine === "sip" ? ": no Call-ID, as keep-alives of two line ends have none" : ""}. Packets that open no connection are dropped then.`,
    change: "Packets of known connections pass all the same; without --pe any packet opens one.",
  }),
  "none-usable": ({ service, servers }) => ({
    why: `No real server of ${service} may take a connection: ${listed(servers.map(unusableWords))}.`,
    change: `${listed(curesOf(servers)).replace(/^./, (letter) => letter.toUpperCase())}.`,
  }),
  "hash-slot": ({ scheduler, owner, flag, others }) => ({
    why: `This client's slot in the table of ${scheduler} belongs to ${unusableWords(owner)}, and no other server takes it${flag === "" ? "" : `: the flag ${flag} is off`}. ${others === 1 ? "Another real server is usable" : `${others} other real servers are usable`}.`,
    change:
      flag === ""
        ? `${scheduler} has no fallback; take ${owner.server} out of the service (ipvsadm -d), and its slots are dealt to the others.`
        : `With -b ${flag} another real server would be picked; without ${owner.server} (ipvsadm -d) its slots are dealt to the others.`,
  }),
  "hash-affinity": ({ scheduler, flag, byPort }) => ({
    isNote: true,
    why: `${scheduler} picks by a hash of ${scheduler === "dh" ? "the destination address" : byPort ? `the source address and port (${flag})` : "the source address"}: ${byPort ? "each connection of a client may go elsewhere" : "the same address always meets the same real server, however many users are behind it"}.`,
    change: flag === "" || byPort ? "" : `With -b ${flag} the source port counts, too.`,
  }),
  "one-destination": ({ scheduler, address, server }) => ({
    isNote: true,
    why: `${scheduler} picks by the destination address, and all clients of this service call ${formatAddress(address)}: all of them go to ${server}${scheduler === "dh" ? "" : ", until it is overloaded"}.`,
    change: `${scheduler} is for caches, where clients call many addresses (a service by mark, -f); here take another scheduler (ipvsadm -E ... -s wlc).`,
  }),
  "weights-ignored": ({ scheduler, servers }) => ({
    isNote: true,
    why: `${scheduler} asks only whether a weight is 0: ${listed(servers)} are equal to it.`,
    change: `${scheduler === "lc" ? "wlc" : scheduler === "dh" ? "sh or mh" : "wrr or wlc"} shares by weight (ipvsadm -E ... -s).`,
  }),
  overloaded: ({ servers }) => ({
    why: `The scheduler passed over ${listed(servers.map(unusableWords))}.`,
    change: `${listed(curesOf(servers)).replace(/^./, (letter) => letter.toUpperCase())}.`,
  }),
  "no-local-address": ({ service, server }) => ({
    why: `The scheduler did pick ${server}, but the service ${service} has no local address (-P): full NAT has nothing to connect from, and refuses every client.`,
    change: "Add local addresses to the service (ipvsadm -P -t VIP:PORT -z ADDRESS).",
  }),
  "local-ports-used": ({ server, addresses, ports, first, last, used, tries }) => ({
    why: `The pool is used up: ${amount(ports, "port")} (${first} to ${last}) of ${amount(addresses, "local address", "local addresses")} towards ${server}, which has ${amount(used, "connection")}; at most ${tries.value} are tried.`,
    change:
      "Add local addresses (ipvsadm -P), widen net.ipv4.vs.fullnat_lport_min to fullnat_lport_max, or add real servers.",
  }),
  "server-gone": ({ server, tcp, switch: expire }) => ({
    why: `The connection's real server ${server} was deleted, and ${is(expire)}: ${expire.value === 0 ? "its packets are dropped in silence until the entry expires" : "the entry ends, and the next packet is no longer its"}.`,
    change:
      expire.value === 0
        ? `With ${set(expire, 1)} the entry ends at once, ${tcp ? "the client gets a reset and can connect again" : "and the client's next packet is scheduled to another real server"}.`
        : "",
  }),
  "reverse-path": ({ dev, switch: filter, source, back }) => ({
    why: `The packet from ${formatAddress(source)} came in by ${dev}, but ${back === "" ? "no route leads back to that address" : `the route back to it leaves by ${back}`}: rp_filter refuses it, as ${is(filter)}.`,
    change: `${filter.value === 1 && back !== "" ? `With ${set(filter, 2)} any route back is enough; with 0 there is no check` : `With ${set(filter, 0)} there is no check`}. Or route the replies through the right interface.`,
  }),
  "forwarding-off": ({ switch: forwarding }) => ({
    why: `The packet is for another host, and the director forwards nothing: ${is(forwarding)}. Replies of NAT real servers need it.`,
    change: `${set(forwarding, 1)}.`,
  }),
  "no-route": ({ to, server, reply }) => ({
    why: reply
      ? `The director has no route to ${formatAddress(to)}${server === "" ? "" : `, so what ${server} sends there ends here, and the client never gets it`}.`
      : `The director has no route to the real server ${server}: it is in none of the director's networks, and no gateway leads there.`,
    change: reply
      ? `Add a default route (ip route add default via GATEWAY), or one to the network of ${formatAddress(to)}.`
      : `Add a route to it (ip route add ${formatAddress(to)} via GATEWAY), or an address of its network to an interface; or mend the real server's address.`,
  }),
  "own-source": ({ source, shared, server, switch: accept }) => ({
    why: `The source ${formatAddress(source)} is an address of the director itself, and ${is(accept)}: ${shared === "" ? (server === "" ? "either a packet of the director came back, or another host sends from that address" : `the real server ${server} sends from it, but by NAT it must not have the virtual address`) : `a real server of ${shared} replies from the virtual address, as it has to, but through the director`}.`,
    change:
      shared === "" && server !== ""
        ? `Take the address off the real server (ip address del ${formatAddress(source)}/${source.family === AF_INET ? 32 : 128} dev lo): it replies from its own, and the director translates.`
        : `${shared === "" ? "" : "The real server's gateway must be the clients' router, not the director. "}With ${set(accept, 1)} it would be taken.`,
  }),
  "virtual-missing": (cause) => ({
    isNote: cause.asked,
    why: missingWords(cause),
    change: missingChange(cause),
  }),
  "sync-unheard": ({ dev, heardAt }) => ({
    isNote: true,
    why: `A sync master tells its connections here, by ${dev}, and ${heardAt === "" ? "no backup runs on this director" : `the backup on this director listens at ${heardAt}`}.`,
    change: `ipvsadm --start-daemon backup --mcast-interface ${dev}${heardAt === "" ? "" : " (behind --stop-daemon backup)"} would hear it.`,
  }),
  "other-service": ({ service, differs }) => ({
    why:
      differs === "address"
        ? `There is no service at this address; ${service} is at another one.`
        : `There is a service ${service} at this address, but for another ${differs}.`,
    change: `Add a service for this ${differs}${differs === "port" ? ", one for all ports (port 0 and -p), or a mark that covers both" : ""}.`,
  }),
  unmarked: ({ services, rules }) => ({
    why: `The packet has no firewall mark: ${rules === 0 ? "there are no rules that mark packets" : "no rule that marks packets matches it"}, and the ${services.length === 1 ? "service" : "services"} ${listed(services)} can only be found by mark.`,
    change: "Mark it before it is delivered (iptables -t mangle -A PREROUTING ... -j MARK --set-mark N).",
  }),
  "mark-unserved": ({ mark, family, other }) => ({
    why: `A rule gives the packet the firewall mark ${mark}, but ${other ? `the service of this mark is for ${family === AF_INET ? "IPv6" : "IPv4"} only, and the packet is ${family === AF_INET ? "IPv4" : "IPv6"}` : `there is no service of this mark (-f ${mark})`}.`,
    change: `Add it (ipvsadm -A -f ${mark}${family === AF_INET ? "" : " -6"}).`,
  }),
  "no-service": ({ protocol, asked }) => ({
    isNote: true,
    why: `IPVS has no service ${protocolWord(protocol)} ${asked}, and leaves the packet to the director's own programs.`,
    change: "",
  }),
  "group-frame": ({ service, mac }) => ({
    why: `The frame is for ${mac}, the MAC address of a group: IPVS takes only what is sent to the director's own MAC address, so ${service} does not get it.`,
    change: `Whoever sends it has a group's MAC address for the service's address (a cluster that shares one, as NLB): let the director alone reply to ${service.includes("[") ? "neighbor solicitations" : "ARP"} for it.`,
  }),
  "no-key-exchange": ({ protocol, service }) => ({
    why: `${protocolWord(protocol)} follows the key exchange (IKE, UDP 500) of the same client to the address of ${service}, and there is no such connection.`,
    change:
      "A service of UDP 500 at this address, persistent or with long timeouts, leads both to the same real server; with NAT traversal all goes by UDP 4500.",
  }),
  "every-port": ({ service, port, program }) => ({
    isNote: true,
    why: `${service} takes every port of its address, also ${port}: ${program} of the director itself cannot be reached there.`,
    change:
      "Call the director by another of its addresses, or have a mark cover only the ports that are to be balanced (-f).",
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
  "backup-only": ({ switch: backupOnly }) => ({
    why: `This director is a backup, and ${is(backupOnly)}: it balances nothing, and leaves the packet to its own programs.`,
    change: `With ${set(backupOnly, 0)}, or as a master only, it would balance.`,
  }),
  "address-claimed": ({ address, mac, server }) => ({
    why: `${mac}${server === "" ? "" : `, the real server ${server},`} claims ${formatAddress(address)} by ${address.family === AF_INET ? "ARP" : "neighbor discovery"}, an address of the director. Hosts that believe it send their packets there, past the director: so does a real server of direct routing that answers ${address.family === AF_INET ? "ARP" : "neighbor solicitations"} for the virtual address, or a second director that is active, too.`,
    change:
      address.family === AF_INET
        ? `On each real server: arp_ignore=1 and arp_announce=2 (net.ipv4.conf.all), with the virtual address on lo.${server === "" ? RIVAL : ""}`
        : `On each real server: the virtual address on lo only, as /128; a host advertises what is on the interface that is asked.${server === "" ? RIVAL : ""}`,
  }),
  elsewhere: ({ address, mac }) => ({
    why: `The packet is for ${formatAddress(address)}, which the director has, but its sender has ${mac} for that address: another host answers ARP for it, or the sender's ARP entry is from before a failover.`,
    change: "arp_ignore=1 and arp_announce=2 on the real servers; a gratuitous ARP from the director after a failover.",
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
  "icmp-stray": ({ service }) => ({
    why: `The ICMP error quotes a packet of no connection that is known here, so it cannot be passed to the real server of ${service} that it is about.`,
    change:
      "It helps only where the whole packet with its ports is quoted, and while the connection is in the table: where routers share clients among several directors (ECMP), an error may come to another one than its connection.",
  }),
  "ftp-helper": (cause) => ({ why: ftpWords(cause), change: ftpChange(cause) }),
  "ftp-announced": ({ server, announced, own }) => ({
    why: `The FTP server ${server} told the client to connect to ${announced}, which is not its own address. The helper (ip_vs_ftp) believes it, and sends the data connection there${own ? ", to the director itself" : ""}.`,
    change:
      "The server must announce its own address (no pasv_address of vsftpd, no MasqueradeAddress of ProFTPD, no ForcePassiveIP of Pure-FTPd): the helper puts the virtual one in its place.",
  }),
  "quic-moved": ({ client, server }) => ({
    why: `The packet has the header of an established QUIC connection, but IPVS knows none from ${client}: the client's port or address changed on the way (NAT, another network). IPVS does not read connection IDs, and schedules it anew, to ${server}.`,
    change:
      "-p, or sh without sh-port, keeps an address at its server when its port changes; a client whose address changes is lost.",
  }),
  "sip-split": ({ client, before, now, service }) => ({
    why: `${client} has a connection to ${before}, and this one goes to ${now}: ${service} is SIP without its persistence engine, so nothing reads the Call-ID, and the messages of a call may go to several real servers.`,
    change: "Make the service persistent by Call-ID (-p 60 --pe sip).",
  }),
  "one-packet": ({ service }) => ({
    isNote: true,
    why: `${service} is a one-packet service (-o): each datagram is scheduled alone, and its entry is gone with it. By NAT nobody will translate the reply.`,
    change: "Without -o a client's datagrams stay with one real server as long as they follow each other.",
  }),
  "partial-checksum": ({ protocol }) => ({
    why: `The ${protocol} checksum is just the sum of the pseudo-header: whoever sent or captured the packet left the checksum to its network card (checksum offload). The director passes it on as wrong as it came, and the receiver drops it. Ping works, ${protocol} does not.`,
    change: "Turn the offload off where the packet was made (ethtool -K DEVICE tx off), or capture on the wire.",
  }),
  "wrong-checksum": ({ protocol }) => ({
    why: `The ${protocol} checksum of the packet is wrong: the receiver drops it.`,
    change: "",
  }),
  timer: ({ state, seconds, late, hz, oneSided, set: place }) => ({
    isNote: true,
    why: `${state} lasts ${seconds} s after the last packet. Kernel timers are never early, but coarse: at HZ=${hz} this one fires up to ${decimal(late)} s late, so the entry is listed for up to ${decimal(seconds + late)} s.${oneSided ? " The director sees the client's packets only, not the real server's FIN." : ""}`,
    change: place === 2 ? "ipvsadm --set TCP TCPFIN UDP: its second number is the time of FIN_WAIT." : "",
  }),
  defence: ({ switch: drop, rate }) => ({
    why: `${is(drop)}: the defence drops one in ${rate.value} packets that would open a connection (${is(rate)}).`,
    change: `${set(drop, 0)}.`,
  }),
  "connections-full": ({ most }) => ({
    why: `The connection table has ${most} entries, as many as it may (connections.max).`,
    change: "Raise connections.max, or shorten the timeouts (ipvsadm --set).",
  }),
  unanswered: (cause) => ({
    why: cause.heard
      ? `${cause.client} repeats its SYN, although packets of ${cause.server} do pass here: the real server drops this SYN, or its SYN-ACK does not come to this client.`
      : `${cause.client} repeats its SYN: no reply of ${cause.server} has passed here.`,
    change: unansweredChange(cause),
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
  "datagrams-stick": ({ server, seconds, silent }) => ({
    isNote: true,
    why: `This client's address and port stay with ${server} until ${seconds} s pass without a datagram, whatever the scheduler would say.${silent ? ` No packet of ${server} has passed here: if a reply is due, the real server is dead, or replies by another way.` : ""}`,
    change: `ipvsadm --set TCP TCPFIN UDP shortens it (its third number); -o schedules every datagram alone.${silent ? " Where a health check deletes a dead server (ipvsadm -d), net.ipv4.vs.expire_nodest_conn=1 frees its clients." : ""}`,
  }),
  "by-gateway": ({ server, gateway }) => ({
    why: `${server} is reached through the gateway ${formatAddress(gateway)}: direct routing keeps the virtual address as destination, so that router sends the packet back to the director, not to the real server.`,
    change: "Real servers of direct routing must be on the director's own link; elsewhere use a tunnel (-i) or NAT.",
  }),
  tracked: ({ reuse, tracking }) => ({
    why: `The client uses its port again, ${is(reuse)}, and connection tracking still holds the old connection: this SYN is dropped, and the client's next one, a second later, is scheduled.`,
    change: `With ${set(reuse, 0)} the old entry would take it at once; without connection tracking (${tracking.name}, services on port 21) nothing holds it up.`,
  }),
  "told-stray": ({ switch: tell }) => ({
    why: `A real server by NAT sent a packet of no known connection, and ${is(tell)}: it gets ICMP port unreachable.`,
    change: `With ${set(tell, 0)} the packet is forwarded as it is.`,
  }),
  "neighbor-silent": ({ address, server, dev, before }) => ({
    why: before
      ? `${formatAddress(address)} does not reply to ${address.family === AF_INET ? "ARP" : "neighbor discovery"} on ${dev}, nor did it before${server === "" ? "" : `; ${server} is reached through it`}: it is down, not on that link, or its address is wrong.`
      : `${formatAddress(address)} has not replied yet${server === "" ? "" : `; ${server} is reached through it`}. If it never does, it is down, in another network, or its address is wrong.`,
    change: before
      ? `Look whether it is up, and whether it belongs on ${dev}: an address there whose prefix is too short (ip address show dev ${dev}) takes in other networks. A health check would take it out.`
      : "",
  }),
};

/** The sentences of a cause. */
export const causeText = <Kind extends CauseKind>(cause: Cause<Kind>): CauseText => SENTENCES[cause.kind](cause);

/** The same in one text. */
export function causeWords(cause: Cause): string {
  const { why, change } = causeText(cause);
  return change === "" ? why : `${why} ${change}`;
}
