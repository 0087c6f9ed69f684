/** Results of verify as JUnit XML, the form that CI systems read. */
import type { CaseReport, Outcome } from "./verify-report.ts";

/** One suite, a test case for each recorded case. */
export function junitXml(reports: readonly CaseReport[]): string {
  const failures = reports.filter(({ outcome }) => isFailure(outcome)).length;
  const errors = reports.filter(({ outcome }) => outcome === "error").length;
  const time = reports.reduce((sum, { seconds }) => sum + seconds, 0).toFixed(3);
  const skipped = reports.filter(({ outcome }) => outcome === "expected").length;
  const ignored = skipped > 0 ? ` skipped="${skipped}"` : "";
  const counts = `tests="${reports.length}" failures="${failures}" errors="${errors}"${ignored} time="${time}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="tapvs verify" ${counts}>`,
    `  <testsuite name="tapvs verify" ${counts}>`,
    ...reports.map(testCase),
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

const isFailure = (outcome: Outcome): boolean => ["differs", "idle", "unexpected"].includes(outcome);

function testCase({ name, path, outcome, title, lines, seconds }: CaseReport): string {
  const start = `    <testcase name="${escaped(name)}" classname="${escaped(path)}" time="${seconds.toFixed(3)}"`;
  if (outcome === "match") return `${start}/>`;
  if (outcome === "expected") return `${start}>\n      <skipped message="${escaped(title)}"/>\n    </testcase>`;
  const element = isFailure(outcome) ? "failure" : "error";
  return `${start}>\n      <${element} message="${escaped(title)}">${escaped([title, ...lines].join("\n"))}</${element}>\n    </testcase>`;
}

/** Text for an attribute or an element; characters that XML 1.0 cannot hold become U+FFFD. */
function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, "\u{fffd}")
    .replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}
