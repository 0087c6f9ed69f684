/** Situations that people report, as stories (test/support/story.ts), and the words that the causes of the last packet must have, or must not. */
import type { MarkConfig } from "../../../../src/core/host/config/config.ts";
import { parseAddress } from "../../../../src/core/wire/address.ts";
import type { StoryConfig } from "../../../support/story.ts";

export interface Situation {
  readonly lines: readonly string[];
  readonly config?: StoryConfig;
  readonly says: readonly string[];
  readonly not?: readonly string[];
}

export const mark = (text: string, protocol: 6 | 17, port: number, value: number): MarkConfig => {
  const address = parseAddress(text) ?? fail();
  const prefix = text.includes(":") ? 128 : 32;
  return { protocol, destination: { address, prefix }, portFirst: port, portLast: port, mark: value };
};

export function fail(): never {
  throw new Error("no address");
}

export const NAT = ["ipvsadm -A -t 12.11.0.101:80 -s rr", "ipvsadm -a -t 12.11.0.101:80 -r 172.16.1.2 -m"];
export const NAT2 = [...NAT, "ipvsadm -a -t 12.11.0.101:80 -r 172.16.1.3 -m"];
export const UDP = [
  "ipvsadm -A -u 12.11.0.101:53 -s rr",
  "ipvsadm -a -u 12.11.0.101:53 -r 172.16.1.2 -m",
  "ipvsadm -a -u 12.11.0.101:53 -r 172.16.1.3 -m",
];
export const DR = ["ipvsadm -A -t 12.11.0.101:80 -s rr", "ipvsadm -a -t 12.11.0.101:80 -r 172.16.1.2 -g"];
export const TUN = ["ipvsadm -A -t 12.11.0.101:80 -s rr", "ipvsadm -a -t 12.11.0.101:80 -r 172.16.1.2 -i"];
export const C = "12.11.0.10:40000 > 12.11.0.101:80";

const FTP = (method: string): string[] => [
  "ipvsadm -A -t 12.11.0.101:21 -s rr",
  `ipvsadm -a -t 12.11.0.101:21 -r 172.16.1.2 ${method}`,
  "1 eth0 tcp 12.11.0.10:40000 > 12.11.0.101:21 S",
];
const IPV6 = { addresses: ["fd00:1::1/64", "fd00:1::100/128", "fd00:2::1/64"] };
const NAT6 = ["ipvsadm -A -t [fd00:1::100]:80 -s rr", "ipvsadm -a -t [fd00:1::100]:80 -r [fd00:2::2]:80 -m"];
const QUIC = [
  "ipvsadm -A -u 12.11.0.101:443 -s rr",
  "ipvsadm -a -u 12.11.0.101:443 -r 172.16.1.2 -m",
  "ipvsadm -a -u 12.11.0.101:443 -r 172.16.1.3 -m",
];

