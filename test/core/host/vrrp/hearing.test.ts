/** Which advertisements virtual routers believe. */
import { expect } from "chai";
import { HaDirector, hex } from "./director.ts";
import { HaPair, ha, pair } from "./pair.ts";

describe("virtual routers", () => {
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
