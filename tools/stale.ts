/**
 * Takes out of dist what was compiled from files that are gone: tests would still run it, and the package would hold it.
 *
 *   node dist/tools/stale.js
 */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What the compiler writes of a source file. */
const COMPILED = /\.(?:js|js\.map|d\.ts)$/;

/** Removes them from ROOT/dist, of these folders, and names them. */
export function removeStale(root: string, folders: readonly string[]): string[] {
  const removed: string[] = [];
  for (const folder of folders) {
    const built = join(root, "dist", folder);
    if (!existsSync(built)) continue;
    for (const path of readdirSync(built, { recursive: true, encoding: "utf8" })) {
      if (!COMPILED.test(path) || existsSync(join(root, folder, path.replace(COMPILED, ".ts")))) continue;
      rmSync(join(built, path));
      removed.push(join("dist", folder, path));
    }
  }
  return removed;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  removeStale(fileURLToPath(new URL("../../", import.meta.url)), ["src", "test", "bench", "tools"]);
}
