/** Situations: the way to a real server by its forwarding method. */
import { addressOf, C, DR, NAT, NAT2, type Situations, TUN } from "../situation.ts";

export const METHODS_SITUATIONS: Situations = {
  "client and real server in one network": {
    lines: ["ipvsadm -A -t 12.11.0.101:80 -s rr", "ipvsadm -a -t 12.11.0.101:80 -r 12.11.0.15 -m", `1 eth0 tcp ${C} S`],
    says: ["in the same network (eth0)", "reply to the client directly", "refuse"],
  },
  "a real server calls its own service": {
    lines: [...NAT2, "1 eth1 tcp 172.16.1.2:40000 > 12.11.0.101:80 S"],
    says: ["172.16.1.2 is itself a real server of TCP 12.11.0.101:80"],
  },
  "direct routing by a router": {
    lines: ["ipvsadm -A -t 12.11.0.101:80 -s rr", "ipvsadm -a -t 12.11.0.101:80 -r 10.5.0.2 -g", `1 eth0 tcp ${C} S`],
    config: {
      routes: [{ to: { address: addressOf("10.5.0.0"), prefix: 16 }, via: addressOf("172.16.1.9") }],
    },
    says: ["reached through the gateway 172.16.1.9", "sends the packet back to the director", "own link"],
  },
  "the director is a real server": {
    lines: ["ipvsadm -A -t 12.11.0.101:80 -s rr", "ipvsadm -a -t 12.11.0.101:80 -r 12.11.0.1 -g", `1 eth0 tcp ${C} S`],
    says: ["the director itself (local node)"],
    not: ["loop"],
  },
  "a packet comes back from the other director": {
    lines: [
      "ipvsadm -A -t 12.11.0.101:80 -s rr",
      "ipvsadm -a -t 12.11.0.101:80 -r 12.11.0.2 -g",
      `1 eth0 tcp ${C} S from 02:00:0c:0b:00:02`,
    ],
    says: ["comes from that host's MAC address", "loop", "backup_only=1"],
  },
  "a tunnel takes room": {
    lines: [...TUN, `1 eth0 tcp ${C} S`, `2 eth0 tcp ${C} . df len 1460`],
    says: ["The tunnel header takes room", "1480 bytes of the path", "pmtu_disc is 1", "MSS of 1440"],
  },
  "a route with a smaller MTU": {
    lines: [...NAT, `1 eth0 tcp ${C} S`, `2 eth0 tcp ${C} . df len 1460`],
    config: { mtu: 1400 },
    says: ["1500 bytes, the route lets 1400 pass", "ICMP"],
  },
  "a real server opens a connection itself": {
    lines: [...NAT, "1 eth1 tcp 172.16.1.2:33000 > 12.11.0.10:443 S"],
    says: ["172.16.1.2 is a real server of TCP 12.11.0.101:80 by NAT, and opens a connection of its own", "MASQUERADE"],
  },
  "direct routing with another port": {
    lines: [
      "ipvsadm -A -t 12.11.0.101:80 -s rr",
      "ipvsadm -a -t 12.11.0.101:80 -r 172.16.1.2:8080 -g",
      `1 eth0 tcp ${C} S`,
    ],
    says: ["added with port 8080", "direct routing does not translate ports", "-m"],
  },
  "a tunnel takes room in IPv6": {
    lines: [
      "ipvsadm -A -t [fd00:1::100]:80 -s rr",
      "ipvsadm -a -t [fd00:1::100]:80 -r [fd00:2::2]:80 -i",
      "1 eth0 tcp [fd00:1::9]:40000 > [fd00:1::100]:80 S",
      "1.1 eth0 tcp [fd00:1::9]:40000 > [fd00:1::100]:80 . len 1440",
    ],
    config: { addresses: ["fd00:1::1/64", "fd00:1::100/128", "fd00:2::1/64"] },
    says: ["1460 bytes of the path", "ICMPv6 packet too big", "MSS of 1400"],
    not: ["pmtu_disc"],
  },
  "segments that a network card merged": {
    lines: [...DR, `1 eth0 tcp ${C} S`, `1.1 eth0 tcp ${C} . len 2920 df`],
    says: ["2960 bytes", "eth0, by which it came, has an MTU of 1500", "ethtool -K eth0 lro off"],
    not: ["raise the MTU"],
  },
  "a packet on its last hop": {
    lines: [...NAT, `1 eth0 tcp ${C} S ttl 1`],
    says: ["with a TTL of 1", "takes one off", "traceroute"],
  },
  "a server whose method was changed": {
    lines: [...NAT, `1 eth0 tcp ${C} S`, "ipvsadm -e -t 12.11.0.101:80 -r 172.16.1.2 -g", `2 eth0 tcp ${C} .`],
    says: ["began by NAT, and keeps to it", "direct routing counts for new connections only"],
  },
  "a loopback address as real server": {
    lines: [
      "ipvsadm -A -t 12.11.0.101:80 -s rr",
      "ipvsadm -a -t 12.11.0.101:80 -r 127.0.0.1:8080 -m",
      `1 eth0 tcp ${C} S`,
    ],
    says: ["127.0.0.1:8080 is a loopback address", "one of the director's other addresses"],
  },
  "a reply is too long for the client's network": {
    lines: [
      ...NAT,
      `1 eth0 tcp ${C} S`,
      "1.1 eth1 tcp 172.16.1.2:80 > 12.11.0.10:40000 S.",
      "1.2 eth1 tcp 172.16.1.2:80 > 12.11.0.10:40000 . len 1460 df",
    ],
    config: { mtu: 1400 },
    says: ["The packet has 1500 bytes, the route lets 1400 pass"],
  },
  "a real server that is called by its own address": {
    lines: [
      ...NAT,
      "1 eth0 tcp 12.11.0.10:40000 > 172.16.1.2:80 S",
      "1.1 eth1 tcp 172.16.1.2:80 > 12.11.0.10:40000 S.",
    ],
    says: ["one that called the real server itself gets what it expects"],
    not: ["The client called"],
  },
  "a health check's reply": {
    lines: [...NAT, "1 eth1 tcp 172.16.1.2:80 > 172.16.1.1:45000 S."],
    says: [],
    not: ["IPVS has no service", "translates"],
  },
  "a service of all ports, and a real server's port": {
    lines: [
      "ipvsadm -A -t 12.11.0.101:0 -s rr -p 300",
      "ipvsadm -a -t 12.11.0.101:0 -r 172.16.1.2:8080 -m",
      "1 eth0 tcp 12.11.0.10:40000 > 12.11.0.101:443 S",
    ],
    says: ["port 8080, with which the real server was added", "the packet goes to 172.16.1.2:443"],
    not: ["Let the real server listen"],
  },
  "a real server pings": {
    lines: [...NAT, "1 eth1 icmp 172.16.1.2 > 12.11.0.10 echo"],
    says: ["172.16.1.2 is a real server of TCP 12.11.0.101:80 by NAT", "MASQUERADE"],
  },
  "one server behind two services, and one client port": {
    lines: [
      "ipvsadm -A -t 12.11.0.101:8080 -s rr",
      "ipvsadm -a -t 12.11.0.101:8080 -r 172.16.1.2:80 -m",
      ...NAT,
      `1 eth0 tcp ${C} S`,
      "2 eth0 tcp 12.11.0.10:40000 > 12.11.0.101:8080 S",
    ],
    says: [
      "12.11.0.10:40000 has a connection to 172.16.1.2:80 by TCP 12.11.0.101:80 already, and now another by TCP 12.11.0.101:8080",
      "cannot be told apart",
      "full NAT",
    ],
  },
  "one server behind two services, and two client ports": {
    lines: [
      "ipvsadm -A -t 12.11.0.101:8080 -s rr",
      "ipvsadm -a -t 12.11.0.101:8080 -r 172.16.1.2:80 -m",
      ...NAT,
      `1 eth0 tcp ${C} S`,
      "2 eth0 tcp 12.11.0.10:40001 > 12.11.0.101:8080 S",
    ],
    says: [],
    not: ["told apart"],
  },
  "a real server that calls its own service by full NAT": {
    lines: [
      "ipvsadm -A -t 12.11.0.101:80 -s rr",
      "ipvsadm -a -t 12.11.0.101:80 -r 172.16.1.2 -b",
      "ipvsadm -P -t 12.11.0.101:80 -z 172.16.1.1",
      "1 eth1 tcp 172.16.1.2:40000 > 12.11.0.101:80 S",
    ],
    says: [],
    not: ["is itself a real server"],
  },
};
