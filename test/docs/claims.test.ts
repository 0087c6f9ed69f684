import { existsSync, readFileSync } from "node:fs";
import { expect } from "chai";
import type { Claim } from "./claims/claim.ts";
import { CONCEPTS } from "./claims/concepts.ts";
import { GLOSSARY } from "./claims/glossary.ts";
import { MODES } from "./claims/modes.ts";
import { SCHEDULERS } from "./claims/schedulers.ts";

const PAGES: Readonly<Record<string, readonly Claim[]>> = {
  "docs/concepts.md": CONCEPTS,
  "docs/modes/README.md": MODES,
  "docs/schedulers.md": SCHEDULERS,
  "docs/glossary.md": GLOSSARY,
};

const plain = (text: string): string => text.replace(/\s+/g, " ");

/** Short enough for the name of a test. */
const title = (says: string): string => (says.length > 90 ? `${says.slice(0, 87)}...` : says);

for (const [page, claims] of Object.entries(PAGES)) {
  describe(`it is true what ${page} says`, () => {
    const text = plain(readFileSync(page, "utf8"));
    for (const { says, recording, shown } of claims) {
      it(title(says), () => {
        expect(text.includes(plain(says)), `${page} says: ${says}`).equals(true);
        if (recording !== undefined) expect(existsSync(`fixtures/${recording}.jsonl`), recording).equals(true);
        shown();
      });
    }
  });
}

describe("the claims", () => {
  it("are many, and each is there once", () => {
    const all = Object.values(PAGES).flat();
    expect(all.length).least(80);
    expect(new Set(all.map(({ says }) => says))).property("size", all.length);
  });
});
