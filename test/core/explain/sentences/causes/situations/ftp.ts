/** Situations: FTP, whose control connection names the data connections. */
import { FTP, type Situations } from "../situation.ts";

export const FTP_SITUATIONS: Situations = {
  "a passive FTP data connection without the helper": {
    lines: [
      "ipvsadm -A -t 12.11.0.101:21 -s rr",
      "ipvsadm -a -t 12.11.0.101:21 -r 172.16.1.2 -m",
      "1 eth0 tcp 12.11.0.10:40000 > 12.11.0.101:21 S",
      "2 eth0 tcp 12.11.0.10:40001 > 12.11.0.101:50000 S",
    ],
    says: ["FTP data connection", "172.16.1.2:21 by NAT", "ip_vs_ftp"],
  },
  "FTP on another port without the helper": {
    lines: [
      "ipvsadm -A -t 12.11.0.101:2121 -s rr",
      "ipvsadm -a -t 12.11.0.101:2121 -r 172.16.1.2 -m",
      "1 eth0 tcp 12.11.0.10:40000 > 12.11.0.101:2121 S",
      "2 eth0 tcp 12.11.0.10:40001 > 12.11.0.101:30001 S",
    ],
    says: ["control connection (port 2121)", "ports=21,2121"],
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
};
