import { expect } from "chai";
import fc from "fast-check";
import { messagesOf } from "../../../src/core/explain/drawings/ladder.ts";
import { explainMode } from "../../../src/core/explain/mode.ts";
import { sentence } from "../../../src/core/explain/sentences/sentences.ts";
import { FAULTS, faultsOf } from "../../../src/core/simulator/faults.ts";
import { MODES } from "../../../src/core/simulator/layout.ts";
import { AF_INET, AF_INET6 } from "../../../src/core/wire/address.ts";
import type { Action } from "../../../src/web/page/model/action.ts";
import { Player } from "../../../src/web/page/model/player.ts";
import type { Run } from "../../../src/web/page/model/run.ts";
import { FIRST_SETUP, type Setup } from "../../../src/web/page/model/setup.ts";

const REQUEST = { kind: "request", client: 0, at: 0 } as const;

function played(setup: Setup): { readonly player: Player; readonly run: Run } {
  const player = new Player([setup], [REQUEST]);
  player.work();
  const [run] = player.runs;
  if (run === undefined) throw new Error("a player without a run");
  return { player, run };
}

/** Everything that was on a wire, and what became of it. */
const recordOf = ({ topology }: Run): string[] =>
  topology.network.hops.map(
    ({ time, from, to, bytes, receptions }) =>
      `${time} ${from} > ${to.join()} ${Array.from(bytes).join()} ${receptions.map(({ host, verdict }) => `${host}:${verdict}`).join()}`,
  );

const tablesOf = ({ topology }: Run): string =>
  ["-Ln --stats --exact", "-Lnc"].map((line) => topology.director.ipvsadm(line)).join("\n");

