/** Why a packet ended so, and what would change it: what comes back from real servers, and from routers on the way. */
import type { ReplyCauses } from "../../../trace/causes/replies.ts";
import { formatAddress } from "../../../wire/address.ts";
import { protocolWord } from "../../summary.ts";
import type { Sentences } from "./cause-text.ts";
import { icmpCalled, isPort, tunnelEnd } from "./cause-words.ts";

export const REPLY: Sentences<keyof ReplyCauses> = {
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
};
