/** Situations: whether a packet is sound, and what is as it should be. */
import { C, CLIENT_ENDED, DR, IPV6, NAT, NAT6, type Situations, UDP } from "../situation.ts";

export const INTEGRITY_SITUATIONS: Situations = {
  "an ICMP error finds no connection": {
    lines: [
      ...NAT,
      "1 eth0 icmp 12.11.0.254 > 12.11.0.101 frag-needed 1400 about tcp 12.11.0.101:80 > 12.11.0.10:40000 .",
    ],
    says: ["quotes a packet of no connection that is known here"],
  },
  "a checksum left to hardware": {
    lines: [...UDP, "1 eth0 udp 12.11.0.10:5000 > 12.11.0.101:53 partial"],
    says: ["UDP checksum is just the sum of the pseudo-header", "ethtool -K"],
  },
  "a wrong checksum": {
    lines: [...NAT, `1 eth0 tcp ${C} S badsum`],
    says: ["TCP checksum of the packet is wrong"],
    not: ["pseudo-header"],
  },
  "TIME_WAIT stays": {
    lines: [...CLIENT_ENDED, "1.4 eth1 tcp 172.16.1.2:80 > 12.11.0.10:40000 F."],
    says: ["TIME_WAIT lasts 120 s", "late"],
  },
  "a ping says nothing of the servers": {
    lines: [...NAT, "1 eth0 icmp 12.11.0.10 > 12.11.0.101 echo"],
    says: ["replies to pings of 12.11.0.101", "says nothing about the service"],
  },
  "FIN_WAIT of direct routing": {
    lines: [...DR, `1 eth0 tcp ${C} S`, `1.1 eth0 tcp ${C} .`, `1.2 eth0 tcp ${C} F.`],
    says: ["FIN_WAIT lasts 120 s", "sees the client's packets only, not the real server's FIN"],
  },
  "an ICMPv6 error about no connection": {
    lines: [
      ...NAT6,
      "1 eth0 icmpv6 fd00:1::99 > fd00:1::100 too-big 1280 about tcp [fd00:1::100]:80 > [fd00:1::9]:40000 . len 1400",
    ],
    config: IPV6,
    says: ["quotes a packet of no connection that is known here", "ECMP"],
  },
  "a ping of a virtual address in IPv6": {
    lines: [...NAT6, "1 eth0 icmpv6 fd00:1::9 > fd00:1::100 echo"],
    config: IPV6,
    says: ["replies to pings of fd00:1::100"],
  },
};
