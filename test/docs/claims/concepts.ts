/** What docs/concepts.md says. */
import { expect } from "chai";
import { factsOf } from "../../../src/core/explain/decode/facts.ts";
import { explainMode } from "../../../src/core/explain/mode.ts";
import { isActiveTcpState, TCP_STATE_NAMES } from "../../../src/core/ipvs/protocols/tcp-states.ts";
import { Timeouts } from "../../../src/core/ipvs/protocols/timeouts.ts";
import type { Mode } from "../../../src/core/simulator/layout.ts";
import { KernelTicks } from "../../../src/core/time/kernel-ticks.ts";
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

const NAT = service();
const handshake = (port = 40000) => [
  tcp(1, "S", port),
  `1.1 eth1 tcp 172.16.1.3:80 > 12.11.0.10:${port} S.`,
  tcp(1.2, ".", port),
];

/** Frames that come to the director on a mode's ladder. */
const framesIn = (mode: Mode): number =>
  explainMode(mode).topology.network.hops.filter(
    ({ bytes, receptions }) =>
      factsOf(bytes)?.ip !== undefined &&
      receptions.some(({ host, verdict }) => host === "director" && verdict !== "not-for-us"),
  ).length;

const state = (name: string, seconds: number, active: "yes" | "no", what: string): Claim => ({
  says: `| \`${name}\` | ${seconds} | ${active} | ${what} |`,
  shown: () => {
    const timeouts = new Timeouts(100);
    const number = TCP_STATE_NAMES.indexOf(name);
    expect(timeouts.tcp(number)).equals(seconds * 100);
    expect(isActiveTcpState(number)).equals(active === "yes");
  },
});

