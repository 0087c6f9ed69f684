/** Situations: why no service takes a packet. */
import { C, FTP, IPV6, mark, NAT, type Situations } from "../situation.ts";

export const UNSERVED_SITUATIONS: Situations = {
  "no service has this port": {
    lines: [...NAT, "1 eth0 tcp 12.11.0.10:40000 > 12.11.0.101:443 S"],
    says: ["TCP 12.11.0.101:80 at this address, but for another port"],
  },
  "no service has this protocol": {
    lines: [...NAT, "1 eth0 udp 12.11.0.10:40000 > 12.11.0.101:80"],
    says: ["TCP 12.11.0.101:80 at this address, but for another protocol"],
  },
  "a service by mark without a rule": {
    lines: ["ipvsadm -A -f 7 -s rr", "ipvsadm -a -f 7 -r 172.16.1.2 -m", `1 eth0 tcp ${C} S`],
    says: ["no firewall mark", "there are no rules that mark packets", "FWM 7", "--set-mark"],
  },
  "a rule without a service by mark": {
    lines: ["ipvsadm -A -f 7 -s rr", "ipvsadm -a -f 7 -r 172.16.1.2 -m", `1 eth0 tcp ${C} S`],
    config: { marks: [mark("12.11.0.101", 6, 80, 8)] },
    says: ["gives the packet the firewall mark 8", "no service of this mark", "-f 8"],
  },
  "GRE beside a service of PPTP": {
    lines: [
      "ipvsadm -A -t 12.11.0.101:1723 -s rr",
      "ipvsadm -a -t 12.11.0.101:1723 -r 172.16.1.2 -m",
      "1 eth0 gre 12.11.0.10 > 12.11.0.101 carrying udp 10.0.0.1:1 > 10.0.0.2:2",
    ],
    says: ["address of TCP 12.11.0.101:1723", "this is GRE"],
  },
  "the service is at another address": {
    lines: [...NAT, "1 eth0 tcp 12.11.0.10:40000 > 12.11.0.1:80 S"],
    says: [
      "There is no service at this address; TCP 12.11.0.101:80 is at another one",
      "Add a service for this address",
    ],
  },
  "a mark of the other family": {
    lines: [
      "ipvsadm -A -f 7 -s rr",
      "ipvsadm -a -f 7 -r 172.16.1.2 -m",
      "1 eth0 tcp [fd00:1::9]:40000 > [fd00:1::100]:80 S",
    ],
    config: { ...IPV6, marks: [mark("fd00:1::100", 6, 80, 7)] },
    says: ["the service of this mark is for IPv4 only, and the packet is IPv6", "-f 7 -6"],
    not: ["IPVS has no service"],
  },
  "an address without any service": {
    lines: [...NAT, "1 eth0 tcp 12.11.0.10:40000 > 12.11.0.1:443 S"],
    says: ["IPVS has no service TCP 12.11.0.1:443", "the director's own programs"],
  },
  "a service of all ports, and SSH": {
    lines: [
      "ipvsadm -A -t 12.11.0.101:0 -s rr -p 300",
      "ipvsadm -a -t 12.11.0.101:0 -r 172.16.1.2 -m",
      "1 eth0 tcp 12.11.0.10:40000 > 12.11.0.101:22 S",
    ],
    says: ["TCP 12.11.0.101:0 takes every port of its address, also 22: SSH of the director itself"],
  },
  "a wrong port where FTP is served": {
    lines: [...FTP("-m").slice(0, 2), "1 eth0 tcp 12.11.0.10:40000 > 12.11.0.101:8080 S"],
    says: ["TCP 12.11.0.101:21 at this address, but for another port"],
    not: ["data connection"],
  },
  "a frame to a group's MAC address": {
    lines: [...NAT, `1 eth0 tcp ${C} S to 01:00:5e:00:00:01`],
    says: ["The frame is for 01:00:5e:00:00:01", "TCP 12.11.0.101:80 does not get it", "NLB"],
  },
  "ESP without a key exchange": {
    lines: [
      "ipvsadm -A -u 12.11.0.101:500 -s rr",
      "ipvsadm -a -u 12.11.0.101:500 -r 172.16.1.2 -m",
      "1 eth0 esp 12.11.0.10 > 12.11.0.101",
    ],
    says: ["ESP follows the key exchange (IKE, UDP 500)", "there is no such connection"],
  },
};
