/** Examples use what everybody may use: the package by its name, nothing of its inside. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";

const IMPORT = /(?:^import |^} from |\bfrom |\bimport\()["']([^"'\n]+)["']\)?;?/gm;
const ALLOWED = /^(tapvs(\/(packet|capture|network|testing|arbitraries))?|fast-check|node:[\w/]+)$/;

/** What the JavaScript of these files imports. */
const importsOf = (files: readonly string[]): string[] =>
  files.flatMap((file) => [...readFileSync(file, "utf8").matchAll(IMPORT)].map(([, name = ""]) => `${file}: ${name}`));

describe("examples", () => {
  const files = readdirSync("examples", { recursive: true, encoding: "utf8" })
    .filter((name) => /\.[cm]?[jt]s$/.test(name))
    .map((name) => join("examples", name));

  it("import only tapvs", () => {
    const names = importsOf([...files, "docs/library.md"]);
    expect(names.length).greaterThan(20);
    expect(names.filter((name) => !ALLOWED.test(name.split(": ")[1] ?? ""))).deep.equals([]);
  });

  it("would be caught", () => {
    expect(ALLOWED.test("../../dist/src/core/host/director.js")).equals(false);
    expect(ALLOWED.test("tapvs/dist/src/index.js")).equals(false);
  });
});
