/** Puts real output into pages: `node dist/test/docs/rewrite.js docs/ipvsadm.md`; all pages if none is named. */
import { readFileSync, writeFileSync } from "node:fs";
import { pagesOf } from "./files.ts";
import { hasRunnable, rerun } from "./page.ts";

const named = process.argv.slice(2);
for (const page of named.length > 0 ? named : pagesOf(".")) {
  const text = readFileSync(page, "utf8");
  const made = hasRunnable(text) ? await rerun(text, ".") : text;
  if (made === text) continue;
  writeFileSync(page, made);
  process.stdout.write(`${page} rewritten\n`);
}
