import { expect } from "chai";
import { expandBraces } from "../../../src/core/packet/braces.ts";

const CASES: readonly (readonly [string, readonly string[]])[] = [
  ["plain", ["plain"]],
  ["10.0.0.{1,2}:{8..9}", ["10.0.0.1:8", "10.0.0.1:9", "10.0.0.2:8", "10.0.0.2:9"]],
  ["{3..1}", ["3", "2", "1"]],
  ["{08..10}", ["08", "09", "10"]],
  ["{0..20..10}", ["0", "10", "20"]],
  ["{S,P.}{,x}", ["S", "Sx", "P.", "P.x"]],
  ["{} {a} {a b,c}", ["{} {a} a b", "{} {a} c"]],
  ['data "{1,2}" {1,2}', ['data "{1,2}" 1', 'data "{1,2}" 2']],
];

describe("braces", () => {
  for (const [text, texts] of CASES) {
    it(`make of ${text} what bash makes of it`, () => {
      expect(expandBraces(text)).deep.equals(texts);
    });
  }

  it("are refused where they make more than anybody wants", () => {
    expect(expandBraces("{1..100001}")).equals(undefined);
    expect(expandBraces("{1..1000}{1..1000}")).equals(undefined);
  });
});
