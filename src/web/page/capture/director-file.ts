/** Reads director.yaml where there is no file system: the files that it names are those that were dropped beside it. */
import type { HostConfig, RulesConfig } from "../../../core/host/config/config.ts";
import { describeConfigError, linesOf, readDocument } from "../../../io/config/document.ts";

export interface DirectorFile {
  readonly host: HostConfig;
  readonly rules: RulesConfig;
}

export type DirectorFileResult =
  | { readonly kind: "file"; readonly file: DirectorFile }
  /** Each as `director.yaml:3:11: ...`. */
  | { readonly kind: "problems"; readonly problems: readonly string[] };

/** The configuration, with its own rules or, where it names a file or none, with `rules`. */
export function readDirectorFile(text: string, file: string, rules: RulesConfig): DirectorFileResult {
  const read = readDocument(text, file, () => ({ file: rules.file, text: rules.lines.join("\n") }));
  if (read.kind === "errors") return { kind: "problems", problems: read.errors.map(describeConfigError) };
  const { rules: own, ...host } = read.config;
  const isNone = own.file === file && own.lines.length === 0;
  return { kind: "file", file: { host, rules: isNone ? rules : own } };
}

/** Rules as a file has them. */
export const rulesText = (text: string, file: string): RulesConfig => ({ file, firstLine: 1, lines: linesOf(text) });
