/** What docs/modes says. */
import { expect } from "chai";
import { explainMode } from "../../../src/core/explain/mode.ts";
import type { FaultName } from "../../../src/core/simulator/faults.ts";
import type { Mode } from "../../../src/core/simulator/layout.ts";
import { type Claim, lastHeader, listing, sent, service, story, tcp, VIP, verdictOf } from "./claim.ts";

const METHODS: Readonly<Record<Mode, string>> = { nat: "-m", dr: "-g", tun: "-i", fullnat: "-b" };
const rules = (mode: Mode): string[] => [
  ...service("", METHODS[mode]),
  ...(mode === "fullnat" ? [`ipvsadm -P -t ${VIP} -z 172.16.1.1`] : []),
];

const ttl = (mode: Mode, of: "inner" | "outer" = "inner"): number =>
  lastHeader(story([...rules(mode), tcp(1, "S ttl 64")]), of).ttl;

/** What a packet of `length` bytes with DF earns. */
const told = (mode: Mode, length: number): string[] =>
  sent(story([...rules(mode), tcp(1, "S"), tcp(2, `. df len ${length - 40}`)]));

/** A mistake of a mode: the client does not get its page, or a server fewer serves. */
const fault = (says: string, mode: Mode, name: FaultName): Claim => ({
  says,
  shown: () => {
    const good = explainMode(mode);
    const wrong = explainMode(mode, { fault: name });
    expect(good.end.kind).equals("answered");
    expect([wrong.end.kind, wrong.ladder.messages.length]).not.deep.equals(["answered", good.ladder.messages.length]);
  },
});

