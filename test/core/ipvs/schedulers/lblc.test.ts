/** What the recordings do not show of lblc and lblcr: housekeeping, references, whole IPv6 addresses. */
import { expect } from "chai";
import { hash32 } from "../../../../src/core/ipvs/schedulers/hashing.ts";
import type { PacketKey } from "../../../../src/core/ipvs/schedulers/scheduler.ts";
import { ANY, parseAddress } from "../../../../src/core/wire/address.ts";
import type { PicksModel } from "./picks-model.ts";
import { add, keyFrom, nameOf, pick, schedulerOf, serverOf, serviceWith } from "./set-up.ts";

const DAY = 86_400;
const to = (destination: number): PacketKey => keyFrom(1, destination);
const references = (model: PicksModel): number =>
  model.service.destinations.reduce((sum, { cacheReferences }) => sum + cacheReferences, 0);
const age = (model: PicksModel, times: number): void => {
  for (let time = 0; time < times; time++) schedulerOf(model).age?.();
};

for (const name of ["lblc", "lblcr"]) {
  describe(`${name}: the cache`, () => {
    it("keeps an address at its server, though another has become lighter", () => {
      const model = serviceWith(name, [2, 2]);
      expect(pick(model, to(1))).to.equal("B");
      serverOf(model, "B").activeConnections = 2;
      expect([pick(model, to(1)), pick(model, to(2))]).to.deep.equal(["B", "A"]);
    });

    it("leaves a crowded server when another is below half of its weight", () => {
      const model = serviceWith(name, [2, 2]);
      expect(pick(model, to(1))).to.equal("B");
      serverOf(model, "B").activeConnections = 3;
      expect(pick(model, to(1))).to.equal("A");
      expect(references(model), "lblc replaces, lblcr replicates").to.equal(name === "lblc" ? 1 : 2);
    });

    it("drops what has been idle for the expiration, every thirtieth time", () => {
      const model = serviceWith(name, [1]);
      pick(model, to(1));
      model.pass(1);
      pick(model, to(2));
      model.pass(DAY - 1);
      age(model, 29);
      expect(references(model)).to.equal(2);
      age(model, 1);
      expect(references(model), "idle for exactly a day").to.equal(1);
      model.pass(1);
      age(model, 28);
      expect(references(model), "the count starts at one again").to.equal(1);
      age(model, 1);
      expect(references(model)).to.equal(1);
      age(model, 1);
      expect(references(model)).to.equal(0);
    });

    it("obeys its sysctl, in seconds", () => {
      const model = serviceWith(name, [1]);
      Object.assign(model.sysctl, { [`${name}_expiration`]: 5 });
      pick(model, to(1));
      model.pass(4.9);
      age(model, 30);
      expect(references(model)).to.equal(1);
      model.pass(0.1);
      age(model, 30);
      expect(references(model)).to.equal(0);
    });

    it("trims a full cache bucket by bucket, sparing what was used within six minutes", () => {
      const model = serviceWith(name, [1]);
      const addresses = Array.from({ length: 16384 + 30 }, (_, index) => 0x0a320000 + index * 5);
      for (const address of addresses) pick(model, to(address));
      age(model, 1);
      expect(references(model), "all fresh").to.equal(addresses.length);
      model.pass(360);
      const used = addresses.filter((_, index) => index % 3 === 0);
      for (const address of used) pick(model, to(address));
      const idle = addresses.filter((_, index) => index % 3 !== 0).map((address) => hash32(address, 10));
      age(model, 1);
      let dropped = 0;
      // 30 entries too many: four thirds of them are to go, beginning with bucket 1.
      for (let bucket = 1; dropped < 40; bucket++) dropped += idle.filter((each) => each === bucket).length;
      expect(references(model)).to.equal(addresses.length - dropped);
      age(model, 1);
      expect(references(model), "full no more").to.equal(addresses.length - dropped);
    });

    it("never asks for more than half of its size to be trimmed at once", () => {
      const model = serviceWith(name, [1]);
      const addresses = Array.from({ length: 16384 + 12_000 }, (_, index) => 0x0a320000 + index * 3);
      for (const address of addresses) pick(model, to(address));
      const perBucket = new Map<number, number>();
      for (const address of addresses) {
        const bucket = hash32(address, 10);
        perBucket.set(bucket, (perBucket.get(bucket) ?? 0) + 1);
      }
      model.pass(360);
      age(model, 1);
      const dropped = addresses.length - references(model);
      expect(dropped).to.be.within(8192, 8192 + Math.max(...perBucket.values()) - 1);
    });

    it("is full with more than 16384 entries, not before", () => {
      const model = serviceWith(name, [1]);
      for (let address = 0; address < 16384; address++) pick(model, to(address));
      model.pass(360);
      for (let time = 0; time < 3; time++) age(model, 1);
      expect(references(model)).to.equal(16384);
      pick(model, to(16384));
      age(model, 1);
      expect(references(model)).to.be.below(16384);
    });

    it("holds a reference on a server in the trash until it forgets it", () => {
      const model = serviceWith(name, [1, 1]);
      pick(model, to(1));
      const server = serverOf(model, "B");
      model.deleteServer(server);
      expect(server.cacheReferences).to.equal(1);
      expect(pick(model, to(1))).to.equal("A");
      expect(server.cacheReferences, "lblc replaces, lblcr replicates").to.equal(name === "lblc" ? 0 : 1);
      schedulerOf(model).unbind?.();
      expect(server.cacheReferences + references(model)).to.equal(0);
    });

    it("knows a server again that comes back from the trash", () => {
      const model = serviceWith(name, [1, 1]);
      expect(pick(model, to(1))).to.equal("B");
      model.deleteServer(serverOf(model, "B"));
      add(model, "B");
      serverOf(model, "B").activeConnections = 1;
      expect(pick(model, to(1))).to.equal("B");
    });

    it("tells IPv6 addresses apart that fold to the same number", () => {
      const model = serviceWith(name, [2, 2]);
      const first = { ...to(3), destinationAddress: parseAddress("2001:db8::1:0:2") ?? ANY };
      const second = { ...to(3), destinationAddress: parseAddress("2001:db8::3") ?? ANY };
      expect(pick(model, first)).to.equal("B");
      serverOf(model, "B").activeConnections = 1;
      expect([pick(model, second), pick(model, first)]).to.deep.equal(["A", "B"]);
    });
  });
}

