/** What docs/schedulers.md says. */
import { expect } from "chai";
import { SCHEDULER_NAMES } from "../../../src/core/ipvs/schedulers/schedulers.ts";
import { type Claim, counts, kinds, sent, servers, service, story, tcp, VIP, verdictOf } from "./claim.ts";

/** Two servers, .2 added first, with these weights, by a scheduler. */
const two = (scheduler: string, first = "-w 1", second = "-w 1", options = ""): string[] => [
  `ipvsadm -A -t ${VIP} -s ${scheduler} ${options}`.trim(),
  `ipvsadm -a -t ${VIP} -r 172.16.1.2:80 -m ${first}`,
  `ipvsadm -a -t ${VIP} -r 172.16.1.3:80 -m ${second}`,
];
const S2 = "172.16.1.2:80";
const S3 = "172.16.1.3:80";
/** So many connections, one after the other, from ports counted up. */
const open = (count: number, client = "12.11.0.10"): string[] =>
  Array.from({ length: count }, (_, index) => tcp(1 + index / 100, "S", 1000 + index, client));
const share = (picks: readonly string[], server: string): number => picks.filter((pick) => pick === server).length;

export const SCHEDULERS: readonly Claim[] = [
  {
    says: "**A scheduler is asked once a session.**",
    shown: () => expect(kinds(story([...two("rr"), tcp(1, "S"), tcp(2, ".")]))).not.includes("scheduled"),
  },
  {
    says: "**It is not asked at all** when the service is persistent and the client is bound to a server already.",
    shown: () => expect(kinds(story([...two("rr", "", "", "-p 50"), ...open(2)]))).not.includes("scheduled"),
  },
  {
    says: "**Weight 0** means: no new connections. All schedulers skip such a server, or refuse; persistence asks no scheduler, so a client that is bound still gets there.",
    recording: "golden/all_weight_zero",
    shown: () => {
      for (const name of SCHEDULER_NAMES)
        expect(share(servers([...two(name, "-w 0"), ...open(6)]), S2), name).equals(0);
      const bound = [...service("-p 50"), ...open(1), `ipvsadm -e -t ${VIP} -r ${S3} -m -w 0`, tcp(3, "S", 2)];
      expect(sent(story(bound))).deep.equals(["12.11.0.10:2 > 172.16.1.3:80 TCP S"]);
    },
  },
  {
    says: "**Overloaded** servers are skipped as well: those that have as many connections as their upper threshold",
    recording: "golden/thresholds",
    shown: () => expect(share(servers([...two("rr", "-x 2"), ...open(8)]), S2)).equals(2),
  },
  {
    says: "Connections that ended count until the director has forgotten them.",
    shown: () => {
      const ended = [...two("rr", "-x 1", "-w 0"), tcp(1, "S", 1), "1.1 eth1 tcp 172.16.1.2:80 > 12.11.0.10:1 R."];
      expect(verdictOf(story([...ended, tcp(2, "S", 2)]))).equals("no-destination");
      expect(verdictOf(story([...ended, tcp(90, "S", 2)]))).equals("sent");
    },
  },
  {
    says: 'Then the client gets the ICMP error "port unreachable", and the packet is dropped.',
    recording: "golden/no_destinations",
    shown: () => {
      const events = story([`ipvsadm -A -t ${VIP} -s rr`, tcp(1, "S")]);
      expect(sent(events)[0]).includes("12.11.0.101 > 12.11.0.10 ICMP port unreachable");
      expect(verdictOf(events)).equals("no-destination");
    },
  },
  {
    says: "So `rr` begins with the server that was added *last*",
    recording: "golden/sched_rr",
    shown: () => expect(servers([...two("rr"), ...open(4)])).deep.equals([S3, S2, S3, S2]),
  },
  {
    says: "A UDP connection is never active.",
    shown: () => {
      const udp = ["ipvsadm -A -u 12.11.0.101:80 -s rr", "ipvsadm -a -u 12.11.0.101:80 -r 172.16.1.3:80 -m"];
      expect(counts([...udp, "1 eth0 udp 12.11.0.10:1 > 12.11.0.101:80"])).deep.equals(["1", "0", "1"]);
    },
  },
  {
    says: "| [`rr`](#rr-round-robin) | round robin | only whether 0 | no |",
    shown: () =>
      expect(servers([...two("rr", "-w 9", "-w 1"), ...open(6)])).deep.equals(servers([...two("rr"), ...open(6)])),
  },
  {
    says: "A server of weight 2 gets twice as many sessions as one of weight 1.",
    recording: "golden/sched_wrr",
    shown: () => expect(share(servers([...two("wrr", "-w 2"), ...open(30)]), S2)).equals(20),
  },
  {
    says: "| [`lc`](#lc-least-connection) | least connection | only whether 0 | yes |",
    recording: "golden/sched_lc",
    shown: () => {
      expect(servers([...two("lc", "-w 9", "-w 1"), ...open(6)])).deep.equals(servers([...two("lc"), ...open(6)]));
      const busy = [...two("lc"), tcp(1, "S", 1), tcp(1.1, "S", 2), "1.2 eth1 tcp 172.16.1.2:80 > 12.11.0.10:2 R."];
      expect(sent(story([...busy, tcp(2, "S", 3)]))).deep.equals(["12.11.0.10:3 > 172.16.1.2:80 TCP S"]);
    },
  },
  {
    says: "| [`wlc`](#wlc-weighted-least-connection) | weighted least connection | yes | yes | you do not know better: it is the default |",
    recording: "golden/sched_wlc",
    shown: () => {
      expect(share(servers([...two("wlc", "-w 3"), ...open(40)]), S2)).equals(30);
      expect(servers([...two("", "-w 3").map((line) => line.replace(" -s", "")), ...open(8)])).deep.equals(
        servers([...two("wlc", "-w 3"), ...open(8)]),
      );
    },
  },
  {
    says: "| [`nq`](#nq-never-queue) | never queue | yes | active only | as `sed`, but nobody should be idle |",
    recording: "golden/sched_nq",
    shown: () => expect(new Set(servers([...two("nq", "-w 100"), ...open(2)]))).property("size", 2),
  },
  {
    says: "| [`sed`](#sed-shortest-expected-delay) | shortest expected delay | yes | active only | few, long sessions on unequal servers |",
    recording: "golden/sched_sed",
    shown: () => expect(servers([...two("sed", "-w 100"), ...open(2)])).deep.equals([S2, S2]),
  },
  {
    says: "| [`fo`](#fo-weighted-failover) | weighted failover | yes | no | one server works, the others stand by |",
    recording: "golden/sched_fo",
    shown: () => {
      expect(servers([...two("fo", "-w 2"), ...open(4)])).deep.equals([S2, S2, S2, S2]);
      expect(sent(story([...two("fo", "-w 2"), `ipvsadm -d -t ${VIP} -r ${S2}`, tcp(1, "S", 1)]))[0]).includes(S3);
    },
  },
  {
    says: "| [`ovf`](#ovf-weighted-overflow) | weighted overflow | yes, as a number of connections | active only | fill one server before you start the next |",
    recording: "golden/sched_ovf",
    shown: () => {
      const picks = servers([...two("ovf", "-w 3", "-w 2"), ...open(9)]);
      expect(picks.slice(0, 4)).deep.equals([S2, S2, S2, S2]);
      expect(picks).includes(S3);
    },
  },
  {
    says: "| [`sh`](#sh-source-hashing) | source hashing | yes | no | a client shall always meet the same server |",
    recording: "golden/sched_sh",
    shown: () => expect(new Set(servers([...two("sh"), ...open(9)]))).property("size", 1),
  },
  {
    says: "| [`mh`](#mh-maglev-hashing) | Maglev hashing | yes | no | as `sh`, with servers that come and go |",
    recording: "golden/sched_mh",
    shown: () => expect(new Set(servers([...two("mh"), ...open(9)]))).property("size", 1),
  },
  {
    says: "| [`dh`](#dh-destination-hashing) | destination hashing | only whether 0 | no |",
    recording: "golden/sched_dh",
    shown: () => {
      const clients = ["12.11.0.10", "12.11.0.11", "12.11.0.12"].flatMap((client) => open(1, client));
      expect(new Set(servers([...two("dh", "-w 9"), ...clients]))).property("size", 1);
    },
  },
  {
    says: "| [`twos`](#twos-power-of-two-choices) | power of two choices | yes | yes |",
    shown: () => expect(share(servers([...two("twos", "-w 9"), ...open(40)]), S2)).greaterThan(20),
  },
];
