/** The director as a whole: its clock, its counters, its switches, and that who listens makes no difference. */

import { expect } from "chai";
import fc from "fast-check";
import { runIpvsadm } from "../../../src/core/control/interpreter.ts";
import { prefixed } from "../../../src/core/host/config/config.ts";
import { PlainValue, type Problem } from "../../../src/core/host/config/plain-value.ts";
import { readHostConfig } from "../../../src/core/host/config/reader.ts";
import { hostConfigValues } from "../../../src/core/host/config/writer.ts";
import { Director } from "../../../src/core/host/director.ts";
import { VERDICTS } from "../../../src/core/trace/verdict.ts";
import { firstWord, ipv4 as ipv4Address } from "../../../src/core/wire/address.ts";
import { Frame } from "../../../src/core/wire/frame.ts";
import { CLIENT, DIRECTOR, lab, labConfig, macOf, SERVER, service, VIP } from "../../support/lab.ts";
import { ethernet, icmp, ip, tcp, udp } from "../../support/packet.ts";
import { HaDirector, hex } from "./vrrp/director.ts";

const silent = { send: () => {} };

describe("the director's clock", () => {
  it("begins with the first time it is told, whatever that is, and never goes back", () => {
    for (const epoch of [0, 1.7e15, -5]) {
      const director = new Director(labConfig({}), { link: silent });
      director.advance(epoch);
      expect(director.now).to.equal(0);
      director.advance(epoch + 3e6);
      director.advance(epoch + 1e6);
      expect(director.now).to.equal(3e6);
    }
  });

  it("is not moved by what is no time, and jumps 20 years at most", () => {
    const director = new Director(labConfig({}), { link: silent });
    director.advance(Number.NaN);
    director.advance(0);
    director.advance(Number.NaN);
    expect(director.now).to.equal(0);
    director.advance(Number.POSITIVE_INFINITY);
    expect(director.now).to.equal(20 * 365 * 86_400e6);
  });

  it("shows each timer the moment it was due for, not the one it is late for", () => {
    const made = lab(service("-m"), { neighbors: false });
    const seen: number[] = [];
    const { agenda } = made.director.server;
    for (const at of [1e6, 2e6, 5e6]) agenda.schedule(at, () => seen.push(made.director.now));
    made.wait(60);
    expect(seen).to.deep.equal([1e6, 2e6, 5e6]);
    expect(made.director.now).to.equal(60e6);
  });
});

describe("the director's counters", () => {
  it("every frame ends in one verdict", () => {
    const made = lab(service("-m"));
    const frames = [
      tcp(`${CLIENT}:1 > ${VIP}:80`, "S"),
      tcp(`${CLIENT}:1 > ${VIP}:81`, "S"),
      icmp(`${CLIENT} > ${DIRECTOR}`, 8, 0),
      udp(`${CLIENT}:1 > 203.0.113.7:9`),
      tcp(`${CLIENT}:1 > ${VIP}:80`, ".", { ttl: 1 }),
    ];
    for (const frame of frames) made.receive(frame);
    expect(made.director.counts.reduce((sum, count) => sum + count, 0)).to.equal(frames.length);
    expect(made.director.counts).to.have.length(VERDICTS);
  });
});

describe("the director's switches", () => {
  it("are set by their names; numbers may be texts, anything else changes nothing", () => {
    const { director } = lab();
    expect(director.setSysctl("net.ipv4.vs.sloppy_tcp", "1")).to.equal("set");
    expect(director.server.sysctl.sloppy_tcp).to.equal(1);
    for (const value of ["one", "1.5", Number.NaN]) {
      expect(director.setSysctl("net.ipv4.vs.sloppy_tcp", value), `${value}`).to.equal("invalid");
    }
    expect(director.server.sysctl.sloppy_tcp).to.equal(1);
    director.setSysctl("net.ipv4.ip_default_ttl", 99);
    expect(
      lab([], { sysctl: { "net.ipv4.ip_default_ttl": 99 } }).receive(icmp(`${CLIENT} > ${DIRECTOR}`, 8, 0)).sent[0]
        ?.ttl,
    ).to.equal(99);
  });
});

