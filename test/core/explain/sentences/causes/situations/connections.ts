/** Situations: the connection that a packet belongs to, or does not. */
import { C, DR, mark, NAT, NAT2, type Situations, TUN, UDP } from "../situation.ts";

/** A service by mark. */
const MARKED = ["ipvsadm -A -f 7 -s rr", "ipvsadm -a -f 7 -r 172.16.1.2 -m"] as const;

export const CONNECTIONS_SITUATIONS: Situations = {
  "a quiesced server's connections go on": {
    lines: [...NAT, `1 eth0 tcp ${C} S`, "ipvsadm -e -t 12.11.0.101:80 -r 172.16.1.2 -m -w 0", `2 eth0 tcp ${C} .`],
    says: [
      "172.16.1.2:80 has weight 0: it takes no new connections, but those that it has go on",
      "at 1.0 s (ipvsadm -e",
    ],
  },
  "a SYN on a connection of a quiesced server": {
    lines: [
      ...NAT,
      `1 eth0 tcp ${C} S`,
      `1.1 eth1 tcp 172.16.1.2:80 > 12.11.0.10:40000 S.`,
      `1.2 eth0 tcp ${C} .`,
      "ipvsadm -e -t 12.11.0.101:80 -r 172.16.1.2 -m -w 0",
      `2 eth0 tcp ${C} S`,
    ],
    says: ["still ESTABLISHED", "SYN on one of them does too", "expire_nodest_conn is 0"],
  },
  "a client reuses a port of a DR connection in FIN_WAIT": {
    lines: [...DR, `1 eth0 tcp ${C} S`, `1.1 eth0 tcp ${C} .`, `1.2 eth0 tcp ${C} F.`, `2 eth0 tcp ${C} S`],
    says: ["FIN_WAIT", "conn_reuse_mode is 1", "conn_reuse_mode=2"],
  },
  "a deleted server's client gets a reset": {
    lines: [
      "sysctl net.ipv4.vs.expire_nodest_conn 1",
      ...NAT2,
      `1 eth0 tcp ${C} S`,
      "ipvsadm -d -t 12.11.0.101:80 -r 172.16.1.3",
      `1.001 eth0 tcp ${C} .`,
    ],
    says: ["172.16.1.3:80 was deleted, and net.ipv4.vs.expire_nodest_conn is 1", "the entry ends"],
  },
  "datagrams of a deleted server are dropped": {
    lines: [
      ...UDP,
      "1 eth0 udp 12.11.0.10:5000 > 12.11.0.101:53",
      "ipvsadm -d -u 12.11.0.101:53 -r 172.16.1.3",
      "2 eth0 udp 12.11.0.10:5000 > 12.11.0.101:53",
    ],
    says: ["172.16.1.3:53 was deleted", "dropped in silence"],
  },
  "datagrams stay with their server": {
    lines: [...UDP, "1 eth0 udp 12.11.0.10:5000 > 12.11.0.101:53", "2 eth0 udp 12.11.0.10:5000 > 12.11.0.101:53"],
    says: ["stay with 172.16.1.3:53 until 300 s pass without a datagram", "--set", "-o"],
  },
  "a connection began elsewhere": {
    lines: [...NAT, `1 eth0 tcp ${C} .`],
    says: ["no SYN was seen", "sloppy_tcp is 0", "sloppy_tcp=1"],
    not: ["There was a connection"],
  },
  "a NAT server never replies": {
    lines: [...NAT, `1 eth0 tcp ${C} S`, `2 eth0 tcp ${C} S`],
    says: ["repeats its SYN: no reply of 172.16.1.2:80 has passed here", "default gateway must be the director"],
  },
  "a DR server never replies": {
    lines: [...DR, `1 eth0 tcp ${C} S`, `2 eth0 tcp ${C} S`],
    says: ["repeats its SYN", "replies never pass here", "on lo, with arp_ignore=1"],
  },
  "a tunnel that nobody takes apart": {
    lines: [...TUN, `1 eth0 tcp ${C} S`, `2 eth0 tcp ${C} S`],
    says: ["repeats its SYN", "take the tunnel apart", "rp_filter=0"],
  },
  "a one-packet service by NAT": {
    lines: [
      "ipvsadm -A -u 12.11.0.101:53 -s rr -o",
      "ipvsadm -a -u 12.11.0.101:53 -r 172.16.1.2 -m",
      "1 eth0 udp 12.11.0.10:5000 > 12.11.0.101:53",
    ],
    says: ["one-packet service (-o)", "each datagram is scheduled alone"],
    not: ["There was a connection"],
  },
  "a stray packet is told so": {
    lines: ["sysctl net.ipv4.vs.nat_icmp_send 1", ...NAT, "1 eth1 tcp 172.16.1.2:80 > 12.11.0.10:40000 ."],
    says: ["nat_icmp_send is 1", "ICMP port unreachable"],
  },
  "a real server refuses": {
    lines: [...NAT, `1 eth0 tcp ${C} S`, "1.1 eth1 tcp 172.16.1.2:80 > 12.11.0.10:40000 R."],
    says: ["172.16.1.2:80 refuses the connection with a reset", "no program listens", "health check"],
  },
  "a client resets the handshake": {
    lines: [...NAT, `1 eth0 tcp ${C} S`, `1.1 eth0 tcp ${C} R`],
    says: [
      "12.11.0.10:40000 resets the connection before it is established",
      "real server's own address",
      "default gateway",
    ],
  },
  "datagrams of a deleted server, and the switch that follows it": {
    lines: [
      ...UDP,
      "1 eth0 udp 12.11.0.10:5353 > 12.11.0.101:53",
      "ipvsadm -d -u 12.11.0.101:53 -r 172.16.1.3:53",
      "2 eth0 udp 12.11.0.10:5353 > 12.11.0.101:53",
    ],
    says: ["expire_nodest_conn is 0", "client's next packet is scheduled to another real server"],
    not: ["reset"],
  },
  "an old connection is reused, and its server is gone": {
    lines: [
      "sysctl net.ipv4.vs.conn_reuse_mode 0",
      ...NAT2,
      `1 eth0 tcp ${C} S`,
      "1.1 eth1 tcp 172.16.1.3:80 > 12.11.0.10:40000 R.",
      "ipvsadm -d -t 12.11.0.101:80 -r 172.16.1.3",
      `2 eth0 tcp ${C} S`,
    ],
    says: ["the SYN is for its real server 172.16.1.3:80, which is there no more", "conn_reuse_mode=1"],
    not: ["The weight of"],
  },
  "a GUE tunnel that nobody takes apart": {
    lines: [
      "ipvsadm -A -t 12.11.0.101:80 -s rr",
      "ipvsadm -a -t 12.11.0.101:80 -r 172.16.1.2 -i --tun-type gue --tun-port 6080",
      `1 eth0 tcp ${C} S`,
      `2 eth0 tcp ${C} S`,
    ],
    says: ["ip fou add port 6080 gue", "rp_filter=0"],
  },
  "FULLNAT, and a real server that recycles": {
    lines: [
      "ipvsadm -A -t 12.11.0.101:80 -s rr",
      "ipvsadm -a -t 12.11.0.101:80 -r 172.16.1.2 -b",
      "ipvsadm -P -t 12.11.0.101:80 -z 172.16.1.1",
      `1 eth0 tcp ${C} S`,
      `2 eth0 tcp ${C} S`,
    ],
    says: ["no reply of 172.16.1.2:80", "route to the local address", "tcp_tw_recycle"],
  },
  "an association from before": {
    lines: [
      "ipvsadm -A --sctp-service 12.11.0.101:80 -s rr",
      "ipvsadm -a --sctp-service 12.11.0.101:80 -r 172.16.1.2 -m",
      `1 eth0 sctp ${C} data`,
    ],
    says: ["Only an INIT opens a connection", "sloppy_sctp is 0"],
  },
  "a client that begins anew while connection tracking has its old connection": {
    lines: [
      "ipvsadm -A -t 12.11.0.101:21 -s rr",
      "ipvsadm -a -t 12.11.0.101:21 -r 172.16.1.2 -m",
      "1 eth0 tcp 12.11.0.10:40000 > 12.11.0.101:21 S",
      "1.1 eth1 tcp 172.16.1.2:21 > 12.11.0.10:40000 S.",
      "1.2 eth0 tcp 12.11.0.10:40000 > 12.11.0.101:21 .",
      "sysctl net.ipv4.vs.expire_nodest_conn 1",
      "ipvsadm -e -t 12.11.0.101:21 -r 172.16.1.2 -m -w 0",
      "2 eth0 tcp 12.11.0.10:40000 > 12.11.0.101:21 S",
    ],
    config: { modules: [{ name: "ip_vs_ftp" }] },
    says: ["connection tracking still holds the old connection"],
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
  "a backup that has not heard of a connection": {
    lines: [...NAT, "ipvsadm --start-daemon backup --mcast-interface eth1", `1 eth0 tcp ${C} .`],
    says: ["hears of another's connections", "syncid", "sync_threshold"],
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
    lines: [...MARKED, `1 eth0 tcp ${C} S`, "ipvsadm -e -f 7 -r 172.16.1.2 -m -w 0", `2 eth0 tcp ${C} .`],
    config: { marks: [mark("12.11.0.101", 6, 80, 7)] },
    says: ["172.16.1.2:80 has weight 0", "its weight went from 1 to 0"],
  },
  "a server of a service by mark that was deleted": {
    lines: [...MARKED, `1 eth0 tcp ${C} S`, "ipvsadm -d -f 7 -r 172.16.1.2", `2 eth0 tcp ${C} .`],
    config: { marks: [mark("12.11.0.101", 6, 80, 7)] },
    says: ["172.16.1.2:80 was deleted, and", "172.16.1.2:0 was deleted from FWM 7 at 1.0 s"],
  },
};
