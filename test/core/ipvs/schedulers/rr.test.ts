import { expect } from "chai";
import fc from "fast-check";
import { add, picks, schedulerOf, serverOf, serviceWith } from "./set-up.ts";

describe("rr", () => {
  it("starts with the server added last", () => {
    expect(picks(serviceWith("rr", [1, 1, 1]), 7)).to.equal("CBACBAC");
  });

  it("meets a new server when it wraps", () => {
    const model = serviceWith("rr", [1, 1, 1]);
    expect(picks(model, 2)).to.equal("CB");
    add(model, "D");
    expect(picks(model, 5)).to.equal("ADCBA");
  });

  it("steps back when the server it points at is deleted, and goes on after it", () => {
    for (const [deleted, next] of [
      ["B", "ACAC"],
      ["C", "ABAB"],
      ["A", "CBCB"],
    ] as const) {
      const model = serviceWith("rr", [1, 1, 1]);
      expect(picks(model, 2)).to.equal("CB");
      model.deleteServer(serverOf(model, deleted));
      expect(picks(model, 4), `without ${deleted}`).to.equal(next);
    }
  });

  it("stays where it is when nobody is usable", () => {
    const model = serviceWith("rr", [1, 1, 1]);
    expect(picks(model, 1)).to.equal("C");
    for (const server of model.service.destinations) server.overloaded = true;
    expect(picks(model, 2)).to.equal("--");
    for (const server of model.service.destinations) server.overloaded = false;
    expect(picks(model, 2)).to.equal("BA");
  });

  it("visits everybody once in as many picks as there are usable servers", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2), { minLength: 1, maxLength: 12 }), fc.nat(30), (weights, before) => {
        const model = serviceWith("rr", weights);
        picks(model, before);
        const usable = weights.filter((weight) => weight > 0).length;
        expect(new Set(picks(model, usable)).size).to.equal(usable);
      }),
    );
  });

  it("says where it points and who comes next", () => {
    const model = serviceWith("rr", [1, 1, 1]);
    expect(schedulerOf(model).describeState?.()).to.equal("pointer before the first");
    picks(model, 2);
    expect(schedulerOf(model).describeState?.()).to.equal("pointer at 192.168.1.12:80");
  });
});
