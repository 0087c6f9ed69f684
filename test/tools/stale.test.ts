/** What was compiled from a file that is gone, goes too; all else stays. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { removeStale } from "../../tools/stale.ts";
import { scratch } from "../cli/scratch.ts";

describe("stale files of dist", () => {
  const path = scratch();

  it("are removed, each with its map and its types", () => {
    const root = path("tree");
    const gone = ["dist/test/a/gone.test.js", "dist/test/a/gone.test.js.map", "dist/test/a/gone.test.d.ts"];
    const kept = ["test/a/here.test.ts", "dist/test/a/here.test.js", "dist/test/notes.txt", "dist/web/tapvs.js"];
    for (const file of [...gone, ...kept]) {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), "");
    }
    expect(removeStale(root, ["src", "test"]).toSorted()).deep.equals(gone.toSorted());
    expect(gone.filter((file) => existsSync(join(root, file)))).deep.equals([]);
    expect(kept.filter((file) => !existsSync(join(root, file)))).deep.equals([]);
  });
});
