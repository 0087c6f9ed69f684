/** Links between pages lead somewhere. */

import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect } from "chai";
import { pagesOf } from "./files.ts";

/** Anchors of a page's headings, as forges make them. */
function anchorsOf(markdown: string): Set<string> {
  const headings = markdown.replaceAll(/^```.*?^```$/gms, "").match(/^#+ .*$/gm) ?? [];
  return new Set(
    headings.map((heading) =>
      heading
        .replace(/^#+ /, "")
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

/** Targets of the links outside of code. */
function linksOf(markdown: string): string[] {
  const prose = markdown.replaceAll(/^```.*?^```$/gms, "").replaceAll(/`[^`\n]*`/g, "code");
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = ""]) => target)
    .filter((target) => !/^\w+:/.test(target));
}

describe("links", () => {
  for (const page of pagesOf(".")) {
    const links = linksOf(readFileSync(page, "utf8"));
    if (links.length === 0) continue;
    it(`of ${page} lead somewhere`, () => {
      for (const link of links) {
        const [path = "", anchor] = link.split("#");
        const target = path === "" ? page : normalize(join(dirname(page), path));
        expect(existsSync(target), `${link}: there is no ${target}`).to.equal(true);
        if (anchor === undefined) continue;
        expect([...anchorsOf(readFileSync(target, "utf8"))], link).to.include(anchor);
      }
    });
  }
});
