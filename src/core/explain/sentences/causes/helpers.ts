/** Why a packet ended so, and what would change it: protocols that would need somebody to read in them. */
import type { HelperCauses } from "../../../trace/causes/helpers.ts";
import type { Sentences } from "./cause-text.ts";

export const HELPER: Sentences<keyof HelperCauses> = {
  "quic-moved": ({ client, server }) => ({
    why: `The packet has the header of an established QUIC connection, but IPVS knows none from ${client}: the client's port or address changed on the way (NAT, another network). IPVS does not read connection IDs, and schedules it anew, to ${server}.`,
    change:
      "-p, or sh without sh-port, keeps an address at its server when its port changes; a client whose address changes is lost.",
  }),
  "sip-split": ({ client, before, now, service }) => ({
    why: `${client} has a connection to ${before}, and this one goes to ${now}: ${service} is SIP without its persistence engine, so nothing reads the Call-ID, and the messages of a call may go to several real servers.`,
    change: "Make the service persistent by Call-ID (-p 60 --pe sip).",
  }),
};
