/** Sections of docs/performance.md that a bench of their own makes, and that `make bench` keeps. */
import { readFileSync, writeFileSync } from "node:fs";

export const PAGE = "docs/performance.md";
/** Before it they stand. */
const LAST = "## Method\n";

export const LIVE = "Live, on TAP devices";
export const CAPTURES = "Captures";

/** The section of this title as it stands in the page, with the empty line behind it; empty if there is none. */
export function sectionOf(title: string, page = readFileSync(PAGE, "utf8")): string {
  const start = page.indexOf(`## ${title}\n`);
  if (start < 0) return "";
  const end = page.indexOf("\n## ", start);
  return end < 0 ? page.slice(start) : page.slice(start, end + 1);
}

/** Puts a section into the page, in the place of the one of its title. `text` is what stands below that. */
export function writeSection(title: string, text: string): void {
  const page = readFileSync(PAGE, "utf8");
  const old = sectionOf(title, page);
  const without = old === "" ? page : page.replace(old, () => "");
  writeFileSync(
    PAGE,
    without.replace(LAST, () => `## ${title}\n\n${text.trim()}\n\n${LAST}`),
  );
}
