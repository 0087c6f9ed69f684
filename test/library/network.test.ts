/** Built-in networks and links through the public door. */
import { inspect } from "node:util";
import { expect } from "chai";
import { createDirector } from "tapvs";
import { type PacketOnPort, writePcapng } from "tapvs/capture";
import {
  captured,
  createNetwork,
  faulty,
  type Link,
  type Method,
  nowhere,
  traced,
  UsageError,
  wiredTo,
} from "tapvs/network";
import { packet, tcp } from "tapvs/packet";

describe("a built-in network", () => {
  for (const method of ["nat", "dr", "tun", "fullnat"] as const satisfies readonly Method[]) {
    for (const ipv6 of [false, true]) {
      it(`answers requests by ${method}${ipv6 ? " in IPv6" : ""}, each from another server`, () => {
        const network = createNetwork(method, { ipv6 });
        const pages = [network.request(), network.request()];
        expect(pages.map(({ outcome }) => outcome)).deep.equals(["pending", "pending"]);
        network.run();
        expect(pages.map(({ outcome }) => outcome)).deep.equals(["answered", "answered"]);
        expect(pages.map(({ body }) => body).sort()).deep.equals(["I am rs1.", "I am rs2."]);
        expect(network.director.connections()).lengthOf(2);
        expect(network.service).matches(ipv6 ? /^\[fd00:11::101\]:80$/ : /^12\.11\.0\.101:80$/);
      });
    }
  }

  it("records every hop, with the walk at each host", () => {
    const network = createNetwork("nat");
    network.request();
    network.run();
    const syn = network.hops.find(({ from, fields }) => from === "client" && fields.flags === "S");
    expect(syn?.text).matches(/^tcp 12\.11\.0\.10:\d+ > 12\.11\.0\.101:80 S/);
    const [reception] = syn?.receptions ?? [];
    expect(reception).includes({ host: "director", verdict: "parked" });
    expect(reception?.steps.map(({ code }) => code)).includes("scheduled");
  });

  it("is printed by console.log with what its getters give", () => {
    const network = createNetwork("dr");
    const page = network.request();
    network.run();
    expect(inspect(page)).equals("{ outcome: 'answered', body: 'I am rs1.' }");
    expect(inspect(network)).includes("service: '12.11.0.101:80'").and.includes("alive: true");
    expect(inspect(network.hops[3])).includes("text: 'arp 12.11.0.10").and.not.includes("[Getter");
  });

  it("has hosts that may die, and the faults that people make", () => {
    const network = createNetwork("nat", { servers: 1 });
    for (const host of network.hosts) if (host.name === "rs1") host.alive = false;
    const page = network.request();
    network.run();
    expect(page.outcome).equals("unreachable");
    const wrong = createNetwork("nat", { faults: ["gateway"] });
    const other = wrong.request();
    wrong.advance("5 min");
    expect(other.outcome).not.equals("answered");
    expect(wrong.now).equals(300);
  });

  it("serves over wires that lose, double and reorder, as TCP asks again; the same by the same seed", () => {
    const run = (seed: number): { readonly outcomes: string[]; readonly lost: number; readonly hops: number } => {
      const network = createNetwork("nat", { wire: { drop: 0.1, duplicate: 0.05, reorder: 0.02, seed } });
      const pages = Array.from({ length: 5 }, () => network.request());
      network.advance("10 min");
      const lost = network.hops.filter(({ to }) => to.length === 0).length;
      return { outcomes: pages.map(({ outcome }) => outcome), lost, hops: network.hops.length };
    };
    const first = run(7);
    expect(first.lost).greaterThan(3);
    expect(first.outcomes).deep.equals(Array(5).fill("answered"));
    expect(run(7)).deep.equals(first);
    expect(run(8)).not.deep.equals(first);
  });

  it("says what it cannot have", () => {
    expect(() => createNetwork("nat", { faults: ["mtu"] })).throws(
      UsageError,
      /^fault in nat "mtu": expected one of gateway/,
    );
    expect(() => createNetwork("nat", { servers: 99 })).throws(
      UsageError,
      "expected between 1 and 9 real servers, not 99",
    );
    expect(() => createNetwork("cat" as Method)).throws(
      UsageError,
      'method "cat": expected one of nat, dr, tun, fullnat',
    );
    for (const [options, message] of [
      [null, /^expected an object with any of ipv6, .*; got null$/],
      [{ server: 3 }, /^server: no such option; expected one of ipv6, servers,/],
      [{ scheduler: "foo" }, /^expected rules that ipvsadm takes, not -A -t 12.11.0.101:80 -s foo: Scheduler or/],
      [{ weights: [-1] }, /^expected rules that ipvsadm takes, not -a .* -w -1: /],
      [{ persistentSeconds: "x" }, /^expected rules that ipvsadm takes, not -A .* -p x: /],
      [{ weights: 3 }, /^weights: expected a list, got 3$/],
      [{ mtu: 1 }, /^mtu: expected at least 68, got 1$/],
      [{ ipv6: true, mtu: 1000 }, /^mtu: expected at least 1280, got 1000$/],
      [{ ipv6: "no" }, /^ipv6: expected true or false, got "no"$/],
    ] as const)
      expect(() => createNetwork("nat", options as never)).throws(UsageError, message);
    expect(() => createNetwork("nat").request(-1)).throws(UsageError, /^padding: expected a whole number/);
  });
});

