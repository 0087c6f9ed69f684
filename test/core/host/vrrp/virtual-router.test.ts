/** Virtual routers of two directors: who is master, when, and why. */
import { expect } from "chai";
import { runRules } from "../../../../src/core/control/restore.ts";
import { SeededRandom } from "../../../../src/core/ipvs/random.ts";
import { restoreSnapshot } from "../../../../src/core/ipvs/sync/restoration.ts";
import { takeSnapshot } from "../../../../src/core/ipvs/sync/snapshot.ts";
import { ethernet, tcp } from "../../../support/packet.ts";
import { HaDirector, hex } from "./director.ts";
import { HaPair } from "./pair.ts";

const ADDRESSES = ["10.1.0.100/32"];
const one = (more: object = {}) => ({ interface: "eth0", id: 51, addresses: ADDRESSES, ...more });
const ha = (more: object = {}) => ({ vrrp: [one(more)] });
const pair = (first: object, second: object): HaPair =>
  new HaPair(new HaDirector(1, ha(first)), new HaDirector(2, ha(second)));

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

  it("have a MAC address that moves along, if that is wanted", () => {
    const made = new HaDirector(1, ha({ "virtual-mac": true }));
    made.until(4);
    const virtual = "00005e000133";
    const advertisement = made.sent.findLast(({ bytes }) => hex(bytes.subarray(0, 6)) === "01005e000012");
    expect(hex(advertisement?.bytes.subarray(6, 12) ?? new Uint8Array(0))).to.equal(virtual);
    const gratuitous = made.sent.find(({ bytes }) => hex(bytes.subarray(12, 14)) === "0806");
    expect(hex(gratuitous?.bytes.subarray(22, 28) ?? new Uint8Array(0))).to.equal(virtual);
    const ask = (address: string): string => {
      const request = `ffffffffffff020000000109080600010800060400010200000001090a010009000000000000${address}`;
      made.receive(Uint8Array.from(request.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)));
      return hex(made.sent.at(-1)?.bytes.subarray(22, 28) ?? new Uint8Array(0));
    };
    expect(ask("0a010064")).to.equal(virtual);
    expect(ask("0a010001")).to.equal("020000000101");
    const ping = `${virtual}0200000001090800450000 1c000000004001 66730a0100090a010064 0800f7ff00000000`.replaceAll(
      " ",
      "",
    );
    const bytes = Uint8Array.from(ping.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
    expect(made.receive(bytes)).to.equal("delivered");
    made.director.vrrp.stop();
    expect(made.receive(bytes)).to.equal("not-for-us");
  });

  it("keep their addresses through a reload, and lose those that are no longer theirs", () => {
    const made = new HaDirector(1, ha());
    made.until(4);
    expect(made.has("10.1.0.100")).to.equal(true);
    const config = { ...made.director.config };
    made.director.vrrp.configure(config.ha);
    expect(made.state).to.equal("master");
    made.director.vrrp.configure({ vrrp: [] });
    expect(made.has("10.1.0.100")).to.equal(false);
    const last = made.sent.findLast(({ bytes }) => hex(bytes.subarray(0, 6)) === "01005e000012");
    expect(last?.bytes[36], "it resigns").to.equal(0);
  });

  it("without virtual routers tells and listens: all directors work at the same time", () => {
    const one = new HaDirector(1, { sync: { interface: "eth1", id: 7 } });
    one.director.vrrp.start();
    expect(one.director.server.daemons.map(({ state }) => state)).to.deep.equal(["master", "backup"]);
  });

  it("start the sync daemon that their state wants", () => {
    const made = new HaDirector(1, { ...ha(), sync: { interface: "eth1", id: 7 } });
    const daemons = () => made.director.server.daemons.map(({ state, syncId }) => `${state} ${syncId}`);
    made.until(1);
    expect(daemons()).to.deep.equal(["backup 7"]);
    made.until(4);
    expect(daemons()).to.deep.equal(["master 7", "backup 7"]);
    made.director.vrrp.routers[0]?.hear({ priority: 200, interval: 100, fromHigherAddress: true });
    expect(daemons()).to.deep.equal(["backup 7"]);
  });

  it("preempt only once they know the connections of the master", () => {
    const fast = { vrrp: [one({ interval: "50ms", priority: 150 })], sync: { interface: "eth1" } };
    const both = new HaPair(new HaDirector(1, fast), new HaDirector(2, { ...fast, vrrp: [one({ interval: "50ms" })] }));
    const [first, second] = both.directors;
    if (first === undefined || second === undefined) return expect.fail();
    both.dead.add(first);
    both.pass(1);
    expect(second.state).to.equal("master");
    first.until(both.now);
    first.director.vrrp.stop();
    // Nobody tells: it is patient, and then it was in vain.
    both.cut.add("eth1");
    both.dead.clear();
    first.director.vrrp.start();
    both.pass(1.9);
    expect(both.states).to.deep.equal(["backup", "master"]);
    both.pass(0.4);
    expect(both.states).to.deep.equal(["master", "backup"]);
    both.cut.clear();
    first.director.vrrp.stop();
    both.pass(0.5);
    first.director.vrrp.start();
    both.pass(0.1);
    expect(first.director.server.sync.isLearning).to.equal(false);
    both.pass(0.2);
    expect(both.states).to.deep.equal(["master", "backup"]);
  });

  describe("with peers instead of a group", () => {
    const peered = (number: number, peers: readonly string[], more: object = {}): HaDirector =>
      new HaDirector(number, ha({ peers, ...more }));

    it("send to each of them, join no group, and take over from each other", () => {
      const both = new HaPair(peered(1, ["10.1.0.2"], { priority: 150 }), peered(2, ["10.1.0.1"]));
      both.pass(8);
      expect(both.states).to.deep.equal(["master", "backup"]);
      const [first, second] = both.directors;
      const groups = first?.sent.filter(({ bytes }) => hex(bytes.subarray(0, 3)) === "01005e");
      expect(groups).to.deep.equal([]);
      if (first !== undefined) both.dead.add(first);
      both.pass(3.7);
      expect(second?.state).to.equal("master");
    });

    it("believe nobody else, and nothing that goes to the group", () => {
      const made = peered(2, ["10.1.0.3"]);
      for (const [other, verdict] of [
        [peered(1, ["10.1.0.2"], { priority: 200 }), "host-silent"],
        [new HaDirector(1, ha({ priority: 200 })), "not-listening"],
        [peered(3, ["10.1.0.2"], { priority: 200 }), "delivered"],
      ] as const) {
        const pair = new HaPair(other, made);
        pair.now = made.now / 1e6;
        other.until(pair.now);
        pair.pass(4);
        const advertisement = other.sent.findLast(({ bytes }) => bytes[23] === 112)?.bytes ?? new Uint8Array(0);
        expect(made.receive(advertisement)).to.equal(verdict);
      }
      const [router] = made.director.vrrp.routers;
      expect(router && [...made.director.vrrp.refusedBy(router).keys()]).to.deep.equal(["peer"]);
      expect(made.state).to.equal("backup");
    });

    it("are reached by way of a router, whose TTL they forgive", () => {
      const routed = {
        routes: [{ to: "default", via: "10.1.0.9" }],
        neighbors: [{ address: "10.1.0.9", mac: "02:00:00:00:01:09", dev: "eth0" }],
      };
      const far = new HaDirector(1, ha({ peers: ["10.9.0.2"], priority: 150 }), routed);
      far.until(4);
      const sent = far.sent.find(({ bytes }) => bytes[23] === 112)?.bytes ?? new Uint8Array(0);
      expect(hex(sent.subarray(0, 6))).to.equal("020000000109");
      expect(hex(sent.subarray(30, 34))).to.equal("0a090002");
      expect(sent[22]).to.equal(255);
    });
  });

  it("believe an authentication header once, and go on behind the last number", () => {
    const signed = { version: 2, auth: { ah: "secret" } };
    const both = pair({ ...signed, priority: 150 }, signed);
    both.pass(9);
    const [first, second] = both.directors;
    if (first === undefined || second === undefined) return expect.fail();
    const numbers = (one: HaDirector): number[] =>
      one.sent
        .filter(({ bytes }) => bytes[23] === 51)
        .map(({ bytes }) => new DataView(bytes.buffer, bytes.byteOffset).getUint32(42));
    expect(numbers(first).slice(0, 4)).to.deep.equal([1, 2, 3, 4]);
    const old = first.sent.find(({ bytes }) => bytes[23] === 51)?.bytes ?? new Uint8Array(0);
    expect(second.receive(old)).to.equal("host-silent");
    const [router] = second.director.vrrp.routers;
    expect(router && [...second.director.vrrp.refusedBy(router)]).to.deep.equal([["replay", 1]]);
    const last = numbers(first).at(-1) ?? 0;
    both.dead.add(first);
    both.pass(4);
    expect(numbers(second)[0]).to.equal(last + 1);
    // A successor counts on.
    const { standings } = second.director.vrrp;
    const successor = new HaDirector(2, ha(signed), {}, true);
    successor.director.vrrp.resume(standings);
    expect(numbers(successor)).to.deep.equal([(numbers(second).at(-1) ?? 0) + 1]);
  });

  it("ask again once there is a master where all began together, one of them with restored connections", () => {
    const neighbors = [{ address: "10.1.0.9", mac: "02:00:00:00:01:09", dev: "eth0" }];
    const synchronised = (priority: number) => ({ ...ha({ priority }), sync: { interface: "eth0" } });
    const made = (number: number, priority: number): HaDirector => {
      const one = new HaDirector(number, synchronised(priority), { neighbors }, true);
      const rules = "-A -t 10.1.0.100:80 -s rr\n-a -t 10.1.0.100:80 -r 10.1.0.9:80 -g";
      runRules(rules, { server: one.director.server });
      return one;
    };
    const before = made(1, 150);
    before.director.vrrp.resume([{ name: "eth0 51", state: "master", number: 0 }]);
    const syn = tcp("10.1.0.9:40000 > 10.1.0.100:80", "S");
    expect(before.receive(ethernet("02:00:00:00:01:01", "02:00:00:00:01:09", syn.bytes))).to.equal("sent");
    const both = new HaPair(made(1, 150), made(2, 100));
    const [first, second] = both.directors;
    if (first === undefined || second === undefined) return expect.fail();
    const { bytes } = takeSnapshot(before.director.server.connections, 0, 1000);
    restoreSnapshot(first.director.server, bytes, { hz: before.director.server.ticks.hz, elapsed: 0 });
    for (const { director } of both.directors) director.vrrp.start();
    both.pass(3.3);
    expect(both.states).to.deep.equal(["backup", "backup"]);
    expect(second.director.server.sync.isLearning).to.equal(false);
    both.pass(0.3);
    expect(both.states).to.deep.equal(["master", "backup"]);
    expect(second.director.server.connections.table.rows.count).to.equal(1);
    // It has had its reply, and does not ask for ever.
    const asked = second.sent.length;
    both.pass(10);
    expect(second.sent.length).to.equal(asked);
  });

  it("tell, when they yield after a split, of connections that began while the other was master, too", () => {
    const neighbors = [{ address: "10.1.0.9", mac: "02:00:00:00:01:09", dev: "eth0" }];
    const synchronised = (priority: number) => ({ ...ha({ priority, interval: "50ms" }), sync: { interface: "eth0" } });
    const both = new HaPair(
      new HaDirector(1, synchronised(150), { neighbors }),
      new HaDirector(2, synchronised(100), { neighbors }),
    );
    const [first, second] = both.directors;
    if (first === undefined || second === undefined) return expect.fail();
    for (const { director } of both.directors) {
      runRules("-A -t 10.1.0.100:80 -s rr\n-a -t 10.1.0.100:80 -r 10.1.0.9:80 -g", { server: director.server });
    }
    const connections = () => both.directors.map(({ director }) => director.server.connections.table.rows.count);
    const begins = (at: HaDirector, mac: string, port: number): string => {
      const packet = tcp(`10.1.0.9:${port} > 10.1.0.100:80`, "S");
      const frame = ethernet(mac, "02:00:00:00:01:09", packet.bytes);
      return at.receive(frame);
    };
    both.pass(2);
    expect(begins(first, "02:00:00:00:01:01", 40000)).to.equal("sent");
    both.pass(0.1);
    expect(connections()).to.deep.equal([1, 1]);
    both.cut.add("eth0");
    both.pass(0.5);
    expect(both.states).to.deep.equal(["master", "master"]);
    expect(begins(second, "02:00:00:00:01:02", 40001)).to.equal("sent");
    expect(begins(first, "02:00:00:00:01:01", 40002)).to.equal("sent");
    both.pass(0.1);
    expect(connections()).to.deep.equal([2, 2]);
    both.cut.clear();
    both.pass(0.2);
    expect(both.states).to.deep.equal(["master", "backup"]);
    expect(connections()).to.deep.equal([3, 3]);
  });

  it("listen in a successor as in its predecessor", () => {
    const master = new HaDirector(1, ha({ priority: 150 }));
    const successor = new HaDirector(2, ha(), {}, true);
    const both = new HaPair(master, successor);
    successor.director.vrrp.resume([{ name: "eth0 51", state: "backup", number: 0 }]);
    both.pass(10);
    expect(both.states).to.deep.equal(["master", "backup"]);
  });

  it("believe no broken advertisement", () => {
    const made = new HaDirector(2, ha({ priority: 50 }));
    const other = new HaDirector(1, ha({ priority: 200 }));
    other.until(4);
    const good =
      other.sent.find(({ bytes }) => hex(bytes.subarray(0, 6)) === "01005e000012")?.bytes ?? new Uint8Array(0);
    made.until(1);
    for (const [at, value] of [
      [22, 254],
      [34, 0x41],
      [40, 1],
    ] as const) {
      const wrong = good.slice();
      wrong[at] = value;
      expect(made.receive(wrong)).to.not.equal("delivered");
    }
    for (let length = 14; length < good.length; length++) made.receive(good.subarray(0, length));
    expect(made.director.vrrp.routers[0]?.received).to.equal(0);
    expect(made.receive(good)).to.equal("delivered");
  });
});
