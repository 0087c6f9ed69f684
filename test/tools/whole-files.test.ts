import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { fillFolder } from "../../tools/whole-files.ts";

describe("what a build writes", () => {
  const folder = mkdtempSync(join(tmpdir(), "tapvs-build-"));
  after(() => rmSync(folder, { recursive: true }));

  it("leaves files alone that are as they were, replaces others by new ones, and takes out what is no more", () => {
    mkdirSync(join(folder, "cli"));
    for (const name of ["same", "other", "old"]) writeFileSync(join(folder, "cli", name), name);
    const inode = (name: string): number => statSync(join(folder, "cli", name)).ino;
    const [same, other] = [inode("same"), inode("other")];
    fillFolder(
      folder,
      new Map([
        ["cli/same", "same"],
        ["cli/other", "new"],
        ["io/live/more", "more"],
      ]),
    );
    expect(readdirSync(folder, { recursive: true }).toSorted()).deep.equals([
      "cli",
      "cli/other",
      "cli/same",
      "io",
      "io/live",
      "io/live/more",
    ]);
    expect(readFileSync(join(folder, "cli/other"), "utf8")).equals("new");
    expect([inode("same"), inode("other") === other]).deep.equals([same, false]);
  });
});
