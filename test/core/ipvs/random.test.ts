import { expect } from "chai";
import fc from "fast-check";
import { SeededRandom } from "../../../src/core/ipvs/random.ts";

const draws = (seed: number, limit: number, count: number): number[] => {
  const random = new SeededRandom(seed);
  return Array.from({ length: count }, () => random.upTo(limit));
};

describe("seeded random numbers", () => {
  it("are the same for the same seed, and others for another", () => {
    expect(draws(7, 1000, 50)).to.deep.equal(draws(7, 1000, 50));
    expect(draws(7, 1000, 50)).to.not.deep.equal(draws(8, 1000, 50));
  });

  it("are whole numbers in 0..limit", () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.maxSafeNat().filter((limit) => limit < Number.MAX_SAFE_INTEGER),
        (seed, limit) => {
          for (const draw of draws(seed, limit, 20)) {
            expect(Number.isInteger(draw) && draw >= 0 && draw <= limit, `${draw} of 0..${limit}`).to.equal(true);
          }
        },
      ),
    );
  });

  it("reach both ends, and nothing but 0 for limit 0", () => {
    expect(new Set(draws(1, 3, 200))).to.deep.equal(new Set([0, 1, 2, 3]));
    expect(new Set(draws(1, 0, 20))).to.deep.equal(new Set([0]));
  });

  it("are equally likely where the limit is not small beside 2^53", () => {
    const span = 3 * 2 ** 51;
    const thirds = [0, 0, 0];
    for (const draw of draws(1, span - 1, 6000)) {
      const third = Math.floor((draw / span) * 3);
      thirds[third] = (thirds[third] ?? 0) + 1;
    }
    // Chi-square with 2 degrees of freedom; one run in ten thousand exceeds 18.42.
    expect(thirds.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0)).to.be.below(18.42);
  });

  it("are equally likely", () => {
    // Chi-square with 9 degrees of freedom; one run in ten thousand exceeds 33.72.
    for (const seed of [1, 2, 3, 4, 5]) {
      const seen = new Array<number>(10).fill(0);
      for (const draw of draws(seed, 9, 20_000)) seen[draw] = (seen[draw] ?? 0) + 1;
      const chiSquare = seen.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0);
      expect(chiSquare, `seed ${seed}`).to.be.below(33.72);
    }
  });
});
