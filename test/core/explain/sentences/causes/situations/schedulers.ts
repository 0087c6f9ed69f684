/** Situations: what is peculiar to one scheduler. */
import { C, NAT, NAT2, type Situations } from "../situation.ts";

export const SCHEDULERS_SITUATIONS: Situations = {
  "sh without its fallback": {
    lines: [
      "ipvsadm -A -t 12.11.0.101:80 -s sh",
      "ipvsadm -a -t 12.11.0.101:80 -r 172.16.1.2 -m",
      "ipvsadm -a -t 12.11.0.101:80 -r 172.16.1.3 -m -w 0",
      "1 eth0 tcp 12.11.0.12:40000 > 12.11.0.101:80 S",
    ],
    says: [
      "slot in the table of sh belongs to 172.16.1.3:80, whose weight is 0",
      "sh-fallback is off",
      "-b sh-fallback",
    ],
  },
  "a hash sends an address to the same server always": {
    lines: ["ipvsadm -A -t 12.11.0.101:80 -s sh", "ipvsadm -a -t 12.11.0.101:80 -r 172.16.1.2 -m", `1 eth0 tcp ${C} S`],
    says: ["hash of the source address", "same real server", "-b sh-port"],
  },
  "rr and weights": {
    lines: [...NAT, "ipvsadm -a -t 12.11.0.101:80 -r 172.16.1.3 -m -w 100", `1 eth0 tcp ${C} S`],
    says: ["rr asks only whether a weight is 0", "172.16.1.3:80 (weight 100)", "wrr"],
  },
  "lblc where all clients call one address": {
    lines: ["ipvsadm -A -t 12.11.0.101:80 -s lblc", ...NAT2.slice(1), `1 eth0 tcp ${C} S`],
    says: ["lblc picks by the destination address", "all clients of this service call 12.11.0.101", "-s wlc"],
  },
  "a hash table that was dealt anew": {
    lines: [
      "ipvsadm -A -t 12.11.0.101:80 -s sh",
      "ipvsadm -a -t 12.11.0.101:80 -r 172.16.1.2 -m",
      "1 eth0 tcp 12.11.0.10:40000 > 12.11.0.101:80 S",
      "5 eth1 arp 172.16.1.2 > 172.16.1.1 request",
      "ipvsadm -a -t 12.11.0.101:80 -r 172.16.1.3 -m",
      "6 eth0 tcp 12.11.0.10:40001 > 12.11.0.101:80 S",
    ],
    says: [
      "12.11.0.10 has a connection to 172.16.1.2:80, and this one goes to 172.16.1.3:80",
      "172.16.1.3:80 was added to TCP 12.11.0.101:80 with weight 1 at 5.0 s",
      "-s mh",
    ],
    not: ["always meets the same"],
  },
  "fo sends all to one": {
    lines: [
      "ipvsadm -A -t 12.11.0.101:80 -s fo",
      "ipvsadm -a -t 12.11.0.101:80 -r 172.16.1.2 -m -w 10",
      "ipvsadm -a -t 12.11.0.101:80 -r 172.16.1.3 -m -w 5",
      `1 eth0 tcp ${C} S`,
    ],
    says: ["the usable real server of the highest weight, 172.16.1.2:80 (weight 10)", "stand by"],
  },
  "ovf fills one after the other": {
    lines: [
      "ipvsadm -A -t 12.11.0.101:80 -s ovf",
      "ipvsadm -a -t 12.11.0.101:80 -r 172.16.1.2 -m -w 10",
      "ipvsadm -a -t 12.11.0.101:80 -r 172.16.1.3 -m -w 5",
      `1 eth0 tcp ${C} S`,
    ],
    says: ["172.16.1.2:80 (weight 10)", "more active ones than its weight"],
  },
};
