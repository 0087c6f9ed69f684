/** The pages that people read. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Paths of README.md and all pages of docs and examples, relative to the repository. */
export function pagesOf(repository: string): string[] {
  const below = ["docs", "examples"].flatMap((directory) =>
    readdirSync(join(repository, directory), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".md"))
      .map((name) => join(directory, name)),
  );
  return [...(existsSync(join(repository, "README.md")) ? ["README.md"] : []), ...below.sort()];
}
