/** The results of verify as Markdown, for the page of a CI job. */
import type { CaseReport } from "./verify-report.ts";

/** Lines of details that a case shows; the rest is in its log. */
const MOST_LINES = 60;

const MARKS = {
  match: "\u2705",
  expected: "\u26a0\ufe0f",
  differs: "\u274c",
  idle: "\u274c",
  unexpected: "\u274c",
  error: "\u274c",
} as const;

/** A line with the sum, a table of all cases, and what is wrong with those that fail. */
export function summaryMarkdown(reports: readonly CaseReport[]): string {
  const matching = reports.filter(({ outcome }) => outcome === "match").length;
  const rows = reports.map(
    ({ name, outcome, frames, title }) =>
      `| ${MARKS[outcome]} ${outcome} | ${cell(name)} | ${frames} | ${cell(title)} |`,
  );
  const wrong = reports.filter(({ code }) => code !== 0);
  return [
    `### tapvs verify: ${matching} of ${reports.length} match`,
    "",
    "| | case | frames | |",
    "| --- | --- | ---: | --- |",
    ...rows,
    ...wrong.flatMap(details),
    "",
  ].join("\n");
}

const cell = (text: string): string =>
  text.replace(/[\\|<>`*_]/g, (character) => `\\${character}`).replace(/\s+/g, " ");

function details({ name, path, title, lines }: CaseReport): string[] {
  const shown = lines.slice(0, MOST_LINES);
  const more = lines.length - shown.length;
  const text = [`${path}: ${title}`, ...shown, ...(more > 0 ? [`... and ${more} more lines`] : [])];
  return [
    "",
    `<details><summary>${html(name)}</summary>`,
    "",
    ...text.map((line) => `    ${line}`.trimEnd()),
    "",
    "</details>",
  ];
}

const html = (text: string): string => text.replace(/[&<>]/g, (character) => `&#${character.codePointAt(0)};`);
