import { expect } from "chai";
import { FAULT_NAMES, FAULTS, faultOf, faultsOf } from "../../../src/core/simulator/faults.ts";
import { MODES } from "../../../src/core/simulator/layout.ts";
import { buildTopology, request } from "../../../src/core/simulator/topologies.ts";
import { run, statistics, verdictsOf } from "./walks.ts";

const SYN = "12.11.0.10:40000 > 12.11.0.101:80 TCP S";
const IN_TUNNEL = (inner: string): string => `12.11.0.102 > 172.16.1.2 IPIP [${inner}]`;

describe("faults", () => {
  it("arp: the server answers the client's ARP, and traffic bypasses the director", () => {
    const { topology, end, packets } = run("dr", "arp");
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
    const { end, packets } = run("nat", "gateway");
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
    const { end, packets } = run("nat", "asymmetric");
    expect(end).deep.equals({ kind: "timed-out" });
    expect(packets.slice(0, 4)).deep.equals([
      "client > director 172.16.1.10:40000 > 12.11.0.101:80 TCP S",
      "director > rs1 172.16.1.10:40000 > 172.16.1.2:80 TCP S",
      "rs1 > client 172.16.1.2:80 > 172.16.1.10:40000 TCP S.",
      "client > rs1 172.16.1.10:40000 > 172.16.1.2:80 TCP R",
    ]);
  });

  it("mtu: the director asks for 1480, the router for 1400, the director for 1380; then it works", () => {
    const { end, packets } = run("tun", "mtu");
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
    const { topology, end, packets } = run("tun", "black-hole");
    expect(end).deep.equals({ kind: "timed-out" });
    expect(packets).includes("rs1 > router 12.11.0.101:80 > 12.11.0.10:40000 TCP S.");
    expect(verdictsOf(topology, "client")).includes("firewall");
    expect(verdictsOf(topology, "director")).includes("too-big");
    const short = request(topology);
    topology.network.run();
    expect(short.end.kind).equals("answered");
  });

  it("rp-filter: what comes out of the tunnel is dropped in silence", () => {
    const { topology, end, packets } = run("tun", "rp-filter");
    expect(end).deep.equals({ kind: "timed-out" });
    expect(packets.filter((line) => line.startsWith("rs1"))).deep.equals([]);
    expect(new Set(verdictsOf(topology, "rs1"))).deep.equals(new Set(["reverse-path"]));
    // The second server has it right.
    const second = request(topology);
    topology.network.run();
    expect(second.end).deep.equals({ kind: "answered", body: "I am rs2." });
  });

  it("ingress-filter: the router lets no foreign source out", () => {
    const { topology, end, packets } = run("tun", "ingress-filter");
    expect(end).deep.equals({ kind: "timed-out" });
    expect(packets).includes("rs1 > router 12.11.0.101:80 > 12.11.0.10:40000 TCP S.");
    expect(packets.filter((line) => line.startsWith("router > client"))).deep.equals([]);
    expect(verdictsOf(topology, "router")).includes("reverse-path");
  });

  for (const mode of MODES) {
    it(`dead: in ${mode} the client is told "host unreachable" after three seconds`, () => {
      const { topology, end } = run(mode, "dead");
      expect(end).deep.equals({ kind: "unreachable", icmp: "host unreachable" });
      expect(topology.network.now).within(3_000_000, 4_000_000);
      const second = request(topology);
      topology.network.run();
      expect(second.end).deep.equals({ kind: "answered", body: "I am rs2." });
    });

    it(`closed: in ${mode} the client is refused in the name of the virtual address`, () => {
      const { end, packets } = run(mode, "closed");
      expect(end).deep.equals({ kind: "reset" });
      expect(packets.at(-1)).matches(/ > client 12\.11\.0\.101:80 > 12\.11\.0\.10:40000 TCP R\.$/);
    });
  }

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