describe("the player", () => {
  for (const mode of MODES) {
    it(`goes through ${mode} to its end, moment by moment, and back again to the start`, () => {
      const { player } = played({ ...FIRST_SETUP, mode });
      const times = [player.head];
      while (player.forward()) times.push(player.head);
      expect(player.idle).equals(true);
      expect(player.runs[0]?.simulation.exchanges.map((exchange) => exchange.status().tone)).deep.equals(["good"]);
      expect(times.length).greaterThan(15);
      for (const time of times.slice(0, -1).reverse()) {
        expect(player.back()).equals(true);
        player.work();
        expect(player.head).equals(time);
      }
      expect(player.back()).equals(false);
    });

    it(`shows in ${mode} the walk that explainMode tells`, () => {
      const { player, run } = played({ ...FIRST_SETUP, mode });
      while (player.forward());
      const { walk, topology } = explainMode(mode);
      const waits = walk.findIndex((event) => event.kind === "verdict");
      const told = walk.slice(0, waits + 1).map(sentence);
      const seen = run.topology.network.hops.map(({ receptions }) =>
        receptions.filter(({ host }) => host === "director").flatMap(({ events }) => events.map(sentence)),
      );
      expect(told.length).greaterThan(5);
      expect(seen).deep.include(told);
      expect(run.topology.rules).deep.equals(topology.rules);
    });
  }

  it("shows a table as it was, when it comes back to a moment", () => {
    const { player } = played({ ...FIRST_SETUP, weights: [2, 1], scheduler: "wrr" });
    for (let step = 0; step < 12; step++) player.forward();
    const before = player.runs.map(tablesOf);
    const { head } = player;
    while (player.forward());
    player.goTo(head);
    player.work();
    expect(player.runs.map(tablesOf)).deep.equals(before);
  });

  const action: fc.Arbitrary<Action> = fc.oneof(
    fc.record({
      kind: fc.constantFrom("request", "long", "ping", "datagram", "fragments"),
      client: fc.integer({ min: 0, max: 2 }),
    }),
    fc.record({ kind: fc.constant("burst" as const), count: fc.integer({ min: 1, max: 6 }) }),
    fc.record({ kind: fc.constantFrom("kill", "start"), director: fc.constantFrom(0, 1) }),
    fc.record({
      kind: fc.constant("ipvsadm" as const),
      line: fc.constantFrom("-Ln", "-Z", "-E -t 12.11.0.101:80 -s wlc"),
    }),
  );
  const move = fc.oneof(
    fc.record({ do: fc.constant("forward" as const), times: fc.integer({ min: 1, max: 30 }) }),
    fc.record({ do: fc.constant("back" as const), times: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ do: fc.constant("wait" as const), times: fc.integer({ min: 1, max: 200_000_000 }) }),
    fc.record({ do: fc.constant("act" as const), action }),
  );
  const setup: fc.Arbitrary<Setup> = fc.record({
    mode: fc.constantFrom(...MODES),
    family: fc.constantFrom(AF_INET, AF_INET6),
    scheduler: fc.constantFrom("rr", "wrr", "lc", "sh", "mh"),
    weights: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 4 }),
    clients: fc.integer({ min: 1, max: 3 }),
    directors: fc.constantFrom(1, 2),
    sync: fc.constantFrom("off", "prompt"),
    persistentSeconds: fc.constantFrom(0, 60),
    mtu: fc.constantFrom(1500, 1400, 576),
    faults: fc.subarray(
      FAULTS.map(({ name }) => name),
      { maxLength: 2 },
    ),
  });

  it("lives through the same again, whatever was done, in one go or in steps", () => {
    const property = fc.property(setup, fc.array(move, { maxLength: 12 }), (chosen, moves) => {
      const player = new Player([chosen], [REQUEST]);
      player.work();
      for (const made of moves) {
        if (made.do === "act") player.act(made.action);
        else if (made.do === "wait") player.goTo(player.head + made.times);
        else for (let step = 0; step < made.times; step++) made.do === "back" ? player.back() : player.forward();
        player.work();
      }
      const afresh = new Player([chosen], player.actions, player.head);
      afresh.work();
      expect(afresh.runs.map(recordOf)).deep.equals(player.runs.map(recordOf));
      expect(afresh.runs.map(tablesOf)).deep.equals(player.runs.map(tablesOf));
    });
    fc.assert(property, { numRuns: 60 });
  });

  it("works in small pieces, and comes to the same", () => {
    const actions = [{ kind: "burst", count: 40, at: 0 }] as const;
    const whole = new Player([FIRST_SETUP], actions, 20_000);
    whole.work();
    const pieces = new Player([FIRST_SETUP], actions, 20_000);
    let rounds = 0;
    while (!pieces.work(() => false)) rounds++;
    expect(rounds).greaterThan(100);
    expect(pieces.runs.map(recordOf)).deep.equals(whole.runs.map(recordOf));
  });

  it("compares two modes by one clock", () => {
    const player = new Player([FIRST_SETUP, { ...FIRST_SETUP, mode: "dr" }], [REQUEST]);
    player.work();
    while (player.forward()) {
      const times = player.runs.map(({ now }) => now);
      expect(times).deep.equals([player.head, player.head]);
    }
    const hops = player.runs.map(({ topology }) => topology.network.hops.length);
    expect(player.runs.map(({ simulation }) => simulation.exchanges[0]?.status().tone)).deep.equals(["good", "good"]);
    expect(hops[0]).not.equals(hops[1]);
  });

  it("hears of a connection that expires while time passes", () => {
    const { player, run } = played(FIRST_SETUP);
    while (player.forward());
    const seconds = run.nextTimeout ?? 0;
    expect(seconds).greaterThan(60);
    // Timers of the kernel are late by an eighth at most.
    player.goTo(player.head + Math.ceil(seconds * 1.125 + 1) * 1e6);
    player.work();
    expect(run.housekeeping.map(({ event }) => event.kind)).deep.equals(["expired"]);
    expect(run.hasConnections).equals(false);
  });
});

describe("faults on the page", () => {
  const cases = MODES.flatMap((mode) =>
    ([AF_INET, AF_INET6] as const).flatMap((family) =>
      faultsOf(mode, family).map(({ name, title }) => ({ mode, family, name, title })),
    ),
  );
  for (const { mode, family, name, title } of cases) {
    it(`${name} in ${mode}${family === AF_INET ? "" : " in IPv6"} shows: ${title}`, () => {
      const sound = played({ ...FIRST_SETUP, mode, family });
      const faulty = played({ ...FIRST_SETUP, mode, family, faults: [name] });
      while (sound.player.forward());
      while (faulty.player.forward());
      const status = faulty.run.simulation.exchanges[0]?.status();
      // Two of them are not seen by what becomes of the request, but by the way that packets go.
      if (name === "arp") {
        expect([sound.run.hasConnections, faulty.run.hasConnections]).deep.equals([true, false]);
      } else if (name === "mtu") {
        const { topology } = faulty.run;
        const labels = messagesOf(topology, topology.network.hops).map(({ label }) => label);
        expect(labels).include(family === AF_INET ? "frag needed" : "too big");
      } else expect(status?.tone).equals("bad");
      expect(recordOf(faulty.run)).not.deep.equals(recordOf(sound.run));
    });
  }
});