describe("links", () => {
  const frames = (count: number) =>
    Array.from(
      { length: count },
      (_, index) =>
        createDirector({ interfaces: { eth0: "10.1.0.1/24" } }).receive(
          "eth0",
          packet(`icmp 10.1.0.${index + 2} > 10.1.0.1 echo`),
        ).sent,
    ).flat();

  it("see, keep, lose, double, damage and reorder what passes, the same by the same seed", () => {
    const sent = frames(100);
    const through = (wrap: (link: Link) => Link): string[] => {
      const texts: string[] = [];
      const link = wrap({ send: ({ text }) => texts.push(text) });
      for (const frame of sent) link.send(frame);
      return texts;
    };
    const plain = sent.map(({ text }) => text);
    expect(through((link) => faulty(link, {}))).deep.equals(plain);
    const lossy = through((link) => faulty(link, { drop: 0.3, seed: 7 }));
    expect(lossy.length).within(50, 90);
    expect(through((link) => faulty(link, { drop: 0.3, seed: 7 }))).deep.equals(lossy);
    expect(through((link) => faulty(link, { duplicate: 1 }))).lengthOf(200);
    const reordered = through((link) => faulty(link, { reorder: 0.5 }));
    expect(reordered).not.deep.equals(plain);
    expect(new Set(reordered).size).within(99, 100);
    const damaged = through((link) => faulty(link, { corrupt: 1 }));
    expect(damaged.filter((text, index) => text !== plain[index]).length).greaterThan(90);
    expect(() => faulty(nowhere, { drop: 2 })).throws(
      UsageError,
      "drop: expected a share of the frames from 0 to 1, got 2",
    );
  });

  it("trace and capture", async () => {
    const lines: string[] = [];
    const packets: PacketOnPort[] = [];
    const link = traced(
      captured(
        nowhere,
        (one) => packets.push(one),
        () => 2,
      ),
      (line) => lines.push(line),
    );
    const director = createDirector({ interfaces: { eth0: "10.1.0.1/24" } }, { link });
    director.receive("eth0", tcp("10.1.0.2:1 > 10.1.0.1:2", "S"));
    expect(lines).deep.equals(["eth0 arp 10.1.0.1 > 10.1.0.2 request"]);
    expect(packets.map(({ time, port }) => [time, port])).deep.equals([[2_000_000, "eth0"]]);
    let bytes = 0;
    for await (const piece of writePcapng(packets, director.ports)) bytes += piece.length;
    expect(bytes).greaterThan(100);
  });

  it("join two directors, which find each other by ARP", () => {
    const other = createDirector({ interfaces: { eth0: "10.1.0.2/24" } }, { link: wiredTo(() => one, "eth0") });
    const one: typeof other = createDirector(
      { interfaces: { eth0: "10.1.0.1/24" } },
      { link: wiredTo(() => other, "eth0") },
    );
    one.receive("eth0", packet("icmp 10.1.0.2 > 10.1.0.1 echo"));
    expect(other.stats().verdicts).deep.equals({ delivered: 1, "host-silent": 1 });
  });
});
