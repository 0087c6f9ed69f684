/** Asks every finder about every walk, and compares: those who are asked find all that there is to be found. */
import { expect } from "chai";
import { causesOf, findersOf } from "../../src/core/host/causes/causes.ts";
import type { Finder } from "../../src/core/host/causes/inquiry.ts";
import { WalkInQuestion } from "../../src/core/host/causes/walk-in-question.ts";

/** Who was asked, and who of them has found something. */
export interface Asked {
  readonly all: Set<Finder>;
  readonly found: Set<Finder>;
}

/** While the tests of this suite run. */
export function asksEveryFinder(): Asked {
  const asked: Asked = { all: new Set(), found: new Set() };
  const { causes } = WalkInQuestion.prototype;
  before(() => {
    WalkInQuestion.prototype.causes = function (verdict) {
      const inquiry = this.end(verdict);
      if (inquiry === undefined) return [];
      const told = causesOf(inquiry);
      const all = findersOf(inquiry).flatMap((find) => {
        asked.all.add(find);
        const cause = find(inquiry);
        if (cause === undefined) return [];
        asked.found.add(find);
        return [cause];
      });
      if (told.length > 0 || all.length > 0) expect(told, "the causes that are found with gates").deep.equals(all);
      return told;
    };
  });
  after(() => {
    WalkInQuestion.prototype.causes = causes;
  });
  return asked;
}
