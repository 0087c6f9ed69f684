/** The public interface as a page: what is listed, and what is found missing. */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { exportsOf, faultsOf, statementsOf, undocumented } from "../../tools/api.ts";

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

  it("misses comments", () => {
    const text = "export interface A {\n    readonly b: number;\n    /** C. */\n    c(): void;\n}";
    expect(undocumented({ name: "A", text })).deep.equals(["A", "A.b"]);
  });
});
