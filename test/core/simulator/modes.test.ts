import { expect } from "chai";
import { MODES } from "../../../src/core/simulator/layout.ts";
import { buildTopology, request } from "../../../src/core/simulator/topologies.ts";
import { AF_INET6, formatAddress } from "../../../src/core/wire/address.ts";
import { packetsOf, run, statistics } from "./walks.ts";

describe("the built-in networks", () => {
  for (const mode of MODES) {
    it(`${mode}: a request has its answer`, () => {
      const { end, topology } = run(mode);
      expect(end).deep.equals({ kind: "answered", body: "I am rs1." });
      expect(topology.director.ipvsadm("-Lnc")).matches(/TCP \d\d:\d\d {2}(FIN_WAIT|TIME_WAIT|CLOSE|LAST_ACK)/);
    });

    it(`${mode}: requests take turns among the real servers`, () => {
      const topology = buildTopology(mode, { servers: 3 });
      const bodies: string[] = [];
      for (let turn = 0; turn < 4; turn++) {
        const client = request(topology);
        topology.network.run();
        bodies.push(client.end.kind === "answered" ? client.end.body : client.end.kind);
      }
      expect(bodies).deep.equals(["I am rs1.", "I am rs2.", "I am rs3.", "I am rs1."]);
      expect(
        statistics(topology)
          .split("\n")
          .filter((line) => line.startsWith("  ->")).length,
      ).equals(4);
    });

    it(`${mode}: many requests at once do not get in each other's way`, () => {
      const topology = buildTopology(mode);
      const clients = Array.from({ length: 8 }, () => request(topology));
      topology.network.run();
      const bodies = clients.map(({ end }) => (end.kind === "answered" ? end.body : end.kind));
      expect(bodies.toSorted()).deep.equals([...new Array(4).fill("I am rs1."), ...new Array(4).fill("I am rs2.")]);
    });

    it(`${mode}: a long request goes through, in pieces that fit`, () => {
      const topology = buildTopology(mode);
      const client = request(topology, 20_000);
      topology.network.run();
      expect(client.end.kind).equals("answered");
      for (const { bytes } of topology.network.hops) expect(bytes.length).lessThan(1515);
    });

    it(`${mode}: UDP and ping`, () => {
      const topology = buildTopology(mode);
      const { client, director, virtualAddress, network } = topology;
      director.ipvsadm("-A -u 12.11.0.101:80 -s rr");
      for (const rule of topology.rules.filter((line) => !line.startsWith("-A")))
        expect(director.ipvsadm(rule.replace("-t", "-u"))).equals("");
      const ends: string[] = [];
      client.datagrams.ask(client.address, virtualAddress, 80, Uint8Array.of(63), (end) =>
        ends.push(end.kind === "answered" ? String.fromCharCode(...end.data) : end.kind),
      );
      client.datagrams.ping(client.address, virtualAddress, Uint8Array.of(1, 2, 3), (end) => ends.push(end.kind));
      network.run();
      expect(ends.toSorted()).deep.equals(["answered", "rs1"]);
    });
  }

  for (const mode of MODES) {
    it(`${mode} in IPv6: requests take turns, and a long one goes through in pieces that fit`, () => {
      const topology = buildTopology(mode, { family: AF_INET6, servers: 3 });
      const bodies: string[] = [];
      for (const padding of [0, 0, 20_000, 0]) {
        const client = request(topology, padding);
        topology.network.run();
        bodies.push(client.end.kind === "answered" ? client.end.body : client.end.kind);
      }
      expect(bodies).deep.equals(["I am rs1.", "I am rs2.", "I am rs3.", "I am rs1."]);
      for (const { bytes } of topology.network.hops) {
        expect(bytes.length).lessThan(1515);
        expect(bytes[12]).equals(0x86);
      }
      expect(topology.director.ipvsadm("-Ln")).includes("TCP  [fd00:11::101]:80 rr");
    });

    it(`${mode} in IPv6: UDP, also in fragments, and ping`, () => {
      const topology = buildTopology(mode, { family: AF_INET6 });
      const { client, director, virtualAddress, network } = topology;
      director.ipvsadm("-A -u [fd00:11::101]:80 -s rr");
      for (const rule of topology.rules.filter((line) => !line.startsWith("-A")))
        expect(director.ipvsadm(rule.replace("-t", "-u"))).equals("");
      const ends: string[] = [];
      // No outer header fits around the largest fragment: the client is told, and cuts smaller ones the next time.
      const lengths = mode === "tun" ? [1, 3000, 3000] : [1, 3000];
      for (const length of lengths) {
        client.datagrams.ask(client.address, virtualAddress, 80, new Uint8Array(length), (end) =>
          ends.push(end.kind === "answered" ? String.fromCharCode(...end.data) : end.kind),
        );
        network.run();
      }
      client.datagrams.ping(client.address, virtualAddress, Uint8Array.of(1, 2, 3), (end) => ends.push(end.kind));
      network.run();
      expect(ends).deep.equals(mode === "tun" ? ["rs1", "timed-out", "rs1", "answered"] : ["rs1", "rs2", "answered"]);
    });
  }

  it("dr in IPv6: nobody but the director advertises the virtual address, and servers ask in their own names", () => {
    const { packets } = run("dr", { family: AF_INET6 });
    const advertised = packets.filter((line) => line.includes("fd00:11::101 is at"));
    expect(advertised).deep.equals([
      "director > client fd00:11::101 > fd00:11::10 ICMPv6 neighbor advertisement: fd00:11::101 is at 02:00:11:00:01:02",
    ]);
    const asked = packets.filter((line) => line.startsWith("rs") && line.includes("who has"));
    expect(asked.length).greaterThan(0);
    for (const line of asked) expect(line).matches(/^rs\d > \S+ fe80::/);
  });

  it("nat: the addresses are those of the classic example", () => {
    const { packets } = run("nat");
    expect(packets.slice(0, 4)).deep.equals([
      "client > director 12.11.0.10:40000 > 12.11.0.101:80 TCP S",
      "director > rs1 12.11.0.10:40000 > 172.16.1.2:80 TCP S",
      "rs1 > director 172.16.1.2:80 > 12.11.0.10:40000 TCP S.",
      "director > client 12.11.0.101:80 > 12.11.0.10:40000 TCP S.",
    ]);
  });

  it("dr: the director sees requests only", () => {
    const { topology, packets } = run("dr");
    expect(packets.filter((line) => line.startsWith("rs1 > director"))).deep.equals([]);
    expect(packets).includes("rs1 > client 12.11.0.101:80 > 12.11.0.10:40000 TCP S.");
    expect(statistics(topology)).matches(/TCP {2}12\.11\.0\.101:80 +1 +5 +0 /);
  });

  it("dr: the director answers ARP for the virtual address, and the servers do not", () => {
    const { topology } = run("dr");
    const [request_, answer] = topology.network.hops;
    expect(request_?.to).deep.equals(["director", "rs1", "rs2"]);
    expect(request_?.receptions.map(({ host, verdict }) => `${host} ${verdict}`).toSorted()).deep.equals([
      "director delivered",
      "rs1 arp-not-for-us",
      "rs2 arp-not-for-us",
    ]);
    expect(answer?.from).equals("director");
  });

  it("tun: the server unwraps, and sees the client's own packet", () => {
    const { topology, packets } = run("tun");
    expect(packets[2]).equals("router > rs1 12.11.0.102 > 172.16.1.2 IPIP [12.11.0.10:40000 > 12.11.0.101:80 TCP S]");
    expect(packets[3]).equals("rs1 > router 12.11.0.101:80 > 12.11.0.10:40000 TCP S.");
    const events = topology.network.hops.find(
      ({ to, from }) => from === "router" && to.includes("rs1") && to.length === 1,
    );
    expect(events?.receptions.length).greaterThan(0);
  });

  it("fullnat: the server talks to a local address of the director only", () => {
    const { topology, packets } = run("fullnat");
    for (const line of packets.filter((text) => text.includes("rs1"))) expect(line).not.includes("12.11.0.10:");
    const [server] = topology.servers;
    expect(server?.tcp.connections.map(({ ends }) => formatAddress(ends.remoteAddress))).deep.equals(["172.16.1.100"]);
  });

  it("refuses a number of servers that cannot be", () => {
    for (const servers of [0, 10, 1.5, Number.NaN]) expect(() => buildTopology("nat", { servers })).throws(RangeError);
    expect(buildTopology("tun", { servers: 9 }).servers.length).equals(9);
  });

  it("take another scheduler", () => {
    const topology = buildTopology("nat", { scheduler: "wlc" });
    const client = request(topology);
    topology.network.run();
    expect(client.end.kind).equals("answered");
    expect(topology.director.ipvsadm("-Ln")).includes("wlc");
    expect(packetsOf(topology.network.hops).length).equals(16);
  });
});
