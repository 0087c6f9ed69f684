/** Situations: which of its addresses and interfaces a packet met or missed. */
import { C, DR, mark, NAT, NAT6, type Situations } from "../situation.ts";

export const ADDRESSES_SITUATIONS: Situations = {
  "the virtual address is on no interface": {
    lines: [
      "ipvsadm -A -t 12.11.0.102:80 -s rr",
      "ipvsadm -a -t 12.11.0.102:80 -r 172.16.1.2 -m",
      "1 eth0 tcp 12.11.0.10:40000 > 12.11.0.102:80 S",
    ],
    says: ["no interface of the director has the address 12.11.0.102", "ip address add 12.11.0.102/32"],
  },
  "the director's own address as source": {
    lines: [...NAT, "1 eth1 tcp 12.11.0.101:80 > 12.11.0.10:40000 S."],
    says: ["12.11.0.101 is an address of the director itself", "accept_local is 0"],
  },
  "a real server answers ARP for the virtual address": {
    lines: [...DR, "1 eth0 arp 12.11.0.101 > 12.11.0.1 reply from 02:00:ac:10:01:02"],
    says: [
      "02:00:ac:10:01:02, the real server 172.16.1.2,",
      "claims 12.11.0.101 by ARP",
      "arp_ignore=1",
      "arp_announce=2",
    ],
  },
  "a client was told another MAC address": {
    lines: [...DR, `1 eth0 tcp ${C} S to 02:00:ac:10:01:02`],
    says: ["has 02:00:ac:10:01:02 for that address", "failover"],
  },
  "one arm with redirects": {
    lines: [
      "sysctl net.ipv4.conf.eth0.send_redirects 1",
      "ipvsadm -A -t 12.11.0.101:80 -s rr",
      "ipvsadm -a -t 12.11.0.101:80 -r 12.11.0.15 -m",
      `1 eth0 tcp ${C} S`,
      "1.1 eth0 tcp 12.11.0.15:80 > 12.11.0.10:40000 S.",
    ],
    says: ["net.ipv4.conf.eth0.send_redirects is 1", "12.11.0.15 gets an ICMP redirect", "past the director"],
  },
  "the director keeps quiet about its address": {
    lines: ["sysctl net.ipv4.conf.all.arp_ignore 8", ...DR, "1 eth0 arp 12.11.0.10 > 12.11.0.101 request"],
    says: ["does not answer ARP for it on eth0", "net.ipv4.conf.all.arp_ignore is 8", "only real servers"],
  },
  "a real server of direct routing replies through the director": {
    lines: [...DR, `1 eth0 tcp ${C} S`, "1.1 eth1 tcp 12.11.0.101:80 > 12.11.0.10:40000 S."],
    says: [
      "a real server of TCP 12.11.0.101:80 replies from the virtual address",
      "gateway must be the clients' router",
      "accept_local=1",
    ],
  },
  "a real server advertises the virtual address": {
    lines: [
      "ipvsadm -A -t [fd00:1::100]:80 -s rr",
      "ipvsadm -a -t [fd00:1::100]:80 -r [fd00:1::2]:80 -g",
      "1 eth0 icmpv6 fd00:1::100 > fd00:1::1 na fd00:1::100",
    ],
    config: { addresses: ["fd00:1::1/64", "fd00:1::100/128"] },
    says: ["claims fd00:1::100 by neighbor discovery", "on lo only, as /128"],
    not: ["arp_ignore"],
  },
  "a real server that replies to no ARP request": {
    lines: [
      "ipvsadm -A -t 12.11.0.101:80 -s rr",
      "ipvsadm -a -t 12.11.0.101:80 -r 172.16.1.99 -m",
      `1 eth0 tcp ${C} S`,
      `9 eth0 tcp ${C} S`,
    ],
    says: ["172.16.1.99 does not reply to ARP on eth1, nor did it before", "prefix is too short"],
  },
  "a real server that has not replied yet": {
    lines: [
      "ipvsadm -A -t 12.11.0.101:80 -s rr",
      "ipvsadm -a -t 12.11.0.101:80 -r 172.16.1.99 -m",
      `1 eth0 tcp ${C} S`,
    ],
    says: [],
    not: ["reply"],
  },
  "two directors are master": {
    lines: [...NAT, "1 eth0 arp 12.11.0.101 > 12.11.0.101 request"],
    says: ["claims 12.11.0.101 by ARP", "one virtual_router_id"],
  },
  "a backup that balances nothing": {
    lines: [
      ...NAT,
      "ipvsadm --start-daemon backup --mcast-interface eth1",
      "sysctl net.ipv4.vs.backup_only 1",
      `1 eth0 tcp ${C} S`,
    ],
    says: ["This director is a backup", "backup_only is 1"],
  },
  "somebody asks for a virtual address that is missing": {
    lines: [
      "ipvsadm -A -t 12.11.0.102:80 -s rr",
      "ipvsadm -a -t 12.11.0.102:80 -r 172.16.1.2 -m",
      "1 eth0 arp 12.11.0.10 > 12.11.0.102 request",
    ],
    says: ["no interface of the director has the address 12.11.0.102", "On a backup that is right"],
    not: ["IPVS never sees"],
  },
  "the same in IPv6": {
    lines: [...NAT6, "1 eth0 icmpv6 fd00:1::9 > ff02::1:ff00:100 ns fd00:1::100"],
    config: { addresses: ["fd00:1::1/64", "fd00:2::1/64"] },
    says: ["no interface of the director has the address fd00:1::100", "fd00:1::100/128"],
  },
  "another director says that it has the virtual address": {
    lines: [
      "ipvsadm -A -t 12.11.0.102:80 -s rr",
      "ipvsadm -a -t 12.11.0.102:80 -r 172.16.1.2 -m",
      "1 eth0 arp 12.11.0.102 > 12.11.0.102 request",
    ],
    says: [],
    not: ["no interface"],
  },
  "a service at a network's broadcast address": {
    lines: [
      "ipvsadm -A -u 12.11.0.255:514 -s rr",
      "ipvsadm -a -u 12.11.0.255:514 -r 172.16.1.2 -m",
      "1 eth0 udp 12.11.0.10:514 > 12.11.0.255:514",
    ],
    says: [],
    not: ["no interface", "never sees"],
  },
  "a SYN again, while nobody replies to ARP": {
    lines: [
      "ipvsadm -A -t 12.11.0.101:80 -s rr",
      "ipvsadm -a -t 12.11.0.101:80 -r 172.16.1.99 -m",
      `1 eth0 tcp ${C} S`,
      `2 eth0 tcp ${C} S`,
    ],
    says: ["172.16.1.99"],
    not: ["repeats its SYN", "default gateway"],
  },
  "a NAT server that has the virtual address": {
    lines: [...NAT, `1 eth0 tcp ${C} S`, "1.1 eth1 tcp 12.11.0.101:80 > 12.11.0.10:40000 S. from 02:00:ac:10:01:02"],
    says: ["the real server 172.16.1.2 sends from it", "ip address del 12.11.0.101/32"],
    not: ["accept_local=1"],
  },
  "a service by mark, and an address that no interface has": {
    lines: [
      "ipvsadm -A -f 7 -s rr",
      "ipvsadm -a -f 7 -r 172.16.1.2 -g",
      "1 eth0 tcp 12.11.0.10:40000 > 172.16.1.200:80 S",
    ],
    config: { marks: [mark("172.16.1.200", 6, 80, 7)] },
    says: ["has the mark of FWM 7", "no interface has 172.16.1.200", "ip rule add fwmark 7 lookup 100"],
  },
  "a sync message, and no backup": {
    lines: [...NAT, "1 eth1 udp 172.16.1.9:45000 > 224.0.0.81:8848 len 60"],
    says: ["by eth1, and no backup runs", "--mcast-interface eth1"],
  },
  "a sync message by another interface": {
    lines: [
      ...NAT,
      "ipvsadm --start-daemon backup --mcast-interface eth0",
      "1 eth1 udp 172.16.1.9:45000 > 224.0.0.81:8848 len 60",
    ],
    says: ["the backup on this director listens at eth0", "--mcast-interface eth1"],
  },
};
