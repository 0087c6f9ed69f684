/** Every page says what the program really prints. `node dist/test/docs/rewrite.js PAGE...` puts a page right. */

import { readFileSync } from "node:fs";
import { expect } from "chai";
import { pagesOf } from "./files.ts";
import { hasRunnable, rerun } from "./page.ts";

describe("pages", () => {
  for (const page of pagesOf(".")) {
    const text = readFileSync(page, "utf8");
    if (!hasRunnable(text)) continue;
    it(`${page} shows what its commands print`, async () => {
      expect((await rerun(text, ".")).split("\n")).to.deep.equal(text.split("\n"));
    });
  }
});
