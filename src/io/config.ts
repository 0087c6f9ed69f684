/** Reads director.yaml and the rules that it names. */
import { dirname, isAbsolute, join } from "node:path";
import { type ConfigPurpose, type ConfigResult, type ReadRules, readDocument } from "./config/document.ts";
import { isDirectorYaml, notDirectorYaml } from "./config/likeness.ts";
import { readText } from "./text-file.ts";

export { type ConfigResult, describeConfigError } from "./config/document.ts";

/** Reads a configuration file and the rules that it names, or lists all that is wrong, in the order of the file. */
export function readConfig(file: string, purpose?: ConfigPurpose): ConfigResult {
  const read = readText(file, "configuration");
  if (!("text" in read)) return { kind: "errors", errors: [{ file, message: read.reason }] };
  return readConfigText(read.text, file, purpose);
}

/** The same of a file whose text was read already: a pipe can be read only once. */
export function readConfigText(text: string, file: string, purpose?: ConfigPurpose): ConfigResult {
  const result = parseConfig(text, file, purpose);
  if (result.kind === "config" || isDirectorYaml(text, file)) return result;
  return { kind: "errors", errors: [{ file, message: notDirectorYaml(text) }] };
}

/** The same for a text at hand. `file` is its name in messages, and what the path of its rules is relative to. */
export const parseConfig = (text: string, file: string, purpose?: ConfigPurpose): ConfigResult =>
  readDocument(text, file, (named) => readRules(isAbsolute(named) ? named : join(dirname(file), named)), purpose);

function readRules(path: string): ReturnType<ReadRules> {
  const rules = readText(path, "rules");
  return "text" in rules ? { file: path, text: rules.text } : { failure: `cannot read ${path}: ${rules.reason}` };
}
