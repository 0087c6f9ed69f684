import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { makeFolder } from "../../src/io/folder.ts";

describe("A folder that is to be written into", () => {
  let scratch = "";
  beforeEach(() => {
    scratch = mkdtempSync(join(tmpdir(), "folder-"));
  });
  afterEach(() => rmSync(scratch, { recursive: true }));

  it("is made with those it lies in, once", () => {
    const folder = join(scratch, "a/b/c");
    expect([makeFolder(folder), makeFolder(folder)]).deep.equals([true, false]);
    expect(statSync(folder).isDirectory()).equals(true);
  });

  it("is not made where a file is in the way", () => {
    writeFileSync(join(scratch, "a"), "");
    expect(() => makeFolder(join(scratch, "a"))).throws(/^EEXIST/);
    expect(() => makeFolder(join(scratch, "a/b/c"))).throws(/^EEXIST/);
  });

  it("is an error, and no endless try, where the kernel makes none", () => {
    expect(() => makeFolder("/proc/x/y")).throws("ENOENT: no folder can be made in /proc");
  });
});
