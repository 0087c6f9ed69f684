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
    const text =
      'import x from "y";\n/** A. */\nexport interface A {\n    /** B. */\n    readonly b: {\n        c: 1;\n    };\n}\nexport {};\n';
    expect(statementsOf(text))
      .lengthOf(3)
      .and.includes(text.slice(text.indexOf("/** A"), text.indexOf("export {}")).trim());
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
