import { readFileSync } from "node:fs";
import { expect } from "chai";
import { parseTranscript } from "../../../../src/core/capture/transcript.ts";
import { sentence } from "../../../../src/core/explain/sentences/sentences.ts";
import { explainTranscript } from "../../../../src/core/replay/past.ts";
import type { WalkEvent } from "../../../../src/core/trace/events.ts";
import { parseAddress } from "../../../../src/core/wire/address.ts";
import { asksEveryFinder } from "../../../support/every-finder.ts";
import { story } from "../../../support/story.ts";
import { C, DR, fail, mark, NAT, NAT2, REPORTED, type Situation, TUN, UDP } from "./situations.ts";

const causesIn = (events: readonly WalkEvent[]): string =>
  events.flatMap((event) => (event.kind === "cause" ? [sentence(event)] : [])).join("\n");

const folder = "fixtures/reports";

/** The causes of one packet of a report, counted from 1 among those that arrive. */
function reported(name: string, number: number): string {
  const parsed = parseTranscript(readFileSync(`${folder}/${name}.jsonl`, "utf8"));
  if (parsed.kind !== "transcript") throw new Error(`${name}: ${parsed.errors[0]?.message}`);
  let causes = "";
  explainTranscript(parsed.transcript, { only: number }, (told) => {
    if (told.kind === "walk") causes = causesIn(told.explanation.events);
  });
  return causes;
}

/** What people reported, rebuilt: file, packet, and the words without which the explanation does not help. */
const REPORTS: readonly (readonly [string, number, ...string[]])[] = [
  ["fin0", 3, "FIN_WAIT", "120 s", "HZ=100", "5.12 s late", "--set"],
  ["q6", 3, "eth1", "rp_filter", "net.ipv4.conf.eth1.rp_filter is 1", "172.16.2.3"],
  ["q8a", 1, "each has the other as a real server", "loop", "backup_only=1", "standby"],
  ["q8b", 1, "each has the other as a real server", "loop", "backup_only=1", "standby"],
  [
    "r01m0",
    7,
    "old connection",
    "reused",
    "conn_reuse_mode is 0",
    "172.16.1.3:80 is 0",
    "conn_reuse_mode=1",
    "scheduled anew",
  ],
  ["r02", 4, "expired at 901", "in ESTABLISHED", "after 900 s without a packet", "--set", "keepalives"],
  ["r02", 5, "real server of TCP 12.11.0.101:80 by NAT", "No connection translates", "client", "refuse"],
  ["r04q0", 7, "template", "decides, not the scheduler", "weight is 0", "expire_quiescent_template=1"],
  ["r05o", 5, "one-packet", "-o", "does not outlive its packet", "nobody translates the reply"],
  ["r07n", 11, "slot", "mh", "172.16.1.3:80", "weight is 0", "mh-fallback", "usable"],
  ["r09", 1, "no local address (-P)", "did pick 172.16.1.2:80"],
  ["r09b", 3, "pool is used up", "2 ports", "1 local address", "towards 172.16.1.2:80"],
  ["r10s0", 1, "no INIT was seen", "sloppy_sctp=1"],
  ["r14b", 6, "control connection (port 21)", "172.16.1.3:21 by NAT", "FTP helper (ip_vs_ftp)", "no entry"],
  ["r14b", 8, "FTP data connection", "FTP helper"],
  [
    "r18d0",
    4,
    "172.16.1.3:80 was deleted",
    "expire_nodest_conn is 0",
    "dropped in silence",
    "expire_nodest_conn=1",
    "reset",
  ],
  ["r31", 1, "TCP checksum", "sum of the pseudo-header", "offload"],
  ["r44", 1, "no interface of the director has the address 2001:db8::1"],
];

describe("what people reported", () => {
  asksEveryFinder();

  for (const [name, number, ...words] of REPORTS) {
    it(`${name}, packet ${number}: ${words.slice(0, 3).join(", ")}`, () => {
      const causes = reported(name, number);
      for (const word of words) expect(causes).includes(word);
    });
  }
});

