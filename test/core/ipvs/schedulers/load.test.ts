import { expect } from "chai";
import fc from "fast-check";
import { crowded, heavier } from "../../../../src/core/ipvs/schedulers/load.ts";
import { pick, serverOf, serviceWith } from "./set-up.ts";

const load = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const weight = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const exact = (a: number, weightA: number, b: number, weightB: number): boolean =>
  BigInt(a) * BigInt(weightB) > BigInt(b) * BigInt(weightA);

describe("comparing loads", () => {
  it("is exact for all 32-bit loads and weights", () => {
    fc.assert(
      fc.property(load, weight, load, weight, (a, weightA, b, weightB) => {
        expect(heavier(a, weightA, b, weightB)).to.equal(exact(a, weightA, b, weightB));
      }),
    );
  });

  it("is exact where doubles round both products to the same", () => {
    // a * b and (a - 1) * (b + 1) differ by a - b - 1: less than a rounding step when a and b are close and large.
    const large = fc.integer({ min: 2 ** 30, max: 2 ** 31 - 2 });
    fc.assert(
      fc.property(large, fc.integer({ min: -300, max: 300 }), (b, distance) => {
        const a = Math.min(Math.max(b + distance, 2 ** 30), 2 ** 31 - 1);
        expect(heavier(a, b + 1, a - 1, b)).to.equal(exact(a, b + 1, a - 1, b));
        expect(heavier(a - 1, b, a, b + 1)).to.equal(exact(a - 1, b, a, b + 1));
      }),
    );
    expect(heavier(2 ** 31 - 1, 2 ** 31 - 1, 2 ** 31 - 1, 2 ** 31 - 1)).to.equal(false);
  });

  it("lc compares overheads beyond 2^31 unsigned, wlc signed", () => {
    for (const [scheduler, expected] of [
      ["lc", "B"],
      ["wlc", "A"],
    ] as const) {
      const model = serviceWith(scheduler, [1, 1]);
      serverOf(model, "A").activeConnections = 2 ** 23;
      expect(pick(model), scheduler).to.equal(expected);
    }
  });

  it("crowded: more active connections than weight, and somebody with less than half", () => {
    const model = serviceWith("lblc", [2, 4]);
    const busy = serverOf(model, "A");
    const spare = serverOf(model, "B");
    const at = (active: number, spareActive: number): boolean => {
      busy.activeConnections = active;
      spare.activeConnections = spareActive;
      return crowded(busy, model.service);
    };
    expect([at(2, 0), at(3, 0), at(3, 1), at(3, 2)]).to.deep.equal([false, true, true, false]);
  });
});
