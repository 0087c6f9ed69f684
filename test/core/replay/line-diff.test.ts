import { expect } from "chai";
import fc from "fast-check";
import { lineDiff } from "../../../src/core/replay/line-diff.ts";

describe("the difference of two texts", () => {
  it("shows lines of the recording with -, ours with +, and a few around them", () => {
    expect(lineDiff("1\n2\n3\n4\n5\n6\n7\n8", "1\n2\n3\n4\nfive\n6\n7\n8")).deep.equals([
      "...",
      " 3",
      " 4",
      "-5",
      "+five",
      " 6",
      " 7",
      "...",
    ]);
  });

  it("shows lines that are missing or too many", () => {
    expect(lineDiff("a\nb\nc", "a\nc")).deep.equals([" a", "-b", " c"]);
    expect(lineDiff("a\nc", "a\nb\nc")).deep.equals([" a", "+b", " c"]);
  });

  it("holds both texts, where it leaves nothing out", () => {
    const line = fc.constantFrom("a", "b", "c");
    const text = fc.array(line, { minLength: 1, maxLength: 8 }).map((lines) => lines.join("\n"));
    fc.assert(
      fc.property(text, text, (a, b) => {
        const lines = lineDiff(a, b);
        fc.pre(!lines.includes("..."));
        const side = (sign: string): string =>
          lines
            .filter((one) => " ".concat(sign).includes(one[0] ?? ""))
            .map((one) => one.slice(1))
            .join("\n");
        expect(side("-")).equals(a);
        expect(side("+")).equals(b);
      }),
    );
  });

  it("is made in time for long texts without anything in common", () => {
    const long = (mark: string): string => Array.from({ length: 20_000 }, (_, index) => `${mark}${index}`).join("\n");
    expect(lineDiff(long("a"), long("b"))).lengthOf(40_000);
  });
});
