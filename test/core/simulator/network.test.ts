import { expect } from "chai";
import { Host } from "../../../src/core/simulator/host.ts";
import { ip, MODES, onLink, port } from "../../../src/core/simulator/layout.ts";
import { Network } from "../../../src/core/simulator/network.ts";
import type { Segment } from "../../../src/core/simulator/segment.ts";
import { buildTopology, request, type Topology } from "../../../src/core/simulator/topologies.ts";
import { WebClient, webServer } from "../../../src/core/simulator/web.ts";
import { packetsOf } from "./walks.ts";

const hexOf = ({ network }: Topology): string[] =>
  network.hops.map(
    ({ time, from, bytes }) => `${time} ${from} ${Array.from(bytes, (byte) => byte.toString(16)).join("")}`,
  );

/** Two hosts on one segment: 10.0.0.1 and 10.0.0.2, the second with a web server. */
function pair(latency?: number): { network: Network; lan: Segment; client: Host; server: Host } {
  const network = new Network();
  const lan = network.addSegment("10.0.0.0/24", latency === undefined ? {} : { latency });
  const client = new Host(network, { name: "client", interfaces: [port("eth0", lan, [onLink(ip(10, 0, 0, 1))])] });
  const server = new Host(network, { name: "server", interfaces: [port("eth0", lan, [onLink(ip(10, 0, 0, 2))])] });
  server.tcp.listen(80, webServer("here"));
  return { network, lan, client, server };
}

function ask({ network, client, server }: { network: Network; client: Host; server: Host }, padding = 0): WebClient {
  const program = new WebClient("/", padding, (run) => network.after(10, run));
  client.tcp.connect(client.address, server.address, 80, program);
  return program;
}

describe("a network in virtual time", () => {
  for (const mode of MODES) {
    it(`does the same things each time: ${mode}`, () => {
      const runs = [0, 1].map(() => {
        const topology = buildTopology(mode);
        request(topology);
        topology.network.run();
        return hexOf(topology);
      });
      expect(runs[0]).deep.equals(runs[1]);
      expect(runs[0]?.length).greaterThan(15);
    });

    it(`comes to the same by single steps, by stretches of time, and at once: ${mode}`, () => {
      const whole = buildTopology(mode);
      request(whole);
      whole.network.run();
      const stepped = buildTopology(mode);
      request(stepped);
      let steps = 0;
      while (stepped.network.step()) steps++;
      expect(steps).greaterThan(whole.network.hops.length);
      expect(hexOf(stepped)).deep.equals(hexOf(whole));
      const stretched = buildTopology(mode);
      request(stretched);
      for (let time = 0; time <= 10_000; time += 137) stretched.network.runUntil(time);
      expect(hexOf(stretched)).deep.equals(hexOf(whole));
    });
  }

  it("stops at a time, and the clock stands there", () => {
    const topology = buildTopology("nat");
    request(topology);
    topology.network.runUntil(700);
    expect(topology.network.now).equals(700);
    expect(packetsOf(topology.network.hops).length).equals(2);
    expect(topology.network.hops.every(({ time }) => time <= 700)).equals(true);
    topology.network.runUntil(700);
    expect(topology.network.now).equals(700);
  });

  it("has connections expire when their time comes", () => {
    const topology = buildTopology("dr");
    request(topology);
    topology.network.run();
    const lines = (): number => topology.director.ipvsadm("-Lnc").trim().split("\n").length;
    expect(lines()).equals(3);
    topology.network.runUntil(300_000_000);
    expect(lines()).equals(2);
  });

  it("records who got each frame, what became of it, and its walk", () => {
    const net = pair();
    ask(net);
    net.network.run();
    const syn = net.network.hops[2];
    expect(syn).includes({ from: "client", segment: "10.0.0.0/24" });
    expect(syn?.receptions.map(({ host, verdict }) => ({ host, verdict }))).deep.equals([
      { host: "server", verdict: "delivered" },
    ]);
    expect(syn?.receptions[0]?.events.map(({ kind }) => kind)).includes("received");
    expect(syn?.receptions[0]?.time).equals((syn?.time ?? 0) + 110);
  });

  it("takes as long as its segments take", () => {
    const times = [100, 5000].map((latency) => {
      const net = pair(latency);
      const program = ask(net);
      net.network.run();
      expect(program.end).deep.equals({ kind: "answered", body: "here" });
      return net.network.now;
    });
    expect(times[1]).greaterThan((times[0] ?? 0) * 20);
  });

  it("learns where hosts are: after the first frames nothing is flooded", () => {
    const net = pair();
    const third = new Host(net.network, {
      name: "third",
      interfaces: [port("eth0", net.lan, [onLink(ip(10, 0, 0, 3))])],
    });
    ask(net);
    net.network.run();
    const heard = net.network.hops.filter(({ to }) => to.includes(third.name));
    expect(heard.length).equals(1);
    expect(heard[0]?.to).deep.equals(["server", "third"]);
  });
});

