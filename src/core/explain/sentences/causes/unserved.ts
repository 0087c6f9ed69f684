/** Why a packet ended so, and what would change it: why no service takes a packet. */
import type { UnservedCauses } from "../../../trace/causes/unserved.ts";
import { AF_INET } from "../../../wire/address.ts";
import { protocolWord } from "../../summary.ts";
import { listed } from "../words.ts";
import type { Sentences } from "./cause-text.ts";

export const UNSERVED: Sentences<keyof UnservedCauses> = {
  "not-balanced": ({ protocol, service }) => ({
    why: `The packet goes to the address of ${service}, but IPVS balances TCP, UDP, SCTP, ESP and AH only, and this is ${protocolWord(protocol)}: the director keeps it.`,
    change: `Give what needs ${protocolWord(protocol)} an address of its own, which is routed past the director.`,
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
};
