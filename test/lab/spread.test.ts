import { expect } from "chai";
import fc from "fast-check";
import { expectedShares } from "../../src/lab/spread.ts";
import { picks, serviceWith } from "../core/ipvs/schedulers/set-up.ts";

/** How often each of the first `servers` letters stands in the picks. */
const countsOf = (picked: string, servers: number): number[] =>
  Array.from({ length: servers }, (_, index) => picked.split(String.fromCharCode(65 + index)).length - 1);

describe("the shares that a scheduler gives", () => {
  for (const scheduler of ["rr", "wrr"]) {
    it(`${scheduler}: hold for what the scheduler picks, wherever in its cycle it is`, () => {
      const weights = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 6 });
      fc.assert(
        fc.property(weights, fc.nat(40), fc.nat(80), (given, skipped, count) => {
          const model = serviceWith(scheduler, given);
          picks(model, skipped);
          const counts = countsOf(picks(model, count), given.length);
          const shares = expectedShares(scheduler, given, count) ?? [];
          for (const [index, answers] of counts.entries()) {
            expect(answers).to.be.within(shares[index]?.least ?? -1, shares[index]?.most ?? -1);
          }
        }),
      );
    });
  }

  it("are exact when the cycles are whole", () => {
    expect(expectedShares("rr", [1, 1], 200)).to.deep.equal([
      { least: 100, most: 100 },
      { least: 100, most: 100 },
    ]);
    expect(expectedShares("wrr", [2, 4, 0], 201)).to.deep.equal([
      { least: 67, most: 67 },
      { least: 134, most: 134 },
      { least: 0, most: 0 },
    ]);
  });

  it("leave room for one where a cycle is cut off", () => {
    expect(expectedShares("rr", [1, 1, 1], 200)).to.deep.equal(Array(3).fill({ least: 66, most: 67 }));
  });

  it("are unknown for schedulers that go by connections or addresses", () => {
    expect(["lc", "wlc", "sh", "dh", "sed", "nq", "mh"].map((name) => expectedShares(name, [1, 1], 10))).to.deep.equal(
      Array(7).fill(undefined),
    );
  });
});
