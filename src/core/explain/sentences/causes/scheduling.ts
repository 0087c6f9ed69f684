/** Why a packet ended so, and what would change it: which real server a new connection gets, and why none. */
import { amount } from "../../../amount.ts";
import type { SchedulingCauses } from "../../../trace/causes/scheduling.ts";
import { listed } from "../words.ts";
import type { Sentences } from "./cause-text.ts";
import { curesOf, is, set, templateIn, unusableWords } from "./cause-words.ts";

export const SCHEDULING: Sentences<keyof SchedulingCauses> = {
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
  "client-hidden": ({ server, client, local }) => ({
    isNote: true,
    why: `${server} sees ${local} as its client, not ${client}: full NAT replaces the client's address, and the service sends no TOA.`,
    change: "With --toa the client's address goes along in a TCP option, which a module on the real server reads.",
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
  defence: ({ switch: drop, rate }) => ({
    why: `${is(drop)}: the defence drops one in ${rate.value} packets that would open a connection (${is(rate)}).`,
    change: `${set(drop, 0)}.`,
  }),
  "connections-full": ({ most }) => ({
    why: `The connection table has ${most} entries, as many as it may (connections.max).`,
    change: "Raise connections.max, or shorten the timeouts (ipvsadm --set).",
  }),
};
