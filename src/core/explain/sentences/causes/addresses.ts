/** Why a packet ended so, and what would change it: which of its addresses and interfaces a packet met or missed. */
import type { AddressCauses } from "../../../trace/causes/addresses.ts";
import { AF_INET, formatAddress } from "../../../wire/address.ts";
import type { Sentences } from "./cause-text.ts";
import { is, missingChange, missingWords, set } from "./cause-words.ts";

/** What to look at where a second director is active. */
const RIVAL =
  " Two directors: VRRP must pass between them, with one virtual_router_id and one password, or both are master.";

export const ADDRESS: Sentences<keyof AddressCauses> = {
  redirected: ({ sender, switch: redirects }) => ({
    why: `The packet leaves by the interface that it came in by, and ${is(redirects)}: ${formatAddress(sender)} gets an ICMP redirect to the next hop. A real server that believes it sends its replies past the director from then on.`,
    change: `${set(redirects, 0)}, for all and for the interface, where NAT has one arm.`,
  }),
  "arp-ignored": ({ address, dev, switch: ignore }) => ({
    why: `The director has ${formatAddress(address)}, but does not answer ARP for it on ${dev}: ${is(ignore)}.`,
    change: `${set(ignore, 0)} on the director: only real servers must keep quiet.`,
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
  "neighbor-silent": ({ address, server, dev, before }) => ({
    why: before
      ? `${formatAddress(address)} does not reply to ${address.family === AF_INET ? "ARP" : "neighbor discovery"} on ${dev}, nor did it before${server === "" ? "" : `; ${server} is reached through it`}: it is down, not on that link, or its address is wrong.`
      : `${formatAddress(address)} has not replied yet${server === "" ? "" : `; ${server} is reached through it`}. If it never does, it is down, in another network, or its address is wrong.`,
    change: before
      ? `Look whether it is up, and whether it belongs on ${dev}: an address there whose prefix is too short (ip address show dev ${dev}) takes in other networks. A health check would take it out.`
      : "",
  }),
};
