import { expect } from "chai";
import { follow } from "../../../src/core/explain/flow.ts";
import { endingOf } from "../../../src/core/explain/headlines/ending.ts";
import { headlineOf } from "../../../src/core/explain/headlines/headline.ts";
import { MODES, type Mode } from "../../../src/core/simulator/layout.ts";
import { buildTopology, request, type Topology } from "../../../src/core/simulator/topologies.ts";
import { isMaster, type SyncChoice, TAKEOVER } from "../../../src/core/simulator/two-directors.ts";
import type { WebEnd } from "../../../src/core/simulator/web.ts";
import { AF_INET, AF_INET6, type Family } from "../../../src/core/wire/address.ts";

/** Microseconds after which a connection stands, and nothing was asked for yet. */
const IN_THE_MIDDLE = 2000;

function letPass({ network }: Topology, microseconds: number): void {
  network.after(microseconds, () => undefined);
  network.runUntil(network.now + microseconds);
}

const mastersOf = ({ directors }: Topology): string[] => directors.filter(isMaster).map(({ name }) => name);

/** A request under which the master dies. */
function failover(mode: Mode, sync: SyncChoice, family: Family = AF_INET): { topology: Topology; end: WebEnd } {
  const topology = buildTopology(mode, { directors: 2, sync, family });
  const client = request(topology);
  topology.network.after(IN_THE_MIDDLE, () => topology.director.die());
  topology.network.run();
  return { topology, end: client.end };
}

describe("two directors in a built-in network", () => {
  for (const mode of MODES) {
    for (const family of [AF_INET, AF_INET6] as const) {
      it(`${mode}${family === AF_INET6 ? ", IPv6" : ""}: the client of a synchronised one that dies gets its page, of another a reset`, () => {
        expect(failover(mode, "prompt", family).end.kind).equals("answered");
        expect(failover(mode, "off", family).end.kind).equals("reset");
        // Linux tells with the third packet of an established connection: this one is younger.
        expect(failover(mode, "linux", family).end.kind).equals("reset");
      });
    }
  }

  it("begin settled: the first is master, and nothing was on the wires yet", () => {
    const topology = buildTopology("nat", { directors: 2 });
    expect(topology.network.now).equals(0);
    expect(topology.network.hops).deep.equals([]);
    expect(topology.network.happenings).deep.equals([]);
    expect(mastersOf(topology)).deep.equals(["director"]);
    expect(topology.directors.flatMap(({ refused }) => refused)).deep.equals([]);
  });

  it("take over when one dies, and back when it starts again with what the other knows", () => {
    const { topology } = failover("nat", "prompt");
    const [first, second] = topology.directors;
    expect(mastersOf(topology)).deep.equals(["director2"]);
    expect(second?.ipvsadm("-Lnc")).includes("12.11.0.10:40000");
    first.restart();
    expect(first.ipvsadm("-Lnc")).not.includes("12.11.0.10:40000");
    letPass(topology, TAKEOVER);
    expect(mastersOf(topology)).deep.equals(["director"]);
    expect(first.ipvsadm("-Lnc")).includes("12.11.0.10:40000");
    const moves = topology.network.happenings.map(
      (one) => `${one.host} ${one.what === "moved" ? one.state : one.what}`,
    );
    expect([...new Set(moves)]).deep.equals([
      "director died",
      "director2 master",
      "director started",
      "director backup",
      "director master",
      "director2 backup",
    ]);
  });

  it("are told of in sentences: who dies, takes over, announces, tells", () => {
    const { topology, end } = failover("nat", "prompt");
    const told = follow(topology.network.hops).map((step) => headlineOf(topology, step));
    const texts = told.map(({ text }) => text);
    for (const sentence of [
      "director tells director2 of the connection from 12.11.0.10:40000 to rs1: SYN_RECV. director2 did not know it, and makes an entry.",
      "director tells director2 of the connection from 12.11.0.10:40000 to rs1: ESTABLISHED. director2 brings its entry up to date.",
      "Nobody takes the request: director is dead. The client will send it again.",
      "director2 takes over 12.11.0.101: no advertisement came for three intervals and its skew.",
      "director2 announces by ARP: 12.11.0.101 is at 02:00:0c:0b:00:fc. From now on client sends there.",
    ])
      expect(texts).includes(sentence);
    expect(told.filter(({ breaks }) => breaks).map(({ text }) => text)).deep.equals([]);
    expect(endingOf(topology, end, topology.network.hops)).equals(
      'The client has its page: "I am rs1." director died, and director2 took over 2.7 s later: the connection went on.',
    );
  });

  it("without synchronisation the reset is what breaks", () => {
    const { topology, end } = failover("nat", "off");
    const broken = follow(topology.network.hops)
      .map((step) => headlineOf(topology, step))
      .filter(({ breaks }) => breaks);
    expect(broken[0]?.text).equals("director2 does not know the connection: nobody told it. It resets it.");
    expect(endingOf(topology, end, topology.network.hops)).includes(
      "took over 2.7 s later, but did not know the connection.",
    );
  });

  it("advertise themselves while time passes", () => {
    const topology = buildTopology("dr", { directors: 2 });
    letPass(topology, 3_000_000);
    const texts = follow(topology.network.hops).map((step) => headlineOf(topology, step).text);
    expect(texts).deep.equals(
      new Array(3).fill(
        "director is master of 12.11.0.101, with priority 150, and says so by VRRP. director2 hears it: its priority is 100, and it is backup.",
      ),
    );
  });
});