export const REPORTED: Readonly<Record<string, Situation>> = {
  "a real server in a network without a route": {
    lines: [
      "ipvsadm -A -t 12.11.0.101:80 -s rr",
      "ipvsadm -a -t 12.11.0.101:80 -r 192.168.77.2 -m",
      `1 eth0 tcp ${C} S`,
    ],
    says: ["no route to the real server 192.168.77.2:80", "ip route add 192.168.77.2 via"],
  },
  "a director without a default route": {
    lines: [
      ...NAT,
      "1 eth0 tcp 198.51.100.7:40000 > 12.11.0.101:80 S",
      "1.1 eth1 tcp 172.16.1.2:80 > 198.51.100.7:40000 S.",
    ],
    says: ["no route to 198.51.100.7, so what 172.16.1.2:80 sends there ends here", "default via"],
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
  "a health check's reply": {
    lines: [...NAT, "1 eth1 tcp 172.16.1.2:80 > 172.16.1.1:45000 S."],
    says: [],
    not: ["IPVS has no service", "translates"],
  },
  "a service of all ports, and SSH": {
    lines: [
      "ipvsadm -A -t 12.11.0.101:0 -s rr -p 300",
      "ipvsadm -a -t 12.11.0.101:0 -r 172.16.1.2 -m",
      "1 eth0 tcp 12.11.0.10:40000 > 12.11.0.101:22 S",
    ],
    says: ["TCP 12.11.0.101:0 takes every port of its address, also 22: SSH of the director itself"],
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
  "a wrong port where FTP is served": {
    lines: [...FTP("-m").slice(0, 2), "1 eth0 tcp 12.11.0.10:40000 > 12.11.0.101:8080 S"],
    says: ["TCP 12.11.0.101:21 at this address, but for another port"],
    not: ["data connection"],
  },
  "FTP over TLS, with the helper": {
    lines: [...FTP("-m"), "2 eth0 tcp 12.11.0.10:40001 > 12.11.0.101:50069 S"],
    config: { modules: [{ name: "ip_vs_ftp" }] },
    says: ["has read no endpoint", "FTP over TLS hides it", "passive ports (-f, -p)"],
    not: ["Load the helper", "but for another port"],
  },
  "passive FTP by direct routing": {
    lines: [...FTP("-g"), "2 eth0 tcp 12.11.0.10:40001 > 12.11.0.101:50069 S"],
    says: ["172.16.1.2:21 by direct routing", "works by NAT only", "passive ports (-f, -p)"],
    not: ["Load the helper"],
  },
  "an FTP server that announces the virtual address": {
    lines: [
      ...FTP("-m"),
      "1.1 eth1 tcp 172.16.1.2:21 > 12.11.0.10:40000 S. seq 5000 ack 1001",
      "1.2 eth0 tcp 12.11.0.10:40000 > 12.11.0.101:21 . seq 1001 ack 5001",
      '1.3 eth0 tcp 12.11.0.10:40000 > 12.11.0.101:21 P. seq 1001 ack 5001 data "PASV\\r\\n"',
      '1.4 eth1 tcp 172.16.1.2:21 > 12.11.0.10:40000 P. seq 5001 ack 1007 data "227 Entering Passive Mode (12,11,0,101,195,149).\\r\\n"',
      "2 eth0 tcp 12.11.0.10:40001 > 12.11.0.101:50069 S",
    ],
    config: { modules: [{ name: "ip_vs_ftp" }] },
    says: ["told the client to connect to 12.11.0.101:50069", "to the director itself", "pasv_address"],
  },
  "the last service is deleted, and a real server replies": {
    lines: [
      ...NAT,
      `1 eth0 tcp ${C} S`,
      "1.1 eth1 tcp 172.16.1.2:80 > 12.11.0.10:40000 S.",
      `1.2 eth0 tcp ${C} .`,
      "ipvsadm -C",
      "2 eth1 tcp 172.16.1.2:80 > 12.11.0.10:40000 P. len 5",
    ],
    says: ["TCP 12.11.0.101:80 was deleted at 1.2 s (ipvsadm -C)"],
  },
  "a SYN again, though the server is heard": {
    lines: [
      ...NAT,
      "1 eth0 tcp 12.11.0.11:1 > 12.11.0.101:80 S",
      "1.1 eth1 tcp 172.16.1.2:80 > 12.11.0.11:1 S.",
      `2 eth0 tcp ${C} S`,
      `3 eth0 tcp ${C} S`,
    ],
    says: ["although packets of 172.16.1.2:80 do pass here", "accept queue"],
    not: ["default gateway"],
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
  "datagrams to a dead server": {
    lines: [...UDP, "1 eth0 udp 12.11.0.10:5353 > 12.11.0.101:53", "2 eth0 udp 12.11.0.10:5353 > 12.11.0.101:53"],
    says: ["No packet of 172.16.1.3:53 has passed here", "expire_nodest_conn=1"],
  },
  "datagrams to a server that replies": {
    lines: [
      ...UDP,
      "1 eth0 udp 12.11.0.10:5353 > 12.11.0.101:53",
      "1.1 eth1 udp 172.16.1.3:53 > 12.11.0.10:5353",
      "2 eth0 udp 12.11.0.10:5353 > 12.11.0.101:53",
    ],
    says: ["stay with 172.16.1.3:53"],
    not: ["dead"],
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
  "a NAT server that has the virtual address": {
    lines: [...NAT, `1 eth0 tcp ${C} S`, "1.1 eth1 tcp 12.11.0.101:80 > 12.11.0.10:40000 S. from 02:00:ac:10:01:02"],
    says: ["the real server 172.16.1.2 sends from it", "ip address del 12.11.0.101/32"],
    not: ["accept_local=1"],
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
  "a backup that has not heard of a connection": {
    lines: [...NAT, "ipvsadm --start-daemon backup --mcast-interface eth1", `1 eth0 tcp ${C} .`],
    says: ["hears of another's connections", "syncid", "sync_threshold"],
  },
  "a real server pings": {
    lines: [...NAT, "1 eth1 icmp 172.16.1.2 > 12.11.0.10 echo"],
    says: ["172.16.1.2 is a real server of TCP 12.11.0.101:80 by NAT", "MASQUERADE"],
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
  "QUIC from a port that has changed": {
    lines: [
      ...QUIC,
      "1 eth0 udp 12.11.0.10:5000 > 12.11.0.101:443 data 0xc000000001",
      "2 eth0 udp 12.11.0.10:5001 > 12.11.0.101:443 data 0x4a00000001",
    ],
    says: ["header of an established QUIC connection", "none from 12.11.0.10:5001", "172.16.1.2:443", "-p"],
  },
  "QUIC that begins": {
    lines: [...QUIC, "1 eth0 udp 12.11.0.10:5000 > 12.11.0.101:443 data 0xc000000001"],
    says: [],
    not: ["QUIC"],
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
  "a server that is quiesced in another service": {
    lines: [
      "ipvsadm -A -t 12.11.0.101:8080 -s rr",
      "ipvsadm -a -t 12.11.0.101:8080 -r 172.16.1.2:80 -m",
      ...NAT,
      `1 eth0 tcp ${C} S`,
      "ipvsadm -e -t 12.11.0.101:8080 -r 172.16.1.2:80 -m -w 0",
      `2 eth0 tcp ${C} .`,
    ],
    says: [],
    not: ["weight"],
  },
  "a server that is quiesced in this service, and not in another": {
    lines: [
      "ipvsadm -A -t 12.11.0.101:8080 -s rr",
      "ipvsadm -a -t 12.11.0.101:8080 -r 172.16.1.2:80 -m",
      ...NAT,
      `1 eth0 tcp ${C} S`,
      "ipvsadm -e -t 12.11.0.101:80 -r 172.16.1.2:80 -m -w 0",
      "ipvsadm -e -t 12.11.0.101:8080 -r 172.16.1.2:80 -m -w 7",
      `2 eth0 tcp ${C} .`,
    ],
    says: ["172.16.1.2:80 has weight 0", "of TCP 12.11.0.101:80 was edited: its weight went from 1 to 0"],
    not: ["8080"],
  },
  "a server of a service by mark that is quiesced": {
    lines: [
      "ipvsadm -A -f 7 -s rr",
      "ipvsadm -a -f 7 -r 172.16.1.2 -m",
      `1 eth0 tcp ${C} S`,
      "ipvsadm -e -f 7 -r 172.16.1.2 -m -w 0",
      `2 eth0 tcp ${C} .`,
    ],
    config: { marks: [mark("12.11.0.101", 6, 80, 7)] },
    says: ["172.16.1.2:80 has weight 0", "its weight went from 1 to 0"],
  },
  "a service without a scheduler": {
    lines: [
      "ipvsadm -A -t 12.11.0.101:80 -s none",
      "ipvsadm -a -t 12.11.0.101:80 -r 172.16.1.2 -m",
      `1 eth0 tcp ${C} S`,
    ],
    says: ["TCP 12.11.0.101:80 has no scheduler (none)", "-s wlc"],
  },
  "a keep-alive of SIP": {
    lines: [
      "ipvsadm -A -u 12.11.0.101:5060 -s rr -p 60 --pe sip",
      "ipvsadm -a -u 12.11.0.101:5060 -r 172.16.1.2 -m",
      '1 eth0 udp 12.11.0.10:5060 > 12.11.0.101:5060 data "\\r\\n\\r\\n"',
    ],
    config: { modules: [{ name: "ip_vs_pe_sip" }] },
    says: ["--pe sip", "no Call-ID", "without --pe"],
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
  "a service by mark, and an address that no interface has": {
    lines: [
      "ipvsadm -A -f 7 -s rr",
      "ipvsadm -a -f 7 -r 172.16.1.2 -g",
      "1 eth0 tcp 12.11.0.10:40000 > 172.16.1.200:80 S",
    ],
    config: { marks: [mark("172.16.1.200", 6, 80, 7)] },
    says: ["has the mark of FWM 7", "no interface has 172.16.1.200", "ip rule add fwmark 7 lookup 100"],
  },
  "a server of a service by mark that was deleted": {
    lines: [
      "ipvsadm -A -f 7 -s rr",
      "ipvsadm -a -f 7 -r 172.16.1.2 -m",
      `1 eth0 tcp ${C} S`,
      "ipvsadm -d -f 7 -r 172.16.1.2",
      `2 eth0 tcp ${C} .`,
    ],
    config: { marks: [mark("12.11.0.101", 6, 80, 7)] },
    says: ["172.16.1.2:80 was deleted, and", "172.16.1.2:0 was deleted from FWM 7 at 1.0 s"],
  },
  "a late reply of a server that another service still has": {
    lines: [
      "sysctl net.ipv4.vs.expire_nodest_conn 1",
      "ipvsadm -A -t 12.11.0.101:8080 -s rr",
      "ipvsadm -a -t 12.11.0.101:8080 -r 172.16.1.2:80 -m",
      ...NAT,
      `1 eth0 tcp ${C} S`,
      "ipvsadm -d -t 12.11.0.101:80 -r 172.16.1.2",
      "5 eth1 tcp 172.16.1.2:80 > 12.11.0.10:40000 P. len 5",
    ],
    says: ["removed before its time", "No connection translates"],
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
