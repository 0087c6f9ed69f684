/** Why a packet ended so, and what would change it: the connection that a packet belongs to, or does not. */
import type { ConnectionCauses } from "../../../trace/causes/connections.ts";
import type { Sentences } from "./cause-text.ts";
import { is, set, unansweredChange } from "./cause-words.ts";

export const CONNECTION: Sentences<keyof ConnectionCauses> = {
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
  "server-gone": ({ server, tcp, switch: expire }) => ({
    why: `The connection's real server ${server} was deleted, and ${is(expire)}: ${expire.value === 0 ? "its packets are dropped in silence until the entry expires" : "the entry ends, and the next packet is no longer its"}.`,
    change:
      expire.value === 0
        ? `With ${set(expire, 1)} the entry ends at once, ${tcp ? "the client gets a reset and can connect again" : "and the client's next packet is scheduled to another real server"}.`
        : "",
  }),
  "one-packet": ({ service }) => ({
    isNote: true,
    why: `${service} is a one-packet service (-o): each datagram is scheduled alone, and its entry is gone with it. By NAT nobody will translate the reply.`,
    change: "Without -o a client's datagrams stay with one real server as long as they follow each other.",
  }),
  unanswered: (cause) => ({
    why: cause.heard
      ? `${cause.client} repeats its SYN, although packets of ${cause.server} do pass here: the real server drops this SYN, or its SYN-ACK does not come to this client.`
      : `${cause.client} repeats its SYN: no reply of ${cause.server} has passed here.`,
    change: unansweredChange(cause),
  }),
  "datagrams-stick": ({ server, seconds, silent }) => ({
    isNote: true,
    why: `This client's address and port stay with ${server} until ${seconds} s pass without a datagram, whatever the scheduler would say.${silent ? ` No packet of ${server} has passed here: if a reply is due, the real server is dead, or replies by another way.` : ""}`,
    change: `ipvsadm --set TCP TCPFIN UDP shortens it (its third number); -o schedules every datagram alone.${silent ? " Where a health check deletes a dead server (ipvsadm -d), net.ipv4.vs.expire_nodest_conn=1 frees its clients." : ""}`,
  }),
  tracked: ({ reuse, tracking }) => ({
    why: `The client uses its port again, ${is(reuse)}, and connection tracking still holds the old connection: this SYN is dropped, and the client's next one, a second later, is scheduled.`,
    change: `With ${set(reuse, 0)} the old entry would take it at once; without connection tracking (${tracking.name}, services on port 21) nothing holds it up.`,
  }),
  "told-stray": ({ switch: tell }) => ({
    why: `A real server by NAT sent a packet of no known connection, and ${is(tell)}: it gets ICMP port unreachable.`,
    change: `With ${set(tell, 0)} the packet is forwarded as it is.`,
  }),
};
