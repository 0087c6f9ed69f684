/** Puts real output into the pages that are named: `node dist/test/docs/rewrite.js docs/ipvsadm.md`. */
import { readFileSync, writeFileSync } from "node:fs";
import { hasRunnable, rerun } from "./page.ts";

const pages = process.argv.slice(2);
if (pages.length === 0) {
  process.stderr.write("usage: node dist/test/docs/rewrite.js PAGE...\n");
  process.exitCode = 2;
}
for (const page of pages) {
  const text = readFileSync(page, "utf8");
  const made = hasRunnable(text) ? await rerun(text, ".") : text;
  if (made === text) continue;
  writeFileSync(page, made);
  process.stdout.write(`${page} rewritten\n`);
}
