/** Situations: what comes back from real servers, and from routers on the way. */
import { C, NAT, type Situations, TUN, UDP } from "../situation.ts";

export const REPLIES_SITUATIONS: Situations = {
  "a real server replies from another of its addresses": {
    lines: [...NAT, `1 eth0 tcp ${C} S`, "1.1 eth1 tcp 172.16.1.9:80 > 12.11.0.10:40000 S."],
    says: ["is to 172.16.1.2:80, and this packet comes from 172.16.1.9:80, another address", "bind the program to it"],
  },
  "TFTP replies from another port": {
    lines: [
      "ipvsadm -A -u 12.11.0.101:69 -s rr",
      "ipvsadm -a -u 12.11.0.101:69 -r 172.16.1.2 -m",
      "1 eth0 udp 12.11.0.10:3000 > 12.11.0.101:69 len 20",
      "1.1 eth1 udp 172.16.1.2:49200 > 12.11.0.10:3000 len 516",
    ],
    says: ["comes from 172.16.1.2:49200, another port", "By direct routing"],
    not: ["opens a connection of its own"],
  },
  "a real server says that no program listens": {
    lines: [
      ...UDP,
      "1 eth0 udp 12.11.0.10:5353 > 12.11.0.101:53",
      "1.1 eth1 icmp 172.16.1.3 > 12.11.0.10 port-unreachable about udp 12.11.0.10:5353 > 172.16.1.3:53",
    ],
    says: ["172.16.1.3:53 refuses the packet with ICMP port unreachable", "no program listens on that UDP port"],
  },
  "a router says that the real server is not reached": {
    lines: [
      ...UDP,
      "1 eth0 udp 12.11.0.10:5353 > 12.11.0.101:53",
      "1.1 eth1 icmp 172.16.1.9 > 12.11.0.10 host-unreachable about udp 12.11.0.10:5353 > 172.16.1.3:53",
    ],
    says: ["172.16.1.9, on the way to 172.16.1.3:53", "host unreachable"],
    not: ["listens"],
  },
  "a real server that knows no tunnel says so": {
    lines: [
      ...TUN,
      `1 eth0 tcp ${C} S`,
      `1.1 eth1 icmp 172.16.1.2 > 172.16.1.1 protocol-unreachable about ipip 172.16.1.1 > 172.16.1.2 carrying tcp ${C} S`,
    ],
    says: ["172.16.1.2 sends ICMP protocol unreachable about the tunnel", "ip link set tunl0 up"],
  },
  "a router that a tunnel is too wide for": {
    lines: [
      ...TUN,
      `1 eth0 tcp ${C} S`,
      `1.1 eth0 tcp ${C} . len 1400 df`,
      `1.2 eth1 icmp 172.16.1.9 > 172.16.1.1 frag-needed 1300 about ipip 172.16.1.1 > 172.16.1.2 carrying tcp ${C} . len 1400 df`,
    ],
    says: ["172.16.1.9, on the way to 172.16.1.2:80", "1300 bytes may pass there", "A smaller MSS"],
  },
  "a loop on the way to the real server": {
    lines: [
      ...NAT,
      `1 eth0 tcp ${C} S`,
      "1.1 eth1 icmp 172.16.1.9 > 12.11.0.10 ttl-exceeded about tcp 12.11.0.10:40000 > 172.16.1.2:80 S",
    ],
    says: ["172.16.1.9, on the way to 172.16.1.2:80", "TTL exceeded"],
  },
  "a real server whose firewall rejects": {
    lines: [
      ...NAT,
      `1 eth0 tcp ${C} S`,
      `1.1 eth1 icmp 172.16.1.2 > 12.11.0.10 host-unreachable about tcp 12.11.0.10:40000 > 172.16.1.2:80 S`,
    ],
    says: ["172.16.1.2:80 refuses the packet with ICMP host unreachable: a firewall", "INPUT"],
    not: ["no program listens"],
  },
};
