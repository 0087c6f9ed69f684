/** Situations: which real server a new connection gets, and why none. */
import { C, mark, NAT, NAT2, type Situations } from "../situation.ts";

export const SCHEDULING_SITUATIONS: Situations = {
  "a service without real servers": {
    lines: ["ipvsadm -A -t 12.11.0.101:80 -s rr", `1 eth0 tcp ${C} S`],
    says: ["has no real servers", "ipvsadm -a"],
  },
  "the last real server was deleted": {
    lines: [
      ...NAT,
      "1 eth0 tcp 12.11.0.11:1 > 12.11.0.101:80 S",
      "ipvsadm -d -t 12.11.0.101:80 -r 172.16.1.2",
      `2 eth0 tcp ${C} S`,
    ],
    says: ["has no real servers", "172.16.1.2:80 was deleted from TCP 12.11.0.101:80 at 1.0 s (ipvsadm -d"],
  },
  "all real servers are quiesced": {
    lines: [...NAT, "ipvsadm -e -t 12.11.0.101:80 -r 172.16.1.2 -m -w 0", `1 eth0 tcp ${C} S`],
    says: [
      "No real server of TCP 12.11.0.101:80 may take a connection: 172.16.1.2:80, whose weight is 0",
      "from 1 to 0",
      "-w N",
    ],
  },
  "all real servers are full": {
    lines: [
      "ipvsadm -A -t 12.11.0.101:80 -s rr",
      "ipvsadm -a -t 12.11.0.101:80 -r 172.16.1.2 -m -x 1",
      "1 eth0 tcp 12.11.0.11:1 > 12.11.0.101:80 S",
      `2 eth0 tcp ${C} S`,
    ],
    says: ["172.16.1.2:80, which is overloaded (1 connection, -x 1)", "three quarters of -x"],
  },
  "one real server is full": {
    lines: [
      "ipvsadm -A -t 12.11.0.101:80 -s rr",
      "ipvsadm -a -t 12.11.0.101:80 -r 172.16.1.2 -m -x 1 -y 0",
      "ipvsadm -a -t 12.11.0.101:80 -r 172.16.1.3 -m",
      "1 eth0 tcp 12.11.0.11:1 > 12.11.0.101:80 S",
      "2 eth0 tcp 12.11.0.11:2 > 12.11.0.101:80 S",
      `3 eth0 tcp ${C} S`,
    ],
    says: ["passed over 172.16.1.2:80, which is overloaded", "higher -x"],
  },
  "a template of a full server": {
    lines: [
      "ipvsadm -A -t 12.11.0.101:80 -s rr -p 50",
      "ipvsadm -a -t 12.11.0.101:80 -r 172.16.1.2 -m -x 1",
      "ipvsadm -a -t 12.11.0.101:80 -r 172.16.1.3 -m -x 1",
      `1 eth0 tcp ${C} S`,
      "2 eth0 tcp 12.11.0.10:40001 > 12.11.0.101:80 S",
    ],
    says: ["-p 50", "template of 12.11.0.10 decides, not the scheduler", "although it is overloaded"],
  },
  "persistence, and nothing wrong": {
    lines: [
      "ipvsadm -A -t 12.11.0.101:80 -s rr -p 50",
      ...NAT2.slice(1),
      `1 eth0 tcp ${C} S`,
      "2 eth0 tcp 12.11.0.10:40001 > 12.11.0.101:80 S",
    ],
    says: ["template of 12.11.0.10 decides", "expires 50 s after the last new connection"],
    not: ["although"],
  },
  "the defence drops": {
    lines: ["sysctl net.ipv4.vs.drop_packet 3", "sysctl net.ipv4.vs.am_droprate 1", ...NAT, `1 eth0 tcp ${C} S`],
    says: ["drop_packet is 3", "am_droprate is 1"],
  },
  "FULLNAT without an address pool of the server's family": {
    lines: ["ipvsadm -A -t 12.11.0.101:80 -s rr", "ipvsadm -a -t 12.11.0.101:80 -r 172.16.1.2 -b", `1 eth0 tcp ${C} S`],
    says: ["no local address (-P)"],
  },
  "persistence of two services": {
    lines: [
      "ipvsadm -A -t 12.11.0.101:80 -s rr -p 50",
      ...NAT2.slice(1),
      "ipvsadm -A -t 12.11.0.101:443 -s rr -p 50",
      "ipvsadm -a -t 12.11.0.101:443 -r 172.16.1.2 -m",
      `1 eth0 tcp ${C} S`,
      "2 eth0 tcp 12.11.0.10:40001 > 12.11.0.101:443 S",
    ],
    says: [
      "12.11.0.10 is bound to 172.16.1.3:80 by a template of TCP 12.11.0.101:80",
      "each service alone",
      "firewall mark (-f)",
    ],
  },
  "persistence of a whole network": {
    lines: [
      "ipvsadm -A -t 12.11.0.101:80 -s rr -p 50 -M 255.255.255.0",
      ...NAT2.slice(1),
      `1 eth0 tcp ${C} S`,
      "2 eth0 tcp 12.11.0.11:40001 > 12.11.0.101:80 S",
    ],
    says: ["the template of the network 12.11.0.0/24 (-M) decides, not the scheduler", "with -M 255.255.255.255"],
  },
  "a new server gets all connections": {
    lines: [
      "ipvsadm -A -t 12.11.0.101:80 -s wlc",
      "ipvsadm -a -t 12.11.0.101:80 -r 172.16.1.2 -m",
      ...[1, 2, 3, 4].map((port) => `1 eth0 tcp 12.11.0.10:${port} > 12.11.0.101:80 S`),
      "ipvsadm -a -t 12.11.0.101:80 -r 172.16.1.3 -m",
      "2 eth0 tcp 12.11.0.10:5 > 12.11.0.101:80 S",
    ],
    says: ["172.16.1.3:80, added at 1.0 s, has 0 while another has 4", "the next connections", "-w 1"],
  },
  "persistence ran out": {
    lines: [
      "ipvsadm -A -t 12.11.0.101:80 -s rr -p 5",
      ...NAT2.slice(1),
      `1 eth0 tcp ${C} S`,
      "300 eth0 tcp 12.11.0.10:40001 > 12.11.0.101:80 S",
    ],
    says: [
      "A template bound 12.11.0.10 to 172.16.1.3:80; it expired at",
      "-p 5 counts from the client's last new connection",
      "-p",
    ],
  },
  "FULLNAT hides the client": {
    lines: [
      "ipvsadm -A -t 12.11.0.101:80 -s rr",
      "ipvsadm -a -t 12.11.0.101:80 -r 172.16.1.2 -b",
      "ipvsadm -P -t 12.11.0.101:80 -z 172.16.1.1",
      `1 eth0 tcp ${C} S`,
    ],
    says: ["172.16.1.2:80 sees 172.16.1.1:5000 as its client, not 12.11.0.10:40000", "--toa"],
  },
  "a mark wins over a port": {
    lines: [...NAT, "ipvsadm -A -f 7 -s rr", "ipvsadm -a -f 7 -r 172.16.1.3 -m", `1 eth0 tcp ${C} S`],
    config: { marks: [mark("12.11.0.101", 6, 80, 7)] },
    says: ["FWM 7 takes the packet, although TCP 12.11.0.101:80 matches it, too"],
  },
  "a template of a server that was quiesced": {
    lines: [
      "sysctl net.ipv4.vs.expire_quiescent_template 1",
      "ipvsadm -A -t 12.11.0.101:80 -s rr -p 50",
      ...NAT2.slice(1),
      `1 eth0 tcp ${C} S`,
      "ipvsadm -e -t 12.11.0.101:80 -r 172.16.1.3 -m -w 0",
      "2 eth0 tcp 12.11.0.10:40001 > 12.11.0.101:80 S",
    ],
    says: [
      "bound 12.11.0.10 to 172.16.1.3:80, and binds it no more",
      "has weight 0, and net.ipv4.vs.expire_quiescent_template is 1",
    ],
  },
  "a template of a server that was deleted": {
    lines: [
      "ipvsadm -A -t 12.11.0.101:80 -s rr -p 50",
      ...NAT2.slice(1),
      `1 eth0 tcp ${C} S`,
      "ipvsadm -d -t 12.11.0.101:80 -r 172.16.1.3",
      "2 eth0 tcp 12.11.0.10:40001 > 12.11.0.101:80 S",
    ],
    says: ["binds it no more: that real server was deleted"],
    not: ["expire_quiescent_template"],
  },
  "more connections than there may be": {
    lines: [...NAT, "1 eth0 tcp 12.11.0.11:1 > 12.11.0.101:80 S", `2 eth0 tcp ${C} S`],
    config: { connections: { max: 1 } },
    says: ["The connection table has 1 entries", "connections.max"],
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
};