export const MODES: readonly Claim[] = [
  {
    says: "The method is chosen for each real server, so one service may mix them.",
    recording: "golden/mixed_modes",
    shown: () => {
      const mixed = [
        `ipvsadm -A -t ${VIP} -s rr`,
        `ipvsadm -a -t ${VIP} -r 172.16.1.2:80 -m`,
        `ipvsadm -a -t ${VIP} -r 172.16.1.3:80 -i`,
      ];
      expect(sent(story([...mixed, tcp(1, "S", 1)]))[0]).includes("IPIP");
      expect(sent(story([...mixed, tcp(1, "S", 1), tcp(1, "S", 2)]))[0]).equals("12.11.0.10:2 > 172.16.1.2:80 TCP S");
    },
  },
  {
    says: "| settings on the director | `ip_forward=1` |",
    shown: () => {
      const reply = "1.1 eth1 tcp 172.16.1.3:80 > 12.11.0.10:40000 S.";
      expect(verdictOf(story(["sysctl net.ipv4.ip_forward 0", ...rules("nat"), tcp(1, "S"), reply]))).equals(
        "forwarding-off",
      );
      expect(verdictOf(story([...rules("nat"), tcp(1, "S"), reply]))).equals("sent");
    },
  },
  {
    says: "| **port of the real server** | any | the service's | the service's | any |",
    shown: () => {
      const with8080 = (method: string) => service("", method).map((line) => line.replace(/(-r \S+):80/, "$1:8080"));
      expect(sent(story([...with8080("-m"), tcp(1, "S")]))[0]).includes("172.16.1.3:8080");
      expect(listing(with8080("-g"), "-Ln"))
        .includes("172.16.1.3:80 ")
        .and.not.includes("8080");
      expect(listing(with8080("-i"), "-Ln")).not.includes("8080");
      expect(listing(with8080("-b"), "-Ln")).includes("172.16.1.3:8080");
    },
  },
  {
    says: "| **whose address the real server sees** | the client's | the client's | the client's | a local address of the director; the client's by TOA |",
    shown: () => {
      for (const mode of ["nat", "dr", "tun"] as const)
        expect(sent(story([...rules(mode), tcp(1, "S")]))[0]).includes("12.11.0.10:40000 >");
      expect(sent(story([...rules("fullnat"), tcp(1, "S")]))[0]).includes("172.16.1.1:5000 >");
    },
  },
  {
    says: "| TTL of a request | one less | one less | one less inside; the outer header begins with the same | stays (as in both programs that have FULLNAT) |",
    recording: "golden/ttl_tun",
    shown: () => {
      expect([ttl("nat"), ttl("dr"), ttl("tun"), ttl("tun", "outer"), ttl("fullnat")]).deep.equals([
        63, 63, 63, 63, 64,
      ]);
    },
  },
  {
    says: "| TTL of a reply | one less at the director |",
    recording: "golden/ttl",
    shown: () => {
      const events = story([...rules("nat"), tcp(1, "S"), "1.1 eth1 tcp 172.16.1.3:80 > 12.11.0.10:40000 S. ttl 64"]);
      expect(lastHeader(events).ttl).equals(63);
    },
  },
  {
    says: '| packet too long, DF set | ICMP "fragmentation needed" from the VIP, with that number | the same | the same, with 1480 | the same |',
    recording: "golden/dr_small_mtu",
    shown: () => {
      for (const mode of ["nat", "dr", "fullnat"] as const) {
        expect(told(mode, 1501)[0]).matches(/^12\.11\.0\.101 > 12\.11\.0\.10 ICMP fragmentation needed, mtu 1500/);
      }
      expect(told("tun", 1481)[0]).matches(/^12\.11\.0\.101 > 12\.11\.0\.10 ICMP fragmentation needed, mtu 1480/);
    },
  },
  {
    says: "| packet too long, DF clear | fragments | fragments | the outer packet is fragmented | fragments |",
    recording: "golden/tun_fragments",
    shown: () => {
      expect(told("nat", 1500)).property("length", 1);
      const long = tcp(2, ". len 1461");
      for (const mode of ["nat", "dr"] as const)
        expect(sent(story([...rules(mode), tcp(1, "S"), long]))).property("length", 2);
      expect(sent(story([...rules("tun"), tcp(1, "S"), tcp(2, ". len 1450")]))[0]).includes("IPIP");
    },
  },
  {
    says: "an UDP checksum of 0 is computed",
    recording: "golden/nat_checksum_zero_udp",
    shown: () => {
      const udp = ["ipvsadm -A -u 12.11.0.101:53 -s rr", "ipvsadm -a -u 12.11.0.101:53 -r 172.16.1.2:5353 -m"];
      const events = story([...udp, "1 eth0 udp 12.11.0.10:1 > 12.11.0.101:53 sum 0"]);
      const out = events.findLast((event) => event.kind === "sent");
      expect(out?.kind === "sent" && (out.bytes[40] ?? 0) * 256 + (out.bytes[41] ?? 0)).greaterThan(0);
    },
  },
  {
    says: "| TCP sequence numbers | not touched | not touched | not touched | changed;",
    shown: () => {
      const sequence = (mode: Mode): number => {
        const out = story([...rules(mode), tcp(1, "S seq 123456")]).findLast((event) => event.kind === "sent");
        if (out?.kind !== "sent") throw new Error(mode);
        const tcpAt = 14 + (mode === "tun" ? 40 : 20);
        return new DataView(out.bytes.buffer, out.bytes.byteOffset).getUint32(tcpAt + 4);
      };
      expect([sequence("nat"), sequence("dr"), sequence("tun")]).deep.equals([123456, 123456, 123456]);
      expect(sequence("fullnat")).not.equals(123456);
    },
  },
  {
    says: "| in Linux | yes | yes | yes | no: alibaba/LVS and DPVS |",
    shown: () => expect(listing(service("", "-b"), "-Ln")).includes("FullNat"),
  },
  {
    says: "| listing | `Masq` | `Route` | `Tunnel` | `FullNat` |",
    shown: () => {
      const words = (["nat", "dr", "tun", "fullnat"] as const).map(
        (mode) => /-> 172\.16\.1\.3:80\s+(\w+)/.exec(listing(rules(mode), "-Ln"))?.[1],
      );
      expect(words).deep.equals(["Masq", "Route", "Tunnel", "FullNat"]);
    },
  },
  {
    says: "`-g`, `--gatewaying` (the default)",
    shown: () => expect(listing(service("", ""), "-Ln")).includes("Route"),
  },
  fault(
    "the real servers' gateway is not the director: replies come from the wrong address, the client resets them",
    "nat",
    "gateway",
  ),
  fault("the client is in the servers' own network", "nat", "asymmetric"),
  fault("a real server answers ARP for the VIP, and gets everything", "dr", "arp"),
  fault("a link on the way is too small; it works, if ICMP gets through", "tun", "mtu"),
  fault("the same, but a firewall drops ICMP: long requests hang", "tun", "black-hole"),
  fault("`rp_filter` on the real server drops what comes out of the tunnel", "tun", "rp-filter"),
  fault("the servers' router lets out no foreign source addresses", "tun", "ingress-filter"),
  fault("a real server is dead", "nat", "dead"),
  fault("nobody listens on the port", "nat", "closed"),
];
