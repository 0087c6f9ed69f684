/** Why a packet ended so, and what would change it: what is peculiar to one scheduler. */
import type { SchedulerCauses } from "../../../trace/causes/schedulers.ts";
import { formatAddress } from "../../../wire/address.ts";
import { listed } from "../words.ts";
import type { Sentences } from "./cause-text.ts";
import { changedWords, unusableWords } from "./cause-words.ts";

export const SCHEDULER: Sentences<keyof SchedulerCauses> = {
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
};
