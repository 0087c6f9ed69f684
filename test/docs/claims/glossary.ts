/** What docs/glossary.md says. */
import { expect } from "chai";
import {
  type Claim,
  counts,
  kinds,
  lastHeader,
  listing,
  sent,
  servers,
  service,
  someWalk,
  story,
  tcp,
  VIP,
  verdictOf,
} from "./claim.ts";

const UDP = ["ipvsadm -A -u 12.11.0.101:53 -s rr", "ipvsadm -a -u 12.11.0.101:53 -r 172.16.1.3:53 -m"];
const up = (port = 40000) => [
  tcp(1, "S", port),
  `1.1 eth1 tcp 172.16.1.3:80 > 12.11.0.10:${port} S.`,
  tcp(1.2, ".", port),
];

export const GLOSSARY: readonly Claim[] = [
  {
    says: "| active connection | a TCP connection that is established or in its handshake. UDP has none.",
    shown: () => {
      expect(counts([...service(), tcp(1, "S")])).deep.equals(["1", "1", "0"]);
      expect(counts([...service(), ...up()])).deep.equals(["1", "1", "0"]);
      expect(counts([...UDP, "1 eth0 udp 12.11.0.10:1 > 12.11.0.101:53"], "172.16.1.3:53")).deep.equals([
        "1",
        "0",
        "1",
      ]);
    },
  },
  {
    says: "| inactive connection | any connection entry that is not active |",
    shown: () => expect(counts([...service(), ...up(), tcp(2, "F.")])).deep.equals(["1", "0", "1"]),
  },
  {
    says: "| direct routing, DR | forwarding method: the MAC addresses change, and the TTL drops by one; `-g`, `Route`.",
    recording: "golden/ttl_dr",
    shown: () => {
      const events = story([...service("", "-g"), tcp(1, "S ttl 9")]);
      expect([sent(events)[0], lastHeader(events).ttl]).deep.equals([`12.11.0.10:40000 > ${VIP} TCP S`, 8]);
    },
  },
  {
    says: "| expire | when the time of a connection entry runs out, it is forgotten |",
    shown: () => expect(listing([...service(), tcp(1, "S", 1), tcp(90, "S", 2)], "-Lnc")).not.includes("12.11.0.10:1 "),
  },
  {
    says: '| firewall mark, fwmark | a number that the director puts on a packet when it arrives; a service may be "all packets with this mark" |',
    recording: "golden/fwmark",
    shown: () =>
      someWalk("golden/fwmark", (events) => kinds(events).includes("marked") && kinds(events).includes("created")),
  },
  {
    says: "| one-packet scheduling, OPS | every UDP packet is a session of its own: `-o` |",
    recording: "golden/one_packet",
    shown: () => {
      const one = [UDP[0]?.concat(" -o") ?? "", UDP[1] ?? ""];
      const datagram = (time: number) => `${time} eth0 udp 12.11.0.10:1 > 12.11.0.101:53`;
      expect(kinds(story([...one, datagram(1), datagram(2)]))).includes("scheduled");
      expect(kinds(story([...UDP, datagram(1), datagram(2)]))).not.includes("scheduled");
    },
  },
  {
    says: "| overloaded | a real server that has as many connections as its upper threshold |",
    shown: () => {
      const two = [`ipvsadm -A -t ${VIP} -s rr`, `ipvsadm -a -t ${VIP} -r 172.16.1.3:80 -m -x 2`];
      expect(verdictOf(story([...two, tcp(1, "S", 1), tcp(1, "S", 2)]))).equals("sent");
      expect(verdictOf(story([...two, tcp(1, "S", 1), tcp(1, "S", 2), tcp(1, "S", 3)]))).equals("no-destination");
    },
  },
  {
    says: "| persistence | a client stays with its real server for some time: `-p` |",
    recording: "golden/persistence_expires",
    shown: () => {
      const bound = service("-p 20");
      expect(kinds(story([...bound, tcp(1, "S", 1), tcp(10, "S", 2)]))).not.includes("scheduled");
      expect(kinds(story([...bound, tcp(1, "S", 1), tcp(300, "S", 2)]))).includes("scheduled");
    },
  },
  {
    says: "| quiesce | give a real server weight 0: no scheduler picks it; its connections go on, and clients that persistence binds still come |",
    recording: "golden/weight_zero_keeps_old",
    shown: () => {
      const quiet = [...service("-p 90"), ...up(), `ipvsadm -e -t ${VIP} -r 172.16.1.3:80 -m -w 0`];
      expect(sent(story([...quiet, tcp(2, ".")]))[0]).includes("172.16.1.3");
      expect(sent(story([...quiet, tcp(2, "S", 2)]))[0]).includes("172.16.1.3");
      expect(sent(story([...quiet, tcp(2, "S", 2, "12.11.0.11")]))[0]).includes("172.16.1.2");
    },
  },
  {
    says: "| template | connection entry that binds a client to a real server; its port is 0 |",
    shown: () =>
      expect(listing([...service("-p 90"), tcp(1, "S")], "-Lnc")).matches(/12\.11\.0\.10:0 +12\.11\.0\.101:80/),
  },
  {
    says: "| threshold | upper and lower limit of the connections of a real server: `-x`, `-y` |",
    shown: () => {
      const rules = [`ipvsadm -A -t ${VIP} -s rr`, `ipvsadm -a -t ${VIP} -r 172.16.1.3:80 -m -x 5 -y 2`];
      expect(listing(rules, "-Ln --thresholds")).matches(/172\.16\.1\.3:80 +5 +2/);
    },
  },
  {
    says: "| IPIP | an IPv4 packet inside another one (RFC 2003) |",
    recording: "golden/tun_http",
    shown: () => expect(sent(story([...service("", "-i"), tcp(1, "S")]))[0]).includes("IPIP ["),
  },
  {
    says: "| masquerading | NAT, as `ipvsadm` calls it: `Masq` |",
    shown: () => expect(listing(service(), "-Ln")).includes("Masq"),
  },
  {
    says: "| DF | a flag in the IPv4 header: do not fragment |",
    shown: () => {
      expect(verdictOf(story([...service("", "-i"), tcp(1, "S"), tcp(2, ". df len 1450")]))).equals("too-big");
      expect(verdictOf(story([...service("", "-i"), tcp(1, "S"), tcp(2, ". len 1450")]))).equals("sent");
    },
  },
  {
    says: "| TTL | how many more routers a packet may pass |",
    shown: () => expect(verdictOf(story([...service(), tcp(1, "S ttl 1")]))).equals("ttl-exceeded"),
  },
  {
    says: "| weight | how much a real server can take, compared with others; 0 is none |",
    shown: () => {
      const weighted = [
        `ipvsadm -A -t ${VIP} -s wrr`,
        `ipvsadm -a -t ${VIP} -r 172.16.1.2:80 -m -w 3`,
        `ipvsadm -a -t ${VIP} -r 172.16.1.3:80 -m`,
      ];
      const picks = servers([...weighted, ...Array.from({ length: 8 }, (_, index) => tcp(1, "S", index + 1))]);
      expect(picks.filter((pick) => pick === "172.16.1.2:80")).property("length", 6);
    },
  },
  {
    says: "| LIP | local IP address: what the real servers see in place of the client (FULLNAT) |",
    shown: () =>
      expect(sent(story([...service("", "-b"), `ipvsadm -P -t ${VIP} -z 172.16.1.1`, tcp(1, "S")]))[0]).matches(
        /^172\.16\.1\.1:/,
      ),
  },
];
