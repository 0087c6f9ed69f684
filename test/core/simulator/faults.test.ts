import { expect } from "chai";
import { FAULT_NAMES, FAULTS, faultOf, faultsOf } from "../../../src/core/simulator/faults.ts";
import { MODES } from "../../../src/core/simulator/layout.ts";
import { buildTopology, request } from "../../../src/core/simulator/topologies.ts";
import { AF_INET, AF_INET6, type Family } from "../../../src/core/wire/address.ts";
import { run, statistics, verdictsOf } from "./walks.ts";

const SYN = "12.11.0.10:40000 > 12.11.0.101:80 TCP S";
const IN_TUNNEL = (inner: string): string => `12.11.0.102 > 172.16.1.2 IPIP [${inner}]`;

describe("faults", () => {
  it("arp: the server answers the client's ARP, and traffic bypasses the director", () => {
    const { topology, end, packets } = run("dr", { faults: ["arp"] });
    expect(end).deep.equals({ kind: "answered", body: "I am rs1." });
    expect(packets[0]).equals(`client > rs1 ${SYN}`);
    expect(packets.filter((line) => line.includes("director"))).deep.equals([]);
    expect(statistics(topology)).matches(/TCP {2}12\.11\.0\.101:80 +0 +0 +0 /);
    // It goes on so: the second request is for the same server.
    const second = request(topology);
    topology.network.run();
    expect(second.end).deep.equals({ kind: "answered", body: "I am rs1." });
  });

  it("gateway: the client gets a SYN-ACK from the server's own address, and resets it", () => {
    const { end, packets } = run("nat", { faults: ["gateway"] });
    expect(end).deep.equals({ kind: "timed-out" });
    expect(packets.slice(0, 6)).deep.equals([
      `client > director ${SYN}`,
      "director > rs1 12.11.0.10:40000 > 172.16.1.2:80 TCP S",
      "rs1 > router 172.16.1.2:80 > 12.11.0.10:40000 TCP S.",
      "router > client 172.16.1.2:80 > 12.11.0.10:40000 TCP S.",
      "client > router 12.11.0.10:40000 > 172.16.1.2:80 TCP R",
      "router > rs1 12.11.0.10:40000 > 172.16.1.2:80 TCP R",
    ]);
  });

  it("asymmetric: answers go straight to a client in the servers' network, which resets them", () => {
    const { end, packets } = run("nat", { faults: ["asymmetric"] });
    expect(end).deep.equals({ kind: "timed-out" });
    expect(packets.slice(0, 4)).deep.equals([
      "client > director 172.16.1.10:40000 > 12.11.0.101:80 TCP S",
      "director > rs1 172.16.1.10:40000 > 172.16.1.2:80 TCP S",
      "rs1 > client 172.16.1.2:80 > 172.16.1.10:40000 TCP S.",
      "client > rs1 172.16.1.10:40000 > 172.16.1.2:80 TCP R",
    ]);
  });

  it("mtu: the director asks for 1480, the router for 1400, the director for 1380; then it works", () => {
    const { end, packets } = run("tun", { faults: ["mtu"] });
    expect(end.kind).equals("answered");
    const errors = packets.filter((line) => line.includes("ICMP"));
    expect(errors.map((line) => /^(\w+ > \w+) .* mtu (\d+)/.exec(line)?.slice(1).join(" "))).deep.equals([
      "director > client 1480",
      "router > director 1400",
      "director > client 1480",
      "director > client 1380",
    ]);
    expect(
      packets.some((line) =>
        line.includes(`router > rs1 ${IN_TUNNEL("12.11.0.10:40000 > 12.11.0.101:80 TCP . (1340 bytes of data)")}`),
      ),
    ).equals(true);
  });

  it("mtu: a short request needs none of it", () => {
    const topology = buildTopology("tun", { faults: ["mtu"] });
    const client = request(topology);
    topology.network.run();
    expect(client.end.kind).equals("answered");
  });

  it("black-hole: without ICMP, long requests hang and short ones work", () => {
    const { topology, end, packets } = run("tun", { faults: ["black-hole"] });
    expect(end).deep.equals({ kind: "timed-out" });
    expect(packets).includes("rs1 > router 12.11.0.101:80 > 12.11.0.10:40000 TCP S.");
    expect(verdictsOf(topology, "client")).includes("firewall");
    expect(verdictsOf(topology, "director")).includes("too-big");
    const short = request(topology);
    topology.network.run();
    expect(short.end.kind).equals("answered");
  });

  it("rp-filter: what comes out of the tunnel is dropped in silence", () => {
    const { topology, end, packets } = run("tun", { faults: ["rp-filter"] });
    expect(end).deep.equals({ kind: "timed-out" });
    expect(packets.filter((line) => line.startsWith("rs1"))).deep.equals([]);
    expect(new Set(verdictsOf(topology, "rs1"))).deep.equals(new Set(["reverse-path"]));
    // The second server has it right.
    const second = request(topology);
    topology.network.run();
    expect(second.end).deep.equals({ kind: "answered", body: "I am rs2." });
  });

  it("ingress-filter: the router lets no foreign source out", () => {
    const { topology, end, packets } = run("tun", { faults: ["ingress-filter"] });
    expect(end).deep.equals({ kind: "timed-out" });
    expect(packets).includes("rs1 > router 12.11.0.101:80 > 12.11.0.10:40000 TCP S.");
    expect(packets.filter((line) => line.startsWith("router > client"))).deep.equals([]);
    expect(verdictsOf(topology, "router")).includes("reverse-path");
  });

  for (const mode of MODES) {
    it(`dead: in ${mode} the client is told "host unreachable" after three seconds`, () => {
      const { topology, end } = run(mode, { faults: ["dead"] });
      expect(end).deep.equals({ kind: "unreachable", icmp: "host unreachable" });
      expect(topology.network.now).within(3_000_000, 4_000_000);
      const second = request(topology);
      topology.network.run();
      expect(second.end).deep.equals({ kind: "answered", body: "I am rs2." });
    });

    it(`closed: in ${mode} the client is refused in the name of the virtual address`, () => {
      const { end, packets } = run(mode, { faults: ["closed"] });
      expect(end).deep.equals({ kind: "reset" });
      expect(packets.at(-1)).matches(/ > client 12\.11\.0\.101:80 > 12\.11\.0\.10:40000 TCP R\.$/);
    });
  }

  it("nodad, in IPv6: two advertise the address, and the director resets what began at the server", () => {
    const { end, packets } = run("dr", { family: AF_INET6, faults: ["nodad"] });
    expect(end).deep.equals({ kind: "reset" });
    const advertised = packets.filter((line) => line.includes("fd00:11::101 is at")).map((line) => line.split(" ")[0]);
    expect(advertised).deep.equals(["rs1", "director"]);
    expect(packets).includes("client > rs1 [fd00:11::10]:40000 > [fd00:11::101]:80 TCP S");
  });

  it("mtu, in IPv6: the director learns what the router says, and tells the client when it sends again", () => {
    const { end, packets } = run("tun", { family: AF_INET6, faults: ["mtu"] });
    expect(end.kind).equals("answered");
    const errors = packets.filter((line) => line.includes("too big"));
    expect(new Set(errors.map((line) => /^(\w+ > \w+) .* mtu (\d+)/.exec(line)?.slice(1).join(" ")))).deep.equals(
      new Set(["director > client 1460", "router > director 1400", "director > client 1360"]),
    );
  });

  it("in IPv6 end as they do in IPv4", () => {
    const ends = (family: Family): unknown[] =>
      (["gateway", "asymmetric", "closed"] as const).map((name) => run("nat", { family, faults: [name] }).end);
    expect(ends(AF_INET6)).deep.equals(ends(AF_INET));
    const blackHole = run("tun", { family: AF_INET6, faults: ["black-hole"] });
    expect(blackHole.end).deep.equals({ kind: "timed-out" });
    const filtered = run("tun", { family: AF_INET6, faults: ["ingress-filter"] });
    expect(filtered.end).deep.equals({ kind: "timed-out" });
    expect(run("nat", { family: AF_INET6, faults: ["dead"] }).end).deep.equals({
      kind: "unreachable",
      icmp: "address unreachable",
    });
  });

  it("have words of their own in IPv6", () => {
    expect(faultsOf("dr", AF_INET6).map(({ name }) => name)).deep.equals(["nodad", "dead", "closed"]);
    expect(faultsOf("tun", AF_INET6).map(({ name }) => name)).not.include("rp-filter");
    expect(faultOf("dead", "dr", AF_INET6)?.sign).includes("neighbor solicitations");
    expect(faultOf("dead", "dr")?.sign).includes("ARP");
  });

  it("are each described, for modes that there are", () => {
    expect(FAULTS.map(({ name }) => name)).deep.equals([...FAULT_NAMES]);
    for (const { title, sign, cure, modes } of FAULTS) {
      expect(modes.length).greaterThan(0);
      expect(title).matches(/^[A-Z].*[^.]$/);
      for (const text of [sign, cure]) expect(text).matches(/[.)]$/);
    }
    expect(faultOf("arp", "nat")).equals(undefined);
    expect(faultOf("nonsense", "nat")).equals(undefined);
    expect(faultsOf("dr").map(({ name }) => name)).deep.equals(["arp", "dead", "closed"]);
  });
});
