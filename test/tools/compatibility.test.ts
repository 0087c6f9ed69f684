import { readFileSync } from "node:fs";
import { expect } from "chai";
import { collectMarks, compatibilityPage, marksOf } from "../../tools/compatibility.ts";

describe("the compatibility page", () => {
  it("is what the marks in the source say (make docs)", () => {
    expect(readFileSync("docs/compatibility.md", "utf8")).to.equal(compatibilityPage(collectMarks(process.cwd())));
  });

  it("reads status, reason, area and rule of a mark", () => {
    expect(marksOf("a.ts", ' * @ipvs #P[half of it] tcp "A rule"')).to.deep.equal([
      { status: "partly", why: "half of it", area: "tcp", rule: "A rule", file: "a.ts", line: 1 },
    ]);
  });

  it("refuses a mark that says not why, or belongs nowhere, by file and line", () => {
    expect(() => marksOf("a.ts", '\n * @ipvs #N tcp "A rule"')).to.throw("a.ts:2: #P and #N say why");
    expect(() => marksOf("a.ts", '\n * @ipvs #Y nowhere "A rule"')).to.throw("a.ts:2: unknown area nowhere");
  });
});
