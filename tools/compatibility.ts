/**
 * Makes docs/compatibility.md from the marks that stand where the code mirrors the kernel:
 *
 *   @ipvs #Y area "rule"         the kernel's rule, whole
 *   @ipvs #P[why] area "rule"    in part, and why not whole
 *   @ipvs #N[why] area "rule"    not at all, and why
 *
 * `node dist/tools/compatibility.js` writes the page; with `--check` it only says whether the page is as it should be.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { argv, cwd, exit } from "node:process";
import { DEFAULT_KERNEL, REFERENCE_KERNEL, RELEASE_CHANGES } from "../src/core/kernel/releases.ts";

const PAGE = "docs/compatibility.md";
const SOURCES = "src";
const AREAS = [
  "wire",
  "director",
  "service",
  "schedulers",
  "persistence",
  "connections",
  "tcp",
  "udp",
  "forwarding",
  "helpers",
  "icmp",
  "fragments",
  "control",
  "listings",
  "netlink",
  "proc",
  "statistics",
  "thresholds",
  "fullnat",
  "sctp",
  "sync",
] as const;
const TITLES: Readonly<Record<string, string>> = {
  wire: "Frames",
  director: "The host",
  service: "Services and destinations",
  schedulers: "Schedulers",
  persistence: "Persistence",
  connections: "Connections",
  tcp: "TCP",
  udp: "UDP",
  forwarding: "Forwarding methods",
  helpers: "Application helpers",
  icmp: "ICMP",
  fragments: "Fragments",
  control: "The ipvsadm language",
  listings: "Listings",
  netlink: "The netlink family",
  proc: "Files of /proc/net",
  statistics: "Statistics",
  thresholds: "Thresholds",
  fullnat: "FULLNAT",
  sctp: "SCTP",
  sync: "Synchronisation",
};

export interface Mark {
  readonly status: "yes" | "partly" | "no";
  readonly why: string;
  readonly area: string;
  readonly rule: string;
  /** Path from the top of the project, and line. */
  readonly file: string;
  readonly line: number;
}

const STATUS = { Y: "yes", P: "partly", N: "no" } as const;
const MARK = /@ipvs #([YPN])(?:\[([^\]]*)\])? (\S+) "([^"]*)"/;

/** Every mark of one file; a line that begins like a mark but is none is an error naming file and line. */
export function marksOf(file: string, text: string): Mark[] {
  return text.split("\n").flatMap((content, index) => {
    if (!content.includes("@ipvs #")) return [];
    const [, letter, why = "", area = "", rule = ""] = MARK.exec(content) ?? [];
    const where = `${file}:${index + 1}`;
    if (letter !== "Y" && letter !== "P" && letter !== "N")
      throw new Error(`${where}: expected @ipvs #Y|#P[why]|#N[why] area "rule"`);
    if (!AREAS.some((known) => known === area))
      throw new Error(`${where}: unknown area ${area}, expected one of ${AREAS.join(" ")}`);
    if ((letter === "Y") !== (why === "")) throw new Error(`${where}: #P and #N say why, #Y does not`);
    return [{ status: STATUS[letter], why, area, rule, file, line: index + 1 }];
  });
}

/** The page as Markdown. */
export function compatibilityPage(marks: readonly Mark[]): string {
  const count = (status: Mark["status"]): number => marks.filter((mark) => mark.status === status).length;
  const lines = [
    "# What tapvs does as the Linux kernel does, and what not",
    "",
    "Made by `make docs` from the marks in the source, each beside the code that keeps its rule. The kernel meant is Linux, 6.1 to 6.12;",
    "FULLNAT, which Linux does not have, is held against alibaba/LVS and DPVS.",
    "",
    `${count("yes")} rules whole, ${count("partly")} in part, ${count("no")} not.`,
  ];
  for (const area of AREAS) {
    const rows = marks.filter((mark) => mark.area === area);
    if (rows.length === 0) continue;
    lines.push("", `## ${TITLES[area] ?? area}`, "", "| | rule | where |", "|---|---|---|");
    for (const { status, why, rule, file } of rows) {
      const reason = why === "" ? "" : ` (${status === "no" ? "not, because: " : ""}${why})`;
      lines.push(`| ${status} | ${rule}${reason} | [${file.replace(/^src\/core\//, "")}](../${file}) |`);
    }
  }
  return `${[...lines, ...releaseLines()].join("\n")}\n`;
}

/** What changed between the releases, and in which of the recorded kernels. */
function releaseLines(): string[] {
  const { hz, release } = DEFAULT_KERNEL;
  const lines = [
    "",
    "## Releases of the kernel",
    "",
    `A director is like Linux ${release} with HZ=${hz}, unless [director.yaml](configuration.md#kernel) asks for another. Recordings that do`,
    `not say which kernel made them are held against ${REFERENCE_KERNEL.release} with HZ=${REFERENCE_KERNEL.hz}. The same 72 cases of IPv4 were recorded on 6.1.176,`,
    "6.1.192 and 6.12.117, and differ in nothing but the time of timers. These behaviours came with a later release (those of series",
    "6.1 and 6.12 that have them are read from the titles of their patches); with an older one it is as before:",
    "",
    "| behaviour | since | before | recordings |",
    "|---|---|---|---|",
  ];
  for (const { after, before, since, recordings } of RELEASE_CHANGES.values()) {
    const releases = Object.entries(since).map(([series, patch]) => `${series}.${patch}`);
    lines.push(`| ${after} | ${releases.join(", ")} | ${before} | ${recordings.join(", ")} |`);
  }
  return lines;
}

/** Every mark below a folder of the project, by file name. */
export function collectMarks(root: string): Mark[] {
  return readdirSync(join(root, SOURCES), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .sort()
    .flatMap((name) => marksOf(join(SOURCES, name), readFileSync(join(root, SOURCES, name), "utf8")));
}

if (import.meta.filename === argv[1]) {
  const page = compatibilityPage(collectMarks(cwd()));
  if (!argv.includes("--check")) writeFileSync(PAGE, page);
  else if (readFileSync(PAGE, "utf8") !== page) {
    console.error(`${PAGE} is not what the marks in ${SOURCES} say: run \`make docs\``);
    exit(1);
  }
}
