/** What goes with a virtual router: sync daemons, and the connections of its peer. */
import { expect } from "chai";
import { runRules } from "../../../../src/core/control/restore.ts";
import { restoreSnapshot } from "../../../../src/core/ipvs/sync/restoration.ts";
import { takeSnapshot } from "../../../../src/core/ipvs/sync/snapshot.ts";
import { ethernet, tcp } from "../../../support/packet.ts";
import { HaDirector } from "./director.ts";
import { HaPair, ha, one } from "./pair.ts";

describe("virtual routers", () => {
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
});
