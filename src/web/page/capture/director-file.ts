/** Reads director.yaml where there is no file system: the files that it names are those that were dropped beside it. */
import { type Document, LineCounter, parseDocument } from "yaml";
import type { HostConfig, RulesConfig } from "../../../core/host/config.ts";
import { HOST_KEYS, readHostConfig } from "../../../core/host/config-reader.ts";
import { describeProblem, PlainValue, type Problem } from "../../../core/host/plain-value.ts";
import { locate, nodeAt, positionAt } from "../../../io/config/locator.ts";

export interface DirectorFile {
  readonly host: HostConfig;
  readonly rules: RulesConfig;
}

export type DirectorFileResult =
  | { readonly kind: "file"; readonly file: DirectorFile }
  /** Each as `director.yaml:3:11: ...`. */
  | { readonly kind: "problems"; readonly problems: readonly string[] };

/** Of a live director only: known, and of no use here. */
const OTHER_KEYS = ["rules", "user", "socket", "state", "health"];

/** The configuration, with its own rules or, where it names a file or none, with `rules`. */
export function readDirectorFile(text: string, file: string, rules: RulesConfig): DirectorFileResult {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: "silent" });
  const at = (offset: number): string => {
    const { line, column } = positionAt(lines, offset);
    return `${file}:${line}:${column}`;
  };
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0)
    return { kind: "problems", problems: faults.map(({ pos, message }) => `${at(pos[0])}: ${message}`) };
  const problems: Problem[] = [];
  const top = new PlainValue(valuesOf(document, problems), [], problems);
  if (problems.length === 0 && top.hasFields([...HOST_KEYS, ...OTHER_KEYS])) {
    const host = readHostConfig(top);
    const own = top.field("rules").present
      ? top.field("rules").text("a file of rules, or a block of lines")
      : undefined;
    if (problems.length === 0)
      return { kind: "file", file: { host, rules: rulesOf(own, file, document, lines) ?? rules } };
  }
  return {
    kind: "problems",
    problems: problems.map((problem) => {
      const { line, column } = locate(document, lines, problem.path, problem.on);
      return `${file}:${line}:${column}: ${describeProblem(problem)}`;
    }),
  };
}

/** The document without its syntax. Aliases that stand for too much, as in a bomb, are found only here. */
function valuesOf(document: Document, problems: Problem[]): unknown {
  try {
    return document.toJS();
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    problems.push({ path: [], on: "value", message: error.message });
    return undefined;
  }
}

/** A block of rules in the configuration itself; `undefined` if it names a file. */
function rulesOf(
  own: string | undefined,
  file: string,
  document: Document,
  lines: LineCounter,
): RulesConfig | undefined {
  if (own === undefined || !(own.includes("\n") || own.startsWith("-"))) return undefined;
  // A block's text begins in the line below its mark.
  const firstLine = positionAt(lines, nodeAt(document, ["rules"])?.range?.[0] ?? 0).line + (own.includes("\n") ? 1 : 0);
  return rulesText(own, file, firstLine);
}

/** Rules as a file has them. */
export const rulesText = (text: string, file: string, firstLine = 1): RulesConfig => ({
  file,
  firstLine,
  lines: text.replace(/\r?\n$/, "").split(/\r?\n/),
});
