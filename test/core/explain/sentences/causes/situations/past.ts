/** Situations: connections that are gone, and changes by commands. */
import { C, CLIENT_ENDED, NAT, NAT2, type Situations, UDP } from "../situation.ts";

export const PAST_SITUATIONS: Situations = {
  "a UDP entry expired": {
    lines: [...UDP, "1 eth0 udp 12.11.0.10:5000 > 12.11.0.101:53", "400 eth1 udp 172.16.1.3:53 > 12.11.0.10:5000"],
    says: ["There was a connection", "in UDP, after 300 s without a packet", "No connection translates"],
  },
  "the service was deleted": {
    lines: [...NAT, "1 eth0 tcp 12.11.0.11:1 > 12.11.0.101:80 S", "ipvsadm -D -t 12.11.0.101:80", `2 eth0 tcp ${C} S`],
    says: ["TCP 12.11.0.101:80 was deleted at 1.0 s (ipvsadm -D -t 12.11.0.101:80)"],
  },
  "the table was flushed": {
    lines: [
      ...NAT,
      "1 eth0 tcp 12.11.0.11:1 > 12.11.0.101:80 S",
      "ipvsadm -A -t 12.11.0.101:90 -s rr",
      "ipvsadm -C",
      `2 eth0 tcp ${C} S`,
    ],
    says: ["TCP 12.11.0.101:80 was deleted at 1.0 s (ipvsadm -C)"],
    not: ["may take a connection"],
  },
  "a connection that the table gave up because its server was deleted": {
    lines: [
      "sysctl net.ipv4.vs.expire_nodest_conn 1",
      ...NAT2,
      `1 eth0 tcp ${C} S`,
      "ipvsadm -d -t 12.11.0.101:80 -r 172.16.1.3",
      `5 eth0 tcp ${C} .`,
    ],
    says: [
      "There was a connection",
      "removed before its time",
      "172.16.1.3:80 was deleted from TCP 12.11.0.101:80 at 1.0 s",
    ],
  },
  "datagrams go elsewhere since their server was deleted": {
    lines: [
      "sysctl net.ipv4.vs.expire_nodest_conn 1",
      ...UDP,
      "1 eth0 udp 12.11.0.10:5353 > 12.11.0.101:53",
      "ipvsadm -d -u 12.11.0.101:53 -r 172.16.1.3:53",
      "9 eth0 udp 12.11.0.10:5353 > 12.11.0.101:53",
    ],
    says: [
      "removed before its time",
      "expire_nodest_conn is 1, and its real server was deleted",
      "172.16.1.3:53 was deleted from",
    ],
  },
  "a server's late SYN-ACK": {
    lines: [...NAT, `1 eth0 tcp ${C} S`, "80 eth1 tcp 172.16.1.2:80 > 12.11.0.10:40000 S."],
    says: ["in SYN_RECV, after 60 s", "changes the times of ESTABLISHED, FIN_WAIT and UDP only", "any more"],
  },
  "a server that goes on sending when the client has ended its side": {
    lines: [...CLIENT_ENDED, "200 eth1 tcp 172.16.1.2:80 > 12.11.0.10:40000 P. len 100"],
    says: ["in CLOSE_WAIT, after 60 s without a packet", "In CLOSE_WAIT no more than 60 s may pass"],
    not: ["second number"],
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
};
