/** Situations: where packets may not go, and ways that there are not. */
import { C, NAT, type Situations } from "../situation.ts";

export const WAYS_SITUATIONS: Situations = {
  "forwarding is off": {
    lines: [
      "sysctl net.ipv4.ip_forward 0",
      ...NAT,
      `1 eth0 tcp ${C} S`,
      "2 eth1 tcp 172.16.1.2:80 > 12.11.0.10:40000 S.",
    ],
    says: ["net.ipv4.ip_forward is 0", "Replies of NAT real servers", "net.ipv4.ip_forward=1"],
  },
  "rp_filter of all interfaces": {
    lines: ["sysctl net.ipv4.conf.all.rp_filter 1", ...NAT, "1 eth1 tcp 12.11.0.10:40000 > 12.11.0.101:80 S"],
    says: ["came in by eth1", "leaves by eth0", "net.ipv4.conf.all.rp_filter is 1", "net.ipv4.conf.all.rp_filter=2"],
  },
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
};
