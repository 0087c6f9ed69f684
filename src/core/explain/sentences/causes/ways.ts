/** Why a packet ended so, and what would change it: where packets may not go, and ways that there are not. */
import type { WayCauses } from "../../../trace/causes/ways.ts";
import { formatAddress } from "../../../wire/address.ts";
import type { Sentences } from "./cause-text.ts";
import { is, set } from "./cause-words.ts";

export const WAY: Sentences<keyof WayCauses> = {
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
};