const SITUATIONS: Readonly<Record<string, Situation>> = {
  ...REPORTED,
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
  "sh without its fallback": {
    lines: [
      "ipvsadm -A -t 12.11.0.101:80 -s sh",
      "ipvsadm -a -t 12.11.0.101:80 -r 172.16.1.2 -m",
      "ipvsadm -a -t 12.11.0.101:80 -r 172.16.1.3 -m -w 0",
      "1 eth0 tcp 12.11.0.12:40000 > 12.11.0.101:80 S",
    ],
    says: [
      "slot in the table of sh belongs to 172.16.1.3:80, whose weight is 0",
      "sh-fallback is off",
      "-b sh-fallback",
    ],
  },
  "a hash sends an address to the same server always": {
    lines: ["ipvsadm -A -t 12.11.0.101:80 -s sh", "ipvsadm -a -t 12.11.0.101:80 -r 172.16.1.2 -m", `1 eth0 tcp ${C} S`],
    says: ["hash of the source address", "same real server", "-b sh-port"],
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
  "a UDP entry expired": {
    lines: [...UDP, "1 eth0 udp 12.11.0.10:5000 > 12.11.0.101:53", "400 eth1 udp 172.16.1.3:53 > 12.11.0.10:5000"],
    says: ["There was a connection", "in UDP, after 300 s without a packet", "No connection translates"],
  },
  "a connection began elsewhere": {
    lines: [...NAT, `1 eth0 tcp ${C} .`],
    says: ["no SYN was seen", "sloppy_tcp is 0", "sloppy_tcp=1"],
    not: ["There was a connection"],
  },
  "no service has this port": {
    lines: [...NAT, "1 eth0 tcp 12.11.0.10:40000 > 12.11.0.101:443 S"],
    says: ["TCP 12.11.0.101:80 at this address, but for another port"],
  },
  "no service has this protocol": {
    lines: [...NAT, "1 eth0 udp 12.11.0.10:40000 > 12.11.0.101:80"],
    says: ["TCP 12.11.0.101:80 at this address, but for another protocol"],
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
  "the virtual address is on no interface": {
    lines: [
      "ipvsadm -A -t 12.11.0.102:80 -s rr",
      "ipvsadm -a -t 12.11.0.102:80 -r 172.16.1.2 -m",
      "1 eth0 tcp 12.11.0.10:40000 > 12.11.0.102:80 S",
    ],
    says: ["no interface of the director has the address 12.11.0.102", "ip address add 12.11.0.102/32"],
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
  "client and real server in one network": {
    lines: ["ipvsadm -A -t 12.11.0.101:80 -s rr", "ipvsadm -a -t 12.11.0.101:80 -r 12.11.0.15 -m", `1 eth0 tcp ${C} S`],
    says: ["in the same network (eth0)", "reply to the client directly", "refuse"],
  },
  "a real server calls its own service": {
    lines: [...NAT2, "1 eth1 tcp 172.16.1.2:40000 > 12.11.0.101:80 S"],
    says: ["172.16.1.2 is itself a real server of TCP 12.11.0.101:80"],
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
  "direct routing by a router": {
    lines: ["ipvsadm -A -t 12.11.0.101:80 -s rr", "ipvsadm -a -t 12.11.0.101:80 -r 10.5.0.2 -g", `1 eth0 tcp ${C} S`],
    config: {
      routes: [
        { to: { address: parseAddress("10.5.0.0") ?? fail(), prefix: 16 }, via: parseAddress("172.16.1.9") ?? fail() },
      ],
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
  "an ICMP error finds no connection": {
    lines: [
      ...NAT,
      "1 eth0 icmp 12.11.0.254 > 12.11.0.101 frag-needed 1400 about tcp 12.11.0.101:80 > 12.11.0.10:40000 .",
    ],
    says: ["quotes a packet of no connection that is known here"],
  },
  "a passive FTP data connection without the helper": {
    lines: [
      "ipvsadm -A -t 12.11.0.101:21 -s rr",
      "ipvsadm -a -t 12.11.0.101:21 -r 172.16.1.2 -m",
      "1 eth0 tcp 12.11.0.10:40000 > 12.11.0.101:21 S",
      "2 eth0 tcp 12.11.0.10:40001 > 12.11.0.101:50000 S",
    ],
    says: ["FTP data connection", "172.16.1.2:21 by NAT", "ip_vs_ftp"],
  },
  "SIP without its engine": {
    lines: [
      "ipvsadm -A -u 12.11.0.101:5060 -s rr",
      "ipvsadm -a -u 12.11.0.101:5060 -r 172.16.1.2 -m",
      "ipvsadm -a -u 12.11.0.101:5060 -r 172.16.1.3 -m",
      "1 eth0 udp 12.11.0.10:5060 > 12.11.0.101:5060",
      "2 eth0 udp 12.11.0.10:5062 > 12.11.0.101:5060",
    ],
    says: [
      "12.11.0.10 has a connection to 172.16.1.3:5060, and this one goes to 172.16.1.2:5060",
      "Call-ID",
      "--pe sip",
    ],
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
  "a checksum left to hardware": {
    lines: [...UDP, "1 eth0 udp 12.11.0.10:5000 > 12.11.0.101:53 partial"],
    says: ["UDP checksum is just the sum of the pseudo-header", "ethtool -K"],
  },
  "a wrong checksum": {
    lines: [...NAT, `1 eth0 tcp ${C} S badsum`],
    says: ["TCP checksum of the packet is wrong"],
    not: ["pseudo-header"],
  },
  "a real server opens a connection itself": {
    lines: [...NAT, "1 eth1 tcp 172.16.1.2:33000 > 12.11.0.10:443 S"],
    says: ["172.16.1.2 is a real server of TCP 12.11.0.101:80 by NAT, and opens a connection of its own", "MASQUERADE"],
  },
  "the defence drops": {
    lines: ["sysctl net.ipv4.vs.drop_packet 3", "sysctl net.ipv4.vs.am_droprate 1", ...NAT, `1 eth0 tcp ${C} S`],
    says: ["drop_packet is 3", "am_droprate is 1"],
  },
  "a stray packet is told so": {
    lines: ["sysctl net.ipv4.vs.nat_icmp_send 1", ...NAT, "1 eth1 tcp 172.16.1.2:80 > 12.11.0.10:40000 ."],
    says: ["nat_icmp_send is 1", "ICMP port unreachable"],
  },
  "TIME_WAIT stays": {
    lines: [
      ...NAT,
      `1 eth0 tcp ${C} S`,
      "1.1 eth1 tcp 172.16.1.2:80 > 12.11.0.10:40000 S.",
      `1.2 eth0 tcp ${C} .`,
      `1.3 eth0 tcp ${C} F.`,
      "1.4 eth1 tcp 172.16.1.2:80 > 12.11.0.10:40000 F.",
    ],
    says: ["TIME_WAIT lasts 120 s", "late"],
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
  "direct routing with another port": {
    lines: [
      "ipvsadm -A -t 12.11.0.101:80 -s rr",
      "ipvsadm -a -t 12.11.0.101:80 -r 172.16.1.2:8080 -g",
      `1 eth0 tcp ${C} S`,
    ],
    says: ["added with port 8080", "direct routing does not translate ports", "-m"],
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
  "a ping says nothing of the servers": {
    lines: [...NAT, "1 eth0 icmp 12.11.0.10 > 12.11.0.101 echo"],
    says: ["replies to pings of 12.11.0.101", "says nothing about the service"],
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
  "FIN_WAIT of direct routing": {
    lines: [...DR, `1 eth0 tcp ${C} S`, `1.1 eth0 tcp ${C} .`, `1.2 eth0 tcp ${C} F.`],
    says: ["FIN_WAIT lasts 120 s", "sees the client's packets only, not the real server's FIN"],
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
    lines: [
      ...NAT,
      `1 eth0 tcp ${C} S`,
      "1.1 eth1 tcp 172.16.1.2:80 > 12.11.0.10:40000 S.",
      `1.2 eth0 tcp ${C} .`,
      `1.3 eth0 tcp ${C} F.`,
      "200 eth1 tcp 172.16.1.2:80 > 12.11.0.10:40000 P. len 100",
    ],
    says: ["in CLOSE_WAIT, after 60 s without a packet", "In CLOSE_WAIT no more than 60 s may pass"],
    not: ["second number"],
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
  "a real server of direct routing replies through the director": {
    lines: [...DR, `1 eth0 tcp ${C} S`, "1.1 eth1 tcp 12.11.0.101:80 > 12.11.0.10:40000 S."],
    says: [
      "a real server of TCP 12.11.0.101:80 replies from the virtual address",
      "gateway must be the clients' router",
      "accept_local=1",
    ],
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
  "GRE beside a service of PPTP": {
    lines: [
      "ipvsadm -A -t 12.11.0.101:1723 -s rr",
      "ipvsadm -a -t 12.11.0.101:1723 -r 172.16.1.2 -m",
      "1 eth0 gre 12.11.0.10 > 12.11.0.101 carrying udp 10.0.0.1:1 > 10.0.0.2:2",
    ],
    says: ["address of TCP 12.11.0.101:1723", "this is GRE"],
  },
  "rr and weights": {
    lines: [...NAT, "ipvsadm -a -t 12.11.0.101:80 -r 172.16.1.3 -m -w 100", `1 eth0 tcp ${C} S`],
    says: ["rr asks only whether a weight is 0", "172.16.1.3:80 (weight 100)", "wrr"],
  },
  "lblc where all clients call one address": {
    lines: ["ipvsadm -A -t 12.11.0.101:80 -s lblc", ...NAT2.slice(1), `1 eth0 tcp ${C} S`],
    says: ["lblc picks by the destination address", "all clients of this service call 12.11.0.101", "-s wlc"],
  },
  "segments that a network card merged": {
    lines: [...DR, `1 eth0 tcp ${C} S`, `1.1 eth0 tcp ${C} . len 2920 df`],
    says: ["2960 bytes", "eth0, by which it came, has an MTU of 1500", "ethtool -K eth0 lro off"],
    not: ["raise the MTU"],
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
  "a packet on its last hop": {
    lines: [...NAT, `1 eth0 tcp ${C} S ttl 1`],
    says: ["with a TTL of 1", "takes one off", "traceroute"],
  },
  "a server whose method was changed": {
    lines: [...NAT, `1 eth0 tcp ${C} S`, "ipvsadm -e -t 12.11.0.101:80 -r 172.16.1.2 -g", `2 eth0 tcp ${C} .`],
    says: ["began by NAT, and keeps to it", "direct routing counts for new connections only"],
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
  "a loopback address as real server": {
    lines: [
      "ipvsadm -A -t 12.11.0.101:80 -s rr",
      "ipvsadm -a -t 12.11.0.101:80 -r 127.0.0.1:8080 -m",
      `1 eth0 tcp ${C} S`,
    ],
    says: ["127.0.0.1:8080 is a loopback address", "one of the director's other addresses"],
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
  "the service is at another address": {
    lines: [...NAT, "1 eth0 tcp 12.11.0.10:40000 > 12.11.0.1:80 S"],
    says: [
      "There is no service at this address; TCP 12.11.0.101:80 is at another one",
      "Add a service for this address",
    ],
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
  "two directors are master": {
    lines: [...NAT, "1 eth0 arp 12.11.0.101 > 12.11.0.101 request"],
    says: ["claims 12.11.0.101 by ARP", "one virtual_router_id"],
  },
  "an association from before": {
    lines: [
      "ipvsadm -A --sctp-service 12.11.0.101:80 -s rr",
      "ipvsadm -a --sctp-service 12.11.0.101:80 -r 172.16.1.2 -m",
      `1 eth0 sctp ${C} data`,
    ],
    says: ["Only an INIT opens a connection", "sloppy_sctp is 0"],
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
  "more connections than there may be": {
    lines: [...NAT, "1 eth0 tcp 12.11.0.11:1 > 12.11.0.101:80 S", `2 eth0 tcp ${C} S`],
    config: { connections: { max: 1 } },
    says: ["The connection table has 1 entries", "connections.max"],
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
};

describe("the cause", () => {
  const asked = asksEveryFinder();

  for (const [title, { lines, config, says, not }] of Object.entries(SITUATIONS)) {
    it(`is named: ${title}`, () => {
      const causes = causesIn(story(lines, config));
      for (const words of says) expect(causes).includes(words);
      for (const words of not ?? []) expect(causes).not.includes(words);
    });
  }

  it("is none where a connection is as it should be", () => {
    expect(causesIn(story([...NAT, `1 eth0 tcp ${C} S`]))).equals("");
    expect(causesIn(story([...NAT, `1 eth0 tcp ${C} S`, "2 eth1 tcp 172.16.1.2:80 > 12.11.0.10:40000 S."]))).equals("");
  });

  it("of every finder is in a situation or a report: where it is not asked, that would be seen", () => {
    for (const { lines, config } of Object.values(SITUATIONS)) story(lines, config);
    for (const [name, number] of REPORTS) reported(name, number);
    expect([...asked.all].filter((find) => !asked.found.has(find)).map(({ name }) => name)).deep.equals([]);
  });
});