describe("lblc", () => {
  it("sends on to a cached server though it is overloaded", () => {
    const model = serviceWith("lblc", [1, 1]);
    expect(pick(model, to(1))).to.equal("B");
    serverOf(model, "B").overloaded = true;
    expect([pick(model, to(1)), pick(model, to(2))]).to.deep.equal(["B", "A"]);
  });

  it("counts a replaced entry once more, so that a cache may be trimmed before it is full", () => {
    const model = serviceWith("lblc", [1, 1]);
    for (let address = 0; address < 16384; address++) pick(model, to(address));
    age(model, 1);
    expect(references(model)).to.equal(16384);
    model.editServer(serverOf(model, "B"), { weight: 0, upper: 0, lower: 0 });
    pick(model, to(0));
    model.pass(360);
    age(model, 1);
    expect(references(model)).to.be.below(16384);
  });
});

describe("lblcr", () => {
  it("takes the most loaded server out of a set that has not changed for long, and uses the least loaded", () => {
    const model = serviceWith("lblcr", [4, 4, 4]);
    model.sysctl.lblcr_expiration = 10;
    const [a, b, c] = ["A", "B", "C"].map((name) => serverOf(model, name));
    if (a === undefined || b === undefined || c === undefined) throw new Error("three servers");
    expect(pick(model, to(1))).to.equal("C");
    c.activeConnections = 5;
    expect(pick(model, to(1))).to.equal("B");
    model.pass(10);
    expect(pick(model, to(1)), "ten seconds are not more than ten").to.equal("B");
    expect(c.cacheReferences).to.equal(1);
    model.pass(0.1);
    expect(pick(model, to(1))).to.equal("B");
    expect([a, b, c].map(({ cacheReferences }) => cacheReferences)).to.deep.equal([0, 1, 0]);
  });

  it("may still use the server that leaves the set", () => {
    const model = serviceWith("lblcr", [4, 4]);
    model.sysctl.lblcr_expiration = 10;
    expect(pick(model, to(1))).to.equal("B");
    serverOf(model, "B").activeConnections = 5;
    expect(pick(model, to(1))).to.equal("A");
    serverOf(model, "A").activeConnections = 4;
    serverOf(model, "B").overloaded = true;
    serverOf(model, "B").activeConnections = 1;
    model.pass(11);
    expect(pick(model, to(1)), "A alone is not overloaded").to.equal("A");
    expect(serverOf(model, "A").cacheReferences, "and A has more load").to.equal(0);
  });

  /** A set of C, B and A, in the order in which they came. */
  function setOfThree(): PicksModel {
    const model = serviceWith("lblcr", [4, 4, 4]);
    model.sysctl.lblcr_expiration = 10;
    const grown: (string | undefined)[] = [];
    for (const name of ["C", "B", "A"]) {
      grown.push(pick(model, to(1)));
      serverOf(model, name).activeConnections = 5;
      model.pass(1);
    }
    expect(grown).to.deep.equal(["C", "B", "A"]);
    for (const server of model.service.destinations) server.activeConnections = 0;
    return model;
  }
  const members = (model: PicksModel): string =>
    ["A", "B", "C"].filter((name) => serverOf(model, name).cacheReferences > 0).join("");

  it("prefers the newest member of a set among equals", () => {
    expect(pick(setOfThree(), to(1))).to.equal("A");
  });

  it("removes one server at a time, and waits for the expiration again", () => {
    const model = setOfThree();
    model.pass(10);
    pick(model, to(1));
    expect(members(model), "the newest of equals goes").to.equal("BC");
    pick(model, to(1));
    model.pass(10);
    pick(model, to(1));
    expect(members(model), "ten seconds after the removal").to.equal("BC");
    model.pass(1);
    pick(model, to(1));
    expect(members(model)).to.equal("C");
    model.pass(20);
    pick(model, to(1));
    expect(members(model), "the last one stays").to.equal("C");
  });

  it("counts the expiration from the last server that came", () => {
    const model = setOfThree();
    // C came at 0 s, A at 2 s; it is 3 s now.
    model.pass(8);
    pick(model, to(1));
    expect(members(model), "11 s after C, 9 s after A").to.equal("ABC");
  });

  it("does not remove a quiesced server, however loaded", () => {
    const model = setOfThree();
    serverOf(model, "C").activeConnections = 3;
    model.editServer(serverOf(model, "C"), { weight: 0, upper: 0, lower: 0 });
    serverOf(model, "B").activeConnections = 1;
    model.pass(11);
    pick(model, to(1));
    expect(members(model)).to.equal("AC");
  });

  it("tells who is in the set of an address", () => {
    const model = serviceWith("lblcr", [1, 1]);
    pick(model, to(1));
    const words = (key: PacketKey): string[] =>
      model.service.destinations.map(
        (server) => `${nameOf(server)}: ${schedulerOf(model).describeDestination?.(server, key)}`,
      );
    const load = "overhead 0 / weight 1 = 0";
    expect(words(to(1))).to.deep.equal([`B: in the set of this address, ${load}`, `A: ${load}`]);
    expect(words(to(2))).to.deep.equal([`B: ${load}`, `A: ${load}`]);
    expect(schedulerOf(model).describeState?.()).to.equal("cache entries: 1");
  });
});
