/** Reads director.yaml and the rules that it names. */
import { readFileSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { type ConfigResult, type ReadRules, readDocument } from "./config/document.ts";
import { systemError } from "./system-error.ts";

export { type ConfigResult, describeConfigError } from "./config/document.ts";

/** Reads a configuration file and the rules that it names, or lists all that is wrong, in the order of the file. */
export function readConfig(file: string): ConfigResult {
  const text = readText(file);
  return "failure" in text
    ? { kind: "errors", errors: [{ file, message: text.failure }] }
    : parseConfig(text.text, file);
}

/** The same for a text at hand. `file` is its name in messages, and what the path of its rules is relative to. */
export const parseConfig = (text: string, file: string): ConfigResult =>
  readDocument(text, file, (named) => readRules(isAbsolute(named) ? named : join(dirname(file), named)));

function readRules(path: string): ReturnType<ReadRules> {
  const rules = readText(path);
  return "failure" in rules ? { failure: `cannot read ${path}: ${rules.failure}` } : { file: path, text: rules.text };
}

function readText(file: string): { readonly text: string } | { readonly failure: string } {
  try {
    return { text: readFileSync(file, "utf8") };
  } catch (error) {
    const failure = systemError(error);
    if (failure === undefined) throw error;
    return { failure: failure.text };
  }
}
