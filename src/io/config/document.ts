/** Reads the text of director.yaml. Every mistake in it is told with its line and column. Needs no file system. */
import { type Document, isScalar, LineCounter, parseDocument, Scalar, visit } from "yaml";
import type { DirectorConfig, RulesConfig } from "../../core/host/config/config.ts";
import { describeProblem, PlainValue, type Problem } from "../../core/host/config/plain-value.ts";
import { HOST_KEYS, readHostConfig } from "../../core/host/config/reader.ts";
import { type LiveConfig, readLiveConfig } from "./live.ts";
import { locate, nodeAt, type Position, positionAt } from "./locator.ts";

/** A mistake in a configuration file. A file that cannot be read at all has no position. */
export interface ConfigError extends Partial<Position> {
  readonly file: string;
  /** `interfaces[0].mac: expected ..., got ...`. */
  readonly message: string;
}

export type ConfigResult =
  | { readonly kind: "config"; readonly config: DirectorConfig; readonly live: LiveConfig }
  | { readonly kind: "errors"; readonly errors: readonly ConfigError[] };

/** One line for people: `director.yaml:3:11: interfaces[0].mac: expected ..., got ...`. */
export const describeConfigError = ({ file, line, column, message }: ConfigError): string =>
  line === undefined ? `${file}: ${message}` : `${file}:${line}:${column}: ${message}`;

/** The rules of another file that the configuration names, or why there are none. */
export type ReadRules = (
  named: string,
) => { readonly file: string; readonly text: string } | { readonly failure: string };

/** To run a director takes a device for each interface; nobody else asks for them. */
export type ConfigPurpose = "run" | "read";

/** The parser's code for what follows the first document. */
export const SEVERAL_DOCUMENTS = "MULTIPLE_DOCS";

/** The configuration in a text, or all that is wrong with it, in its order. `file` is its name in messages. */
export function readDocument(
  text: string,
  file: string,
  readRules: ReadRules,
  purpose: ConfigPurpose = "read",
): ConfigResult {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: "error" });
  const faults = [
    ...[...document.errors, ...document.warnings].map(({ pos, code, message }) => ({
      at: pos[0],
      message: code === SEVERAL_DOCUMENTS ? "expected one document, and here a second one begins" : message,
    })),
    ...danglingAliases(document),
  ];
  if (faults.length > 0) {
    return failed(faults.map(({ at, message }) => ({ file, ...positionAt(lines, at), message })));
  }
  const problems: Problem[] = [];
  const read = readDirectorConfig({ document, file, lines, readRules, purpose }, problems);
  if (read !== undefined && problems.length === 0) return { kind: "config", ...read };
  return failed(
    problems.map((problem) => ({
      file,
      ...locate(document, lines, problem.path, problem.on),
      message: describeProblem(problem),
    })),
  );
}

/** The keys of a director.yaml. */
export const CONFIG_KEYS = [...HOST_KEYS, "rules", "user", "socket", "state", "health"] as const;

function failed(errors: readonly Required<ConfigError>[]): ConfigResult {
  return { kind: "errors", errors: errors.toSorted((a, b) => a.line - b.line || a.column - b.column) };
}

interface Source {
  readonly document: Document;
  readonly file: string;
  readonly lines: LineCounter;
  readonly readRules: ReadRules;
  readonly purpose: ConfigPurpose;
}

function readDirectorConfig(
  source: Source,
  problems: Problem[],
): { readonly config: DirectorConfig; readonly live: LiveConfig } | undefined {
  const top = new PlainValue(plainValues(source.document, problems), [], problems);
  if (problems.length > 0 || !top.hasFields(CONFIG_KEYS)) return undefined;
  const host = readHostConfig(top);
  if (source.purpose === "run" && problems.length === 0) refuseWithoutDevice(top.field("interfaces"));
  const rules = rulesOf(top.field("rules"), source);
  const health = top.field("health");
  const { value: user } = top.field("user");
  const { value: socket } = top.field("socket");
  const config = {
    ...host,
    rules: rules ?? { file: source.file, firstLine: 1, lines: [] },
    ...(user !== undefined && { user }),
    ...(socket !== undefined && { socket }),
    ...(Array.isArray(health.value) && { health: health.value }),
  };
  return { config, live: readLiveConfig(top) };
}

function refuseWithoutDevice(interfaces: PlainValue): void {
  for (const port of interfaces.itemsBy("name", "addresses")) {
    const tap = port.field("tap");
    if (!tap.present) tap.expected("the name of a TAP device, without which it cannot run");
  }
}

/** Aliases whose anchor is not there, or only further down. */
function danglingAliases(document: Document): { readonly at: number; readonly message: string }[] {
  const found: { at: number; message: string }[] = [];
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document) !== undefined) return;
      found.push({ at: alias.range?.[0] ?? 0, message: `nothing before this has the anchor &${alias.source}` });
    },
  });
  return found;
}

/** The document without its syntax. Aliases that stand for too much, as in a bomb, are found only here. */
function plainValues(document: Document, problems: Problem[]): unknown {
  try {
    return document.toJS();
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    problems.push({ path: [], on: "value", message: error.message });
    return undefined;
  }
}

/** Rules stand in a file of their own, or in the configuration itself as a block of lines. */
function rulesOf(field: PlainValue, { document, file, lines, readRules }: Source): RulesConfig | undefined {
  if (!field.present) return undefined;
  const text = field.text("a file of rules, or a block of lines as ipvsadm -S prints them");
  if (text === undefined) return undefined;
  if (text.includes("\n") || text.startsWith("-")) {
    return { file, firstLine: firstLineOf(document, field, lines), lines: linesOf(text) };
  }
  const rules = readRules(text);
  if ("failure" in rules) return field.refuse(rules.failure);
  return { file: rules.file, firstLine: 1, lines: linesOf(rules.text) };
}

/** A block's text begins in the line below its mark, `|` or `>`. */
function firstLineOf(document: Document, { path }: PlainValue, lines: LineCounter): number {
  const node = nodeAt(document, path);
  const { line } = positionAt(lines, node?.range?.[0] ?? 0);
  const block = isScalar(node) && (node.type === Scalar.BLOCK_LITERAL || node.type === Scalar.BLOCK_FOLDED);
  return block ? line + 1 : line;
}

/** The lines of a text; a newline at its end begins no further line. */
export const linesOf = (text: string): string[] => text.replace(/\r?\n$/, "").split(/\r?\n/);