describe("a host's TCP", () => {
  it("sends again what is lost, later each time, and goes on", () => {
    const net = pair();
    let lost = 0;
    net.server.filters.push((bytes) => (bytes.length > 200 && lost++ < 2 ? "lost" : undefined));
    const program = ask(net, 300);
    net.network.run();
    expect(program.end).deep.equals({ kind: "answered", body: "here" });
    const times = net.network.hops.filter(({ bytes }) => bytes.length > 200).map(({ time }) => time);
    expect(times.length).equals(3);
    expect(times.map((time) => Math.round((time - (times[0] ?? 0)) / 1e6))).deep.equals([0, 1, 3]);
  });

  it("answers lost answers once more", () => {
    const net = pair();
    let lost = 0;
    net.client.filters.push((bytes) => (bytes.length > 80 && lost++ < 1 ? "lost" : undefined));
    const program = ask(net);
    net.network.run();
    expect(program.end).deep.equals({ kind: "answered", body: "here" });
  });

  it("gives up a SYN that nobody answers after 1, 3, 7, 15 and 31 s", () => {
    const net = pair();
    net.server.filters.push(() => "silent");
    net.server.alive = true;
    // ARP is answered; only packets are swallowed.
    net.server.filters[0] = (bytes) => (bytes[13] === 0 ? "silent" : undefined);
    const program = ask(net);
    net.network.run();
    expect(program.end).deep.equals({ kind: "timed-out" });
    expect(packetsOf(net.network.hops).length).equals(5);
    expect(Math.round(net.network.now / 1e6)).equals(31);
  });

  it("is reset where nobody listens", () => {
    const net = pair();
    net.server.tcp.stopListening(80);
    const program = ask(net);
    net.network.run();
    expect(program.end).deep.equals({ kind: "reset" });
  });

  it("is told of a dead host by its own ARP", () => {
    const net = pair();
    net.server.alive = false;
    const program = ask(net);
    net.network.run();
    expect(program.end.kind).to.be.oneOf(["unreachable", "timed-out"]);
    expect(packetsOf(net.network.hops)).deep.equals([]);
  });

  it("ignores segments whose checksum is wrong", () => {
    const net = pair();
    let broken = 0;
    net.server.filters.push((bytes) => {
      if (bytes.length === 58 && broken++ === 0) bytes[50] = (bytes[50] ?? 0) ^ 1;
      return undefined;
    });
    const program = ask(net);
    net.network.run();
    expect(broken).greaterThan(1);
    expect(program.end).deep.equals({ kind: "answered", body: "here" });
  });

  it("closes both ways, and leaves nothing under way", () => {
    const net = pair();
    ask(net);
    net.network.run();
    expect(net.client.tcp.connections.map(({ state, end }) => `${state} ${end?.kind}`)).deep.equals([
      "time-wait closed",
    ]);
    expect(net.server.tcp.connections.map(({ state, end }) => `${state} ${end?.kind}`)).deep.equals(["closed closed"]);
    expect(net.network.step()).equals(false);
  });
});

describe("a host's datagrams", () => {
  it("wait five seconds for an answer, and hear of closed ports at once", () => {
    const net = pair();
    const ends: string[] = [];
    net.server.datagrams.listen(53, () => undefined);
    net.client.datagrams.ask(net.client.address, net.server.address, 53, Uint8Array.of(1), ({ kind }) =>
      ends.push(kind),
    );
    net.client.datagrams.ask(net.client.address, net.server.address, 54, Uint8Array.of(1), (end) =>
      ends.push(end.kind === "unreachable" ? end.icmp : end.kind),
    );
    net.network.run();
    expect(ends).deep.equals(["port unreachable", "timed-out"]);
    expect(Math.round(net.network.now / 1e6)).equals(5);
  });

  it("pings, and hears nothing from the dead", () => {
    const net = pair();
    const ends: string[] = [];
    net.client.datagrams.ping(net.client.address, net.server.address, Uint8Array.of(7), ({ kind }) => ends.push(kind));
    net.network.run();
    net.server.alive = false;
    net.client.datagrams.ping(net.client.address, net.server.address, Uint8Array.of(7), ({ kind }) => ends.push(kind));
    net.network.run();
    expect(ends).deep.equals(["answered", "timed-out"]);
  });
});
