import { expect } from "chai";
import fc from "fast-check";
import { Alignment, type Likeness, partings } from "../../../src/core/replay/alignment.ts";

/** Letters become each other's capitals. */
const LETTERS: Likeness<string> = {
  same: (a, b) => a === b,
  alike: (a, b) => a.toLowerCase() === b.toLowerCase(),
};
/** As `a>b`, `a>` for one that is missing, `>b` for one too many. */
const partingsOf = (expected: string, got: string): string =>
  partings([...expected], [...got], LETTERS)
    .map(([a = "", b = ""]) => `${a}>${b}`)
    .join(" ");

const NUMBERS: Likeness<number> = { same: Object.is, alike: Object.is };

describe("the places where two sequences part", () => {
  it("are none in equal ones, and of these nothing is kept", () => {
    fc.assert(fc.property(fc.string(), (text) => partingsOf(text, text) === ""));
  });

  for (const [expected, got, found] of [
    ["abcd", "acd", "b>"],
    ["abc", "ab", "c>"],
    ["abcd", "abxcd", ">x"],
    ["ab", "abc", ">c"],
    ["", "a", ">a"],
    ["abcd", "axcd", "b>x"],
    ["a", "b", "a>b"],
    ["aab", "ab", "a>"],
    ["abcdefgh", "aXcdfgYh", "b>X e> >Y"],
    ["abcdef", "abXYef", "c>X d>Y"],
    ["abcdefg", "afg", "b> c> d> e>"],
    ["abcd", "xABCd", ">x a>A b>B c>C"],
    ["abcd", "BCd", "a> b>B c>C"],
  ] as const) {
    it(`of ${expected || "nothing"} and ${got}: ${found}`, () => {
      expect(partingsOf(expected, got)).equals(found);
    });
  }

  it("are found for any two different ones, and explain all of the difference", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), fc.string({ maxLength: 60 }), (a, b) => {
        const found = partings([...a], [...b], LETTERS);
        expect(found.length > 0).equals(a !== b);
        const missing = found.filter(([item]) => item !== undefined).length;
        const extra = found.filter(([, item]) => item !== undefined).length;
        expect([...a].length - missing).equals([...b].length - extra);
      }),
    );
  });

  it("are told before the end, however long the sequences are", () => {
    const told: string[] = [];
    const alignment = new Alignment<number>(NUMBERS, (a, b) => told.push(`${a}>${b}`));
    for (let at = 0; at < 100; at++) {
      alignment.expect(at);
      alignment.got(at === 3 ? -1 : at);
    }
    expect(told).deep.equals(["3>-1"]);
    for (let at = 0; at < 5000; at++) alignment.expect(at);
    expect(told.length).greaterThan(100);
    const late: string[] = [];
    const two = new Alignment<number>(NUMBERS, (a, b) => late.push(`${a}>${b}`));
    for (const item of [1, 2, 3]) two.got(item);
    two.end((item) => item < 3);
    expect(late).deep.equals(["undefined>1", "undefined>2"]);
  });
});
