/**
 * Writes what a build makes so that programs which run meanwhile go on: none ever finds a file missing, or half of it, and what a
 * build makes anew as it was is left alone.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pid } from "node:process";

/** Writes a file in one step, unless it holds the text already; whether it was written. */
export function writeWholeFile(path: string, text: string): boolean {
  if (textOf(path) === text) return false;
  mkdirSync(dirname(path), { recursive: true });
  const beside = `${path}.${pid}.new`;
  writeFileSync(beside, text);
  renameSync(beside, path);
  return true;
}

/** Makes a folder hold these files, by their paths in it, and no others: those go last, for a program that runs may still load one. */
export function fillFolder(folder: string, files: ReadonlyMap<string, string>): void {
  for (const [path, text] of files) writeWholeFile(join(folder, path), text);
  const there = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => !entry.isDirectory());
  for (const { parentPath, name } of there) {
    const path = join(parentPath, name);
    if (!files.has(path.slice(folder.length + 1))) rmSync(path, { force: true });
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
