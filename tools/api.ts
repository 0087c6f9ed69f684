/**
 * The public interface of the package as one page, from the declarations that the compiler makes of it: a change to the contract is
 * seen where docs/api.md changes. `node dist/tools/api.js` writes the page; `--check` says whether it is fresh, and what has no word
 * of documentation.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { argv, exit } from "node:process";
import { FAULT_NAMES } from "../src/core/simulator/faults.ts";
import { MODES } from "../src/core/simulator/layout.ts";
import { DROP_REASONS, VERDICTS, verdictName } from "../src/core/trace/verdict.ts";

const PAGE = "docs/api.md";
const EVENTS = "dist/src/core/trace/events.d.ts";

/** A name that a door exports, and its declaration with the comment before it. */
export interface PublicName {
  readonly name: string;
  readonly text: string;
}

interface Door {
  /** `tapvs/packet`. */
  readonly specifier: string;
  /** What its file says of itself. */
  readonly about: string;
  readonly names: readonly PublicName[];
}

/** Statements of a declaration file that begin in the first column, each with the comment before it. */
export function statementsOf(text: string): string[] {
  const statements: string[] = [];
  let current = "";
  for (const line of text.split("\n")) {
    current += `${line}\n`;
    const ends = /^(?!\s|\/\*\*| \*).*;$|^\};?$|^\}\[.*\];$|^\} .*;$/.test(line);
    if (!ends) continue;
    statements.push(current.trim());
    current = "";
  }
  return statements;
}

const DECLARED = /^export (?:declare )?(?:abstract )?(?:class|interface|type|const|function) (\w+)/m;
const RE_EXPORT = /^export (?:type )?(\{[^}]*\}|\*) from "([^"]+)";$/m;

/** What a declaration file exports, where the declarations stand. */
export function exportsOf(file: string): PublicName[] {
  return statementsOf(readFileSync(file, "utf8")).flatMap((statement) => {
    const [, list = "", from] = RE_EXPORT.exec(statement) ?? [];
    if (from !== undefined) {
      const there = exportsOf(join(dirname(file), from.replace(/\.ts$/, ".d.ts")));
      if (list === "*") return there;
      const wanted = list
        .slice(1, -1)
        .split(",")
        .map((name) => name.trim().replace(/^type /, ""));
      return wanted.flatMap((name) => there.find((one) => one.name === name) ?? []);
    }
    const [, name] = DECLARED.exec(statement) ?? [];
    return name === undefined ? [] : [{ name, text: statement }];
  });
}

/** The doors of a package, in its order. */
export function doorsOf(packageFile: string): Door[] {
  const { name, exports } = JSON.parse(readFileSync(packageFile, "utf8")) as {
    readonly name: string;
    readonly exports: Readonly<Record<string, string | { readonly types: string }>>;
  };
  return Object.entries(exports).flatMap(([path, entry]) => {
    if (typeof entry === "string") return [];
    const [, about = ""] = /^\/\*\* `[^`]*`: (.*?)(?: docs\/.*)? \*\/$/m.exec(readFileSync(entry.types, "utf8")) ?? [];
    const names = exportsOf(entry.types).sort((a, b) => rank(a) - rank(b));
    return [{ specifier: path.replace(".", name), about, names }];
  });
}

/** What is called comes before what it is given and what it returns. */
const KINDS = ["function", "const", "class", "interface", "type"];
const rank = ({ text }: PublicName): number =>
  KINDS.findIndex((kind) => new RegExp(`^export (declare )?${kind} `, "m").test(text));

/** Members of a public declaration that no comment stands before, `Fields.isIpv6`; the declaration itself, if it has none. */
export function undocumented({ name, text }: PublicName): string[] {
  const lines = text.split("\n");
  const missing = text.startsWith("/**") ? [] : [name];
  if (!/^export (declare )?(class|interface)/m.test(text)) return missing;
  for (const [index, line] of lines.entries()) {
    const [, member] = /^ {4}(?:readonly |static |get |set )*(\w+)\??[(:<]/.exec(line) ?? [];
    const isAfterComment = /\*\/$/.test(lines[index - 1] ?? "");
    const isSecondOfPair = new RegExp(`^ {4}(?:get )?${member}\\b`).test(lines[index - 1] ?? "");
    if (member !== undefined && !isAfterComment && !isSecondOfPair && !line.includes(" name = "))
      missing.push(`${name}.${member}`);
  }
  return missing;
}

const fenced = (text: string): string[] => ["```ts", text, "```", ""];

function page(doors: readonly Door[]): string {
  const lines = [
    "# API",
    "",
    "Everything that is public, made from the source by `make docs`. [library.md](library.md) shows how it is used. What is not here may",
    "change at any time; what is here changes as [semantic versioning](https://semver.org) says.",
    "",
    "| import | names |",
    "| --- | --- |",
  ];
  const seen = new Set<string>();
  const fresh = doors.map((door) => ({
    ...door,
    names: door.names.filter(({ text }) => !seen.has(text) && seen.add(text)),
  }));
  for (const { specifier, names } of fresh)
    lines.push(`| \`${specifier}\` | ${names.map(({ name }) => `\`${name}\``).join(", ")} |`);
  for (const { specifier, about, names } of fresh) {
    lines.push("", `## ${specifier}`, "", `${about.charAt(0).toUpperCase()}${about.slice(1)}`, "");
    for (const { text } of names) lines.push(...fenced(text));
    lines.pop();
  }
  return `${[...lines, "", ...valueLines()].join("\n").trimEnd()}\n`;
}

/** What the closed types stand for. */
function valueLines(): string[] {
  const verdicts = Array.from({ length: VERDICTS }, (_, verdict) => verdictName(verdict));
  const drops = new Set<string>(DROP_REASONS.map(({ name }) => name));
  const ends = [...verdicts.filter((name) => !drops.has(name)), "accepted"];
  const quoted = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(", ");
  const events = exportsOf(EVENTS).filter(({ name }) =>
    ["WalkEvents", "Candidate", "ConnectionView", "Rewritten", "SyncRefusal"].includes(name),
  );
  return [
    "## Values",
    "",
    `\`Verdict\`: ${quoted(ends)}; drops are ${quoted([...drops])}.`,
    "",
    `\`Method\`: ${quoted(MODES)}. \`Fault\`: ${quoted(FAULT_NAMES)}.`,
    "",
    "The codes of `Step`, each with its values. An `Address` is told as a text, a `ConnectionView` as a `Connection`.",
    "",
    ...events.flatMap(({ text }) => fenced(text)),
  ];
}

/** What is wrong with the page and with the comments; nothing if all is well. */
export function faultsOf(text: string): string[] {
  const doors = doorsOf("package.json");
  const bare = [...new Set(doors.flatMap(({ names }) => names.flatMap(undocumented)))];
  const faults = bare.map((name) => `${name} is public and has no comment`);
  const isFresh = text === page(doors);
  return isFresh
    ? faults
    : [
        ...faults,
        `${PAGE} is not what the package exports: if this change of the contract is meant, run \`make docs\``,
      ];
}

function main(): void {
  if (!argv.includes("--check")) {
    writeFileSync(PAGE, page(doorsOf("package.json")));
    return;
  }
  const faults = faultsOf(readFileSync(PAGE, "utf8"));
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) exit(1);
}

if (argv[1]?.endsWith("api.js") === true) main();
