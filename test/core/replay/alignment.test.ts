import { expect } from "chai";
import fc from "fast-check";
import { firstParting } from "../../../src/core/replay/alignment.ts";

const same = (a: string, b: string): boolean => a === b;
const parting = (expected: string, got: string) => firstParting([...expected], [...got], same);

describe("the first place where two sequences part", () => {
  it("is nowhere in equal ones", () => {
    fc.assert(fc.property(fc.string(), (text) => parting(text, text) === undefined));
  });

  for (const [expected, got, kind, expectedAt, gotAt] of [
    ["abcd", "acd", "missing", 1, 1],
    ["abc", "ab", "missing", 2, 2],
    ["abcd", "abxcd", "unexpected", 2, 2],
    ["ab", "abc", "unexpected", 2, 2],
    ["", "a", "unexpected", 0, 0],
    ["abcd", "axcd", "changed", 1, 1],
    ["a", "b", "changed", 0, 0],
    ["aab", "ab", "missing", 1, 1],
  ] as const) {
    it(`of ${expected || "nothing"} and ${got}: ${kind} at ${expectedAt}`, () => {
      expect(parting(expected, got)).deep.equals({ kind, expectedAt, gotAt });
    });
  }

  it("lies behind a common beginning, and is found for any two different ones", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        const found = parting(a, b);
        expect(found === undefined).equals(a === b);
        if (found !== undefined) expect([...a].slice(0, found.expectedAt)).deep.equals([...b].slice(0, found.gotAt));
      }),
    );
  });
});