describe("frames that arrive together", () => {
  it("come out as if each had come alone", () => {
    const packets = fc.array(
      fc.tuple(fc.integer({ min: 1, max: 5 }), fc.constantFrom("S", ".", "F.", "R"), fc.constantFrom(80, 81)),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(packets, (list) => {
        const frames = list.map(([port, letters, to]) =>
          ethernet("02:00:00:00:01:64", macOf(CLIENT), tcp(`${CLIENT}:${port} > ${VIP}:${to}`, letters)),
        );
        const run = (together: boolean): string[] => {
          const made = lab(service("-m"), { silent: true });
          const arrived = frames.map((bytes) => Frame.of(bytes));
          if (together) made.director.receiveAll(arrived, arrived.length, 0, 0);
          else for (const frame of arrived) made.director.receive(frame, 0, 0);
          return [...made.collect().map(String), ...made.listing(), `${made.director.counts}`];
        };
        expect(run(true)).to.deep.equal(run(false));
      }),
      { numRuns: 50 },
    );
  });

  it("are looked at anew when one of them takes an address away", () => {
    const routers = (priority: number) => ({
      vrrp: [{ interface: "eth0", id: 51, addresses: ["10.1.0.100/32"], priority }],
    });
    const better = new HaDirector(2, routers(200));
    better.until(5);
    const advertisement = better.sent.find(({ bytes }) => bytes[23] === 112)?.bytes ?? new Uint8Array();
    const syn = (port: number) =>
      ethernet("02:00:00:00:01:01", "02:00:00:00:01:09", tcp(`10.1.0.9:${port} > 10.1.0.100:80`, "S"));
    const run = (together: boolean): string[] => {
      const made = new HaDirector(1, routers(100));
      for (const line of ["-A -t 10.1.0.100:80 -s rr", "-a -t 10.1.0.100:80 -r 10.2.0.9:80 -m"])
        runIpvsadm(line.split(" "), { server: made.director.server });
      made.until(5);
      expect(made.state).to.equal("master");
      const arrived = [syn(1), advertisement, syn(2)].map((bytes) => Frame.of(bytes));
      if (together) made.director.receiveAll(arrived, arrived.length, 0, made.now);
      else for (const frame of arrived) made.director.receive(frame, 0, made.now);
      expect(made.state).to.equal("backup");
      return [
        `${made.director.server.connections.table.rows.count} connections`,
        `${made.director.counts}`,
        ...made.sent.map(({ bytes }) => hex(bytes)),
      ];
    };
    expect(run(true)).to.deep.equal(run(false));
    expect(run(true)[0]).to.equal("1 connections");
  });
});

describe("a host's configuration", () => {
  const address = fc.nat(0xffffffff);
  const drawnPrefix = fc.tuple(address, fc.nat(32)).map(([drawn, prefix]) => prefixed(drawn, prefix));
  const network = drawnPrefix.map(({ address: drawn, prefix }) =>
    prefixed(prefix === 0 ? 0 : firstWord(drawn) & (0xffffffff << (32 - prefix)), prefix),
  );
  const mac = fc.uint8Array({ minLength: 6, maxLength: 6 }).map((bytes) => Uint8Array.from([2, ...bytes.slice(1)]));
  const port = fc.nat(65535);
  const config = fc.record({
    interfaces: fc.uniqueArray(
      fc.record({
        name: fc.stringMatching(/^[a-z][a-z0-9]{0,9}$/),
        mac,
        mtu: fc.integer({ min: 68, max: 65535 }),
        addresses: fc.array(drawnPrefix, { maxLength: 3 }),
      }),
      { minLength: 1, maxLength: 4, comparator: (a, b) => a.name === b.name || `${a.mac}` === `${b.mac}` },
    ),
    routes: fc.array(fc.record({ to: network, via: address.map(ipv4Address) }), { maxLength: 4 }),
    marks: fc.array(
      fc.record({
        protocol: fc.constantFrom(6 as const, 17 as const),
        destination: network,
        portFirst: port,
        portLast: port,
        mark: fc.integer({ min: 1, max: 0xffffffff }),
      }),
      { maxLength: 3 },
    ),
    neighbors: fc.array(fc.record({ address: address.map(ipv4Address), mac }), { maxLength: 3 }),
    sysctl: fc.constantFrom({}, { "net.ipv4.vs.sloppy_tcp": 1, "net.ipv4.ip_forward": "0" }),
  });

  it("written as plain values reads back as it was", () => {
    fc.assert(
      fc.property(config, (drawn) => {
        const [first] = drawn.interfaces;
        const made = {
          ...drawn,
          neighbors: drawn.neighbors.map((neighbor) => ({ ...neighbor, dev: first?.name ?? "" })),
          marks: drawn.marks.map((mark) => ({
            ...mark,
            portFirst: Math.min(mark.portFirst, mark.portLast),
            portLast: Math.max(mark.portFirst, mark.portLast),
          })),
        };
        const problems: Problem[] = [];
        const values = JSON.parse(JSON.stringify(hostConfigValues(made)));
        const back = readHostConfig(new PlainValue(values, [], problems));
        expect(problems).to.deep.equal([]);
        expect(back).to.deep.equal(made);
      }),
    );
  });
});

describe("a director of any configuration that can be read", () => {
  it("takes a frame", () => {
    const director = new Director(
      { interfaces: [{ name: "lan", mtu: 68, addresses: [] }], routes: [], neighbors: [], marks: [], sysctl: {} },
      { link: silent },
    );
    const frame = Frame.of(ethernet("02:00:00:00:00:01", macOf(CLIENT), udp(`${CLIENT}:1 > ${SERVER}:2`)));
    expect(director.receive(frame, 0, 0)).to.be.at.least(0);
    expect(director.routes.sourceFor(0, ip(CLIENT))).to.equal(0);
  });
});