export const CONCEPTS: readonly Claim[] = [
  {
    says: "It opens no connections of its own",
    shown: () => {
      expect(sent(story([...NAT, tcp(1, "S")]))).deep.equals(["12.11.0.10:40000 > 172.16.1.3:80 TCP S"]);
    },
  },
  {
    says: "IPVS does not: it goes on sending clients there.",
    shown: () => {
      const dead = [`ipvsadm -A -t ${VIP} -s rr`, `ipvsadm -a -t ${VIP} -r 172.16.1.99:80 -m`];
      for (const port of [1, 2, 3])
        expect(kinds(story([...dead, tcp(1, "S", 9), tcp(20, "S", port)]))).includes("created");
    },
  },
  {
    says: "All its packets have to go to the *same* real server",
    recording: "golden/nat_http",
    shown: () => {
      const events = story([...NAT, ...handshake(), tcp(2, ". len 10")]);
      expect(sent(events)).deep.equals(["12.11.0.10:40000 > 172.16.1.3:80 TCP . (10 bytes of data)"]);
    },
  },
  {
    says: "IPVS knows nothing of logins.",
    shown: () => {
      expect(servers([...NAT, tcp(1, 'S data "Cookie: a"', 1), tcp(2, 'S data "Cookie: a"', 2)])).deep.equals([
        "172.16.1.3:80",
        "172.16.1.2:80",
      ]);
    },
  },
  {
    says: "three requests of one client, and all three go to the same server",
    recording: "golden/persistence",
    shown: () => {
      const three = [tcp(1, "S", 1), tcp(2, "S", 2), tcp(3, "S", 3)];
      expect(new Set(servers([...service("-p 300"), ...three]))).property("size", 1);
      expect(new Set(servers([...NAT, ...three]))).property("size", 2);
    },
  },
  {
    says: "When the first packet of a session comes, the director chooses a real server and writes it down.",
    shown: () => expect(kinds(story([...NAT, tcp(1, "S")]))).includes.members(["scheduled", "created"]),
  },
  {
    says: "Every further packet of the session is looked up, and goes where the first one went. Nobody asks the scheduler again.",
    shown: () => {
      const events = story([...NAT, ...handshake()]);
      expect(kinds(events)).not.includes("scheduled");
      expect(sent(events)).deep.equals(["12.11.0.10:40000 > 172.16.1.3:80 TCP ."]);
    },
  },
  {
    says: "A session is known by five things: protocol, client's address and port, virtual address and port.",
    shown: () => {
      const [first, second] = [tcp(1, "S", 1), tcp(2, "S", 2)];
      expect(kinds(story([...NAT, first, second]))).includes("created");
      expect(kinds(story([...NAT, first, tcp(2, "S", 1, "12.11.0.11")]))).includes("created");
      expect(kinds(story([...NAT, first, tcp(2, "S", 1)]))).not.includes("created");
    },
  },
  {
    says: "Each packet sets the time again. When it runs out, the entry is gone.",
    recording: "golden/timeouts_and_expiry",
    shown: () => {
      const udp = ["ipvsadm -A -u 12.11.0.101:53 -s rr", "ipvsadm -a -u 12.11.0.101:53 -r 172.16.1.2 -m"];
      const one = (time: number) => `${time} eth0 udp 12.11.0.10:1 > 12.11.0.101:53`;
      expect(kinds(story([...udp, one(1), one(290), one(580)]))).not.includes("created");
      expect(kinds(story([...udp, one(1), one(400)]))).includes("created");
    },
  },
  {
    says: "Only certain packets begin a session: for TCP a SYN, for SCTP an INIT, for UDP any datagram.",
    shown: () => {
      expect(kinds(story([...NAT, tcp(1, ".")]))).includes("not-schedulable");
      const sctp = [
        "ipvsadm -A --sctp-service 12.11.0.101:80 -s rr",
        "ipvsadm -a --sctp-service 12.11.0.101:80 -r 172.16.1.2 -m",
      ];
      expect(kinds(story([...sctp, `1 eth0 sctp 12.11.0.10:1 > ${VIP} data`]))).includes("not-schedulable");
      expect(kinds(story([...sctp, `1 eth0 sctp 12.11.0.10:1 > ${VIP} init`]))).includes("created");
    },
  },
  {
    says: "A TCP packet without SYN that belongs to no known session is ignored by IPVS; the director's own TCP stack answers it with a reset.",
    recording: "golden/not_ours",
    shown: () => expect(sent(story([...NAT, tcp(1, ".")]))).deep.equals([`${VIP} > 12.11.0.10:40000 TCP R`]),
  },
  {
    says: "persistence has bound the client to that server, whatever port its next connection comes from",
    shown: () => {
      const events = story([...service("-p 50"), tcp(1, "S", 1), tcp(2, "S", 65000)]);
      expect(kinds(events)).includes("template").and.not.includes("scheduled");
    },
  },
  {
    says: "A message without one is dropped.",
    shown: () => {
      const sip = [
        "ipvsadm -A -u 12.11.0.101:5060 -s rr -p 60 --pe sip",
        "ipvsadm -a -u 12.11.0.101:5060 -r 172.16.1.2 -m",
      ];
      expect(verdictOf(story([...sip, "1 eth0 udp 12.11.0.10:5060 > 12.11.0.101:5060 len 40"]))).equals(
        "no-engine-data",
      );
    },
  },
  {
    says: "Weights and schedulers matter only for new sessions. A server that gets weight 0 keeps the connections that it has",
    recording: "golden/weight_zero_keeps_old",
    shown: () => {
      const quiet = [...NAT, ...handshake(), `ipvsadm -e -t ${VIP} -r 172.16.1.3:80 -m -w 0`];
      expect(sent(story([...quiet, tcp(2, ".")]))).deep.equals(["12.11.0.10:40000 > 172.16.1.3:80 TCP ."]);
      expect(sent(story([...quiet, tcp(2, "S", 2)]))).deep.equals(["12.11.0.10:2 > 172.16.1.2:80 TCP S"]);
    },
  },
  {
    says: "`InActConn` counts the others, UDP's among them; persistence templates are in neither.",
    shown: () => {
      expect(counts([...service("-p 50"), ...handshake()])).deep.equals(["Masq", "1", "1", "0"].slice(1));
      const udp = ["ipvsadm -A -u 12.11.0.101:80 -s rr", "ipvsadm -a -u 12.11.0.101:80 -r 172.16.1.3:80 -m"];
      expect(counts([...udp, "1 eth0 udp 12.11.0.10:1 > 12.11.0.101:80"])).deep.equals(["1", "0", "1"]);
    },
  },
  {
    says: "It sees both directions only with NAT and FULLNAT.",
    shown: () =>
      expect([framesIn("nat"), framesIn("dr"), framesIn("tun"), framesIn("fullnat")]).deep.equals([8, 5, 5, 8]),
  },
  {
    says: "With direct routing and tunnels the replies pass by, and it has to guess from what the client says.",
    recording: "golden/tcp_states_dr",
    shown: () => {
      const events = story([...service("", "-g"), tcp(1, "S"), tcp(2, ".")]);
      expect(events).deep.includes({
        kind: "state",
        protocol: "TCP",
        direction: "input-only",
        event: "ack",
        before: "SYN_RECV",
        after: "ESTABLISHED",
        timeoutSeconds: 900,
      });
    },
  },
  state("NONE", 2, "no", "just made"),
  state("SYN_RECV", 60, "yes", "the client has sent a SYN"),
  state("ESTABLISHED", 900, "yes", "the handshake is over"),
  state("FIN_WAIT", 120, "no", "one side has sent a FIN"),
  state("CLOSE_WAIT", 60, "no", "the client has sent a FIN, the server not yet"),
  state("TIME_WAIT", 120, "no", "both have"),
  state("CLOSE", 10, "no", "a reset"),
  state("LAST_ACK", 30, "no", "in the kernel's table, but no packet leads there"),
  state("LISTEN", 120, "no", "waiting for an FTP data connection"),
  state("SYN_SENT", 120, "yes", "the real server has sent a SYN"),
  state("SYNACK", 120, "yes", "with `secure_tcp`"),
  {
    says: "`ipvsadm --set` changes those of `ESTABLISHED`, `FIN_WAIT` and `UDP`.",
    shown: () => {
      const timeouts = new Timeouts(100);
      const before = TCP_STATE_NAMES.map((_, number) => timeouts.tcp(number));
      timeouts.set(1, 2, 3);
      const changed = TCP_STATE_NAMES.filter((_, number) => timeouts.tcp(number) !== before[number]);
      expect(changed).deep.equals(["ESTABLISHED", "FIN_WAIT"]);
      expect(timeouts.udp).equals(300);
    },
  },
  {
    says: "The kernel's timers are never early, but they may be late: by up to 5 seconds for two minutes.",
    shown: () => {
      const ticks = new KernelTicks(100, 0);
      const late = Array.from({ length: 1000 }, (_, at) => ticks.fires(at * 10_000, 120e6) - at * 10_000 - 120e6);
      expect(Math.min(...late)).least(0);
      expect(Math.max(...late)).within(4.9e6, 5.2e6);
    },
  },
  {
    says: "The director writes the real server's address and port in place of the virtual ones",
    recording: "golden/nat_http",
    shown: () => {
      expect(sent(story([...NAT, tcp(1, "S")]))).deep.equals(["12.11.0.10:40000 > 172.16.1.3:80 TCP S"]);
      expect(sent(story([...NAT, ...handshake().slice(0, 2)]))).deep.equals([`${VIP} > 12.11.0.10:40000 TCP S.`]);
    },
  },
  {
    says: "Addresses, ports and data stay. The director lowers the TTL, as a router does, and sends the frame to another destination: the MAC address of the real server.",
    recording: "golden/dr_http",
    shown: () => {
      const events = story([...service("", "-g"), tcp(1, "S")]);
      expect(sent(events)).deep.equals([`12.11.0.10:40000 > ${VIP} TCP S`]);
      expect(lastHeader(events).ttl).equals(63);
      const out = events.findLast((event) => event.kind === "sent");
      expect(out?.kind === "sent" && factsOf(out.bytes)?.destinationMac).equals(0x0200ac100103);
    },
  },
  {
    says: "only the director may say so by ARP",
    shown: () => {
      const wrong = explainMode("dr", { fault: "arp" });
      expect(wrong.walk).deep.equals([]);
      expect(explainMode("dr").walk.length).greaterThan(10);
    },
  },
  {
    says: "The packet travels whole inside another one, from the director to the real server.",
    recording: "golden/tun_http",
    shown: () => {
      const [line = ""] = sent(story([...service("", "-i"), tcp(1, "S")]));
      expect(line).equals(`172.16.1.1 > 172.16.1.3 IPIP [12.11.0.10:40000 > ${VIP} TCP S]`);
    },
  },
  {
    says: "The outer header takes 20 bytes: of a link with an MTU of 1500, 1480 are left for the client's packet.",
    recording: "golden/tun_mtu",
    shown: () => {
      const tun = [...service("", "-i"), tcp(1, "S")];
      const bytes = (length: number) => verdictOf(story([...tun, tcp(2, `. df len ${length - 40}`)]));
      expect([bytes(1480), bytes(1481)]).deep.equals(["sent", "too-big"]);
    },
  },
  {
    says: "Both addresses change: the client's becomes a local address of the director, the virtual one the real server's.",
    shown: () => {
      const fullnat = [...service("", "-b"), `ipvsadm -P -t ${VIP} -z 172.16.1.1`];
      expect(sent(story([...fullnat, tcp(1, "S")]))).deep.equals(["172.16.1.1:5000 > 172.16.1.3:80 TCP S"]);
    },
  },
  {
    says: "**It does not balance pings.** The director answers them itself, even if all real servers are dead.",
    shown: () => {
      const events = story([...NAT, "1 eth0 icmp 12.11.0.10 > 12.11.0.101 echo"]);
      expect(sent(events)[0]).includes("12.11.0.101 > 12.11.0.10 ICMP echo reply");
    },
  },
  {
    says: "It counts connections and reads weights; a server that fails fast looks idle.",
    shown: () => {
      const wlc = NAT.map((line) => line.replace("-s rr", "-s lc"));
      const failing = [tcp(1, "S", 1), "1.1 eth1 tcp 172.16.1.3:80 > 12.11.0.10:1 R.", tcp(2, "S", 2), tcp(30, "S", 3)];
      expect(servers([...wlc, ...failing])).deep.equals(["172.16.1.2:80", "172.16.1.3:80"]);
    },
  },
  {
    says: "**One connection is one server's.**",
    shown: () =>
      expect(servers([...NAT, ...handshake(), tcp(2, ". len 1000"), tcp(3, ". len 1000")])).deep.equals([
        "172.16.1.3:80",
      ]),
  },
  {
    says: "Setting up a director takes three commands: the service, and two real servers for it.",
    shown: () => {
      expect(listing(NAT, "-Ln").trimEnd().split("\n")).property("length", 3 + 3);
      someWalk("golden/nat_http", (events) => kinds(events).includes("created"));
    },
  },
];
