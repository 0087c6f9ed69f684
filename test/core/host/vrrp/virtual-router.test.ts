/** Virtual routers of two directors: who is master, when, and why. */
import { expect } from "chai";
import { SeededRandom } from "../../../../src/core/ipvs/random.ts";
import { HaDirector, hex } from "./director.ts";
import { HaPair, ha, one, pair } from "./pair.ts";

const cause = (director: HaDirector | undefined): string => director?.director.vrrp.routers[0]?.cause ?? "";

describe("virtual routers", () => {
  it("listen first, and then the one of higher priority is master", () => {
    const both = pair({ priority: 100 }, { priority: 150 });
    both.pass(3.4);
    expect(both.states).to.deep.equal(["backup", "backup"]);
    both.pass(0.1);
    // 3 s and (256 - 150) / 256 s.
    expect(both.states).to.deep.equal(["backup", "master"]);
    both.pass(20);
    expect(both.states).to.deep.equal(["backup", "master"]);
    expect(both.directors.map((director) => director.has("10.1.0.100"))).to.deep.equal([false, true]);
  });

  for (const [interval, version, outage] of [
    ["1s", 3, 3.7],
    ["1s", 2, 3.7],
    ["50ms", 3, 0.2],
    ["10ms", 3, 0.04],
  ] as const) {
    it(`take over when the master dies, within ${outage} s at ${interval}, version ${version}`, () => {
      const both = pair({ version, interval, priority: 150 }, { version, interval, priority: 100 });
      both.pass(5);
      expect(both.states[0]).to.equal("master");
      const [first, second] = both.directors;
      if (first !== undefined) both.dead.add(first);
      both.pass(outage);
      expect(second?.state).to.equal("master");
      expect(cause(second)).to.equal("silence");
    });
  }

  it("take over after the skew where the master gives up", () => {
    const both = pair({ priority: 150 }, { priority: 100 });
    both.pass(5);
    both.directors[0]?.director.vrrp.stop();
    expect(both.directors[0]?.has("10.1.0.100")).to.equal(false);
    both.pass(0.7);
    expect(both.states).to.deep.equal(["initialize", "master"]);
    expect(cause(both.directors[1])).to.equal("resignation");
  });

  it("preempt at once, after a delay, or never", () => {
    for (const [more, seconds] of [
      [{}, 4],
      [{ "preempt-delay": 10 }, 14],
      [{ preempt: false }, Number.POSITIVE_INFINITY],
    ] as const) {
      const both = pair({ priority: 150, ...more }, { priority: 100 });
      const [better, worse] = both.directors;
      if (better === undefined || worse === undefined) return expect.fail();
      both.dead.add(better);
      both.pass(4);
      expect(worse.state).to.equal("master");
      better.until(both.now);
      better.director.vrrp.stop();
      both.dead.clear();
      better.director.vrrp.start();
      both.pass(Math.min(seconds - 1, 30));
      expect(better.state, JSON.stringify(more)).to.equal("backup");
      if (seconds > 30) continue;
      both.pass(1);
      expect(better.state, JSON.stringify(more)).to.equal("master");
      expect(better.director.vrrp.routers[0]?.cause).to.equal("preemption");
      expect(worse.state).to.equal("backup");
    }
  });

  it("heal a split: of two masters the one of higher priority stays, and says again where the addresses are", () => {
    const both = pair({ priority: 150 }, { priority: 100 });
    both.cut.add("eth0");
    both.pass(5);
    expect(both.states).to.deep.equal(["master", "master"]);
    const before = both.directors[0]?.sent.length ?? 0;
    both.cut.clear();
    both.pass(2);
    expect(both.states).to.deep.equal(["master", "backup"]);
    expect(cause(both.directors[1])).to.equal("higher-priority");
    const arp = both.directors[0]?.sent.slice(before).filter(({ bytes }) => hex(bytes.subarray(12, 14)) === "0806");
    expect(arp).to.have.length.least(5);
  });

  it("of equal priority yield to the higher address", () => {
    const both = pair({}, {});
    both.cut.add("eth0");
    both.pass(5);
    both.cut.clear();
    both.pass(2);
    expect(both.states).to.deep.equal(["backup", "master"]);
  });

  it("the owner of the addresses is master at once", () => {
    const both = pair({ priority: 255 }, { priority: 254 });
    both.pass(0.01);
    expect(both.states).to.deep.equal(["master", "backup"]);
    expect(cause(both.directors[0])).to.equal("owner");
  });

  it("of one group are master together, and none while a link of the group is down", () => {
    const group = (priority: number) => ({
      vrrp: [
        one({ priority, group: "g" }),
        { interface: "eth1", id: 52, addresses: ["10.2.0.254/32"], priority, group: "g" },
      ],
    });
    const both = new HaPair(new HaDirector(1, group(150)), new HaDirector(2, group(100)));
    const moves: string[] = [];
    if (both.directors[0] !== undefined)
      both.directors[0].director.vrrp.onMoved = ({ config }, _, why) => moves.push(`${config.interface} ${why}`);
    const states = () => both.directors.map(({ director }) => director.vrrp.routers.map(({ state }) => state));
    both.pass(5);
    expect(states()).to.deep.equal([
      ["master", "master"],
      ["backup", "backup"],
    ]);
    // Whose timer it was first, and then who follows.
    expect(moves).to.deep.equal(["eth0 silence", "eth1 group"]);
    const [first] = both.directors;
    first?.director.vrrp.linkChanged(0, false);
    both.cut.add("eth0");
    expect(states()[0]).to.deep.equal(["fault", "fault"]);
    expect(first?.has("10.2.0.254")).to.equal(false);
    both.pass(1);
    expect(states()[1]).to.deep.equal(["master", "master"]);
    both.cut.clear();
    first?.director.vrrp.linkChanged(0, true);
    both.pass(5);
    expect(states()[0]).to.deep.equal(["master", "master"]);
    expect(states()[1]).to.deep.equal(["backup", "backup"]);
  });

  it("survive a link that flaps: at most one takeover for each time that it is gone for long", () => {
    const both = pair({ priority: 150 }, { priority: 100 });
    both.pass(5);
    for (let flap = 0; flap < 10; flap++) {
      both.cut.add("eth0");
      both.pass(flap % 2 === 0 ? 0.9 : 4);
      both.cut.clear();
      both.pass(2);
      expect(both.states).to.deep.equal(["master", "backup"]);
    }
    expect(both.directors[1]?.director.vrrp.routers[0]?.takeovers).to.equal(5);
  });

  for (const seed of [1, 2, 3]) {
    it(`at 50 ms survive a link that comes and goes at random, seed ${seed}: a takeover for each gap that is long, and one master when it is back`, () => {
      const random = new SeededRandom(seed);
      const both = pair({ priority: 150, interval: "50ms" }, { priority: 100, interval: "50ms" });
      both.pass(1);
      const [better, worse] = both.directors.map(({ director }) => director.vrrp.routers[0]);
      // Three intervals and the skew of priority 100, 30 ms, from the last advertisement before to the first one after: up to 50 ms each.
      const [surely, never] = [0.185, 0.08];
      let [atLeast, atMost] = [0, 0];
      for (let flap = 0; flap < 60; flap++) {
        const gap = (20 + random.upTo(380)) / 1000;
        both.cut.add("eth0");
        both.pass(gap);
        expect(both.states[0]).to.equal("master");
        both.cut.clear();
        both.pass((60 + random.upTo(500)) / 1000);
        expect(both.states, `after ${gap} s`).to.deep.equal(["master", "backup"]);
        expect(both.directors.map((one) => one.has("10.1.0.100"))).to.deep.equal([true, false]);
        atLeast += Number(gap > surely);
        atMost += Number(gap >= never);
        expect(worse?.takeovers, `after ${gap} s`).to.be.within(atLeast, atMost);
      }
      expect(better?.takeovers).to.equal(1);
    });
  }

  it("listen in a successor as in its predecessor", () => {
    const master = new HaDirector(1, ha({ priority: 150 }));
    const successor = new HaDirector(2, ha(), {}, true);
    const both = new HaPair(master, successor);
    successor.director.vrrp.resume([{ name: "eth0 51", state: "backup", number: 0 }]);
    both.pass(10);
    expect(both.states).to.deep.equal(["master", "backup"]);
  });
});
