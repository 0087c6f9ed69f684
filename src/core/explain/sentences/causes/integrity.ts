/** Why a packet ended so, and what would change it: whether a packet is sound, and what is as it should be. */
import type { IntegrityCauses } from "../../../trace/causes/integrity.ts";
import { formatAddress } from "../../../wire/address.ts";
import type { Sentences } from "./cause-text.ts";
import { decimal } from "./cause-words.ts";

export const INTEGRITY: Sentences<keyof IntegrityCauses> = {
  ping: ({ address }) => ({
    isNote: true,
    why: `The director itself replies to pings of ${formatAddress(address)}, whether or not any real server works: a ping says nothing about the service.`,
    change: "",
  }),
  "icmp-stray": ({ service }) => ({
    why: `The ICMP error quotes a packet of no connection that is known here, so it cannot be passed to the real server of ${service} that it is about.`,
    change:
      "It helps only where the whole packet with its ports is quoted, and while the connection is in the table: where routers share clients among several directors (ECMP), an error may come to another one than its connection.",
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
};
