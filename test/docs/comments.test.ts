/** What comments of the source say of the source: files that they name are there. */

import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect } from "chai";

const HOUSES = ["src", "test", "bench", "tools"] as const;
/** A file of TypeScript as comments name it, with or without the folders before it. */
const NAMED = /[\w./-]*[\w-]\.ts\b/g;

const paths = HOUSES.flatMap((house) =>
  readdirSync(house, { recursive: true, encoding: "utf8" }).map((path) => join(house, path)),
).filter((path) => path.endsWith(".ts"));
const names: ReadonlySet<string> = new Set(paths.map((path) => basename(path)));

/** The comments of a source file, line by line. Strings that look like comments count as comments: they only add names. */
function commentsOf(text: string): string[] {
  const found = text.match(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm) ?? [];
  return found.flatMap((comment) => comment.split("\n"));
}

/** What is named but not there: by its whole path where folders are given, else by its name. */
const missing = (line: string): string[] =>
  (line.match(NAMED) ?? []).filter((name) => {
    const bare = name.replace(/^(\.\.?\/)+/, "");
    return bare.includes("/") ? !paths.some((path) => path.endsWith(`/${bare}`) || path === bare) : !names.has(bare);
  });

describe("comments", () => {
  it("are read", () => {
    expect(paths.length).greaterThan(400);
    expect(commentsOf("const a = 1; // see walk.ts\n/** in\n * gone.ts */").flatMap(missing)).deep.equals(["gone.ts"]);
  });

  it("name only files that exist", () => {
    const lies = paths.flatMap((path) =>
      commentsOf(readFileSync(path, "utf8"))
        .flatMap(missing)
        .map((name) => `${path}: ${name}`),
    );
    expect(lies.filter((lie) => !lie.startsWith("test/docs/comments.test.ts"))).deep.equals([]);
  });
});
