/** The public interface as a page: what is listed, and what is found missing. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { doorsOf, exportsOf, faultsOf, statementsOf, undocumented } from "../../tools/api.ts";

describe("the page of the public interface", () => {
  it("is what the package exports, and every name and member there has a comment", () => {
    const text = readFileSync("docs/api.md", "utf8");
    expect(faultsOf(text)).deep.equals([]);
    expect(faultsOf(text.replace("receive(", "accept("))).lengthOf(1);
  });

  it("is made of whole statements", () => {
    const whole = "/** A. */\nexport interface A {\n    /** B. */\n    readonly b: {\n        c: 1;\n    };\n}";
    const text = `import x from "y";\n${whole}\nexport {};\n`;
    expect(statementsOf(text)).deep.equals(['import x from "y";', whole, "export {};"]);
  });

  it("follows names to where they are declared", () => {
    const names = exportsOf("dist/src/testing.d.ts").map(({ name }) => name);
    expect(names).includes.members(["runCases", "expectSent", "ttl", "AssertionError"]);
  });

  it("leads to nothing of the core but the events of a walk", () => {
    const reached = new Set<string>();
    const follow = (file: string): void => {
      if (reached.has(file)) return;
      reached.add(file);
      for (const [, to = ""] of readFileSync(file, "utf8").matchAll(/from "(\.[^"]+)"/g))
        follow(join(dirname(file), to.replace(/\.ts$/, ".d.ts")));
    };
    for (const { specifier } of doorsOf("package.json"))
      follow(`dist/src/${specifier === "tapvs" ? "index" : specifier.replace("tapvs/", "")}.d.ts`);
    const inside = [...reached].filter((file) => !file.startsWith("dist/src/library/") && file.split("/").length > 3);
    const allowed = /^dist\/src\/core\/(flavoured|trace\/(causes\/)?\w+|wire\/address)\.d\.ts$/;
    expect(reached.size).greaterThan(20);
    expect(inside.filter((file) => !allowed.test(file))).deep.equals([]);
  });

  it("misses comments", () => {
    const text = "export interface A {\n    readonly b: number;\n    /** C. */\n    c(): void;\n}";
    expect(undocumented({ name: "A", text })).deep.equals(["A", "A.b"]);
  });
});
