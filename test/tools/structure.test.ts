/** The check of imports against the plan of the house: it reads imports right, and it can fail. */
import { expect } from "chai";
import { arrowsUp, circleByValue, importsOf, readGraph } from "../../tools/structure.ts";

const graph = (texts: Readonly<Record<string, string>>): ReadonlyMap<string, ReturnType<typeof importsOf>> =>
  new Map(Object.entries(texts).map(([file, text]) => [file, importsOf(file, text)]));

describe("the plan of the house", () => {
  it("tells imports by value from imports of types alone", () => {
    const text = [
      'import { argv } from "node:process";',
      'import type { A } from "./a.ts";',
      'import { type B, type C } from "../b.ts";',
      'import {\n  type D,\n  d,\n} from "./d.ts";',
      'export { e } from "./e.ts";',
      'import "./f.ts";',
    ].join("\n");
    expect(importsOf("src/core/ipvs/x.ts", text)).to.deep.equal([
      { to: "src/core/ipvs/a.ts", byValue: false },
      { to: "src/core/b.ts", byValue: false },
      { to: "src/core/ipvs/d.ts", byValue: true },
      { to: "src/core/ipvs/e.ts", byValue: true },
      { to: "src/core/ipvs/f.ts", byValue: true },
    ]);
  });

  it("names an import of what stands above, also of a type", () => {
    const up = graph({
      "src/core/ipvs/in.ts": 'import type { Director } from "../host/director.ts";',
      "src/core/host/walk.ts": 'import { ipvsIn } from "../ipvs/in.ts";',
      "src/core/wire/udp.ts": 'import { log } from "../../io/log.ts";',
    });
    expect(arrowsUp(up).map((fault) => fault.split(",")[0])).to.deep.equal([
      "src/core/ipvs/in.ts imports src/core/host/director.ts",
      "src/core/wire/udp.ts imports src/io/log.ts",
    ]);
  });

  it("finds a circle by value, and none that only types tie", () => {
    const tied = { "src/a.ts": 'import { b } from "./b.ts";', "src/b.ts": 'import { c } from "./c.ts";' };
    expect(circleByValue(graph({ ...tied, "src/c.ts": 'import type { A } from "./a.ts";' }))).to.equal(undefined);
    expect(circleByValue(graph({ ...tied, "src/c.ts": 'import { a } from "./a.ts";' }))).to.deep.equal([
      "src/a.ts",
      "src/b.ts",
      "src/c.ts",
      "src/a.ts",
    ]);
  });

  it("is kept by src", () => {
    const src = readGraph("src");
    expect(src.size).to.be.greaterThan(400);
    expect(arrowsUp(src)).to.deep.equal([]);
    expect(circleByValue(src)).to.equal(undefined);
  });
});
