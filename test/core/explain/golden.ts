/** Texts and drawings that were looked at and found good: fixtures/explain. REMAKE_FIXTURES=1 writes them anew. */
import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "chai";

const DIRECTORY = "fixtures/explain";

/** Holds a text against the file of this name. */
export function expectGolden(name: string, text: string): void {
  const path = `${DIRECTORY}/${name}`;
  if (process.env.REMAKE_FIXTURES) writeFileSync(path, text);
  expect(text, `${path} (REMAKE_FIXTURES=1 remakes it)`).equals(readFileSync(path, "utf8"));
}
