/** Descriptions, objects or texts, to configurations of the core. */
import type { DirectorConfig } from "../core/host/config/config.ts";
import { describeProblem, PlainValue, type Problem } from "../core/host/config/plain-value.ts";
import { HOST_KEYS, readHostConfig } from "../core/host/config/reader.ts";
import { linesOf, readDocument } from "../io/config/document.ts";
import type { Description } from "./description.ts";
import { DescriptionError, type DescriptionProblem } from "./errors.ts";

/** Reads a file that a director.yaml names. */
export type ReadFile = (name: string) => string;

/** The checked description; a string is the text of a director.yaml. Throws DescriptionError, and what `readFile` throws. */
export const readDescription = (description: Description | string, readFile: ReadFile | undefined): DirectorConfig =>
  typeof description === "string" ? ofText(description, readFile) : ofObject(description);

const FILE = "director.yaml";
const NO_FILES = "expected the lines themselves, as ipvsadm -S prints them, or the option readFile for a file of them";

function ofText(text: string, readFile: ReadFile | undefined): DirectorConfig {
  const read = readDocument(text, FILE, (file) =>
    readFile === undefined ? { failure: NO_FILES } : { file, text: readFile(file) },
  );
  if (read.kind === "config") return read.config;
  throw new DescriptionError(
    read.errors.map(({ file, line, column, message }) => ({
      place: line === undefined ? file : `${file}:${line}:${column}`,
      message,
    })),
  );
}

function ofObject(description: Description): DirectorConfig {
  const problems: Problem[] = [];
  const top = new PlainValue(description, [], problems);
  if (top.hasFields([...HOST_KEYS, "rules"])) {
    const host = readHostConfig(top);
    const lines = rulesOf(top.field("rules"));
    if (problems.length === 0 && lines !== undefined) return { ...host, rules: { file: "rules", firstLine: 1, lines } };
  }
  throw new DescriptionError(problems.map(inPlace));
}

/** Lines in a list, or in one text. */
function rulesOf(field: PlainValue): string[] | undefined {
  if (!field.present) return [];
  if (!Array.isArray(field.value)) {
    const text = field.text("lines as ipvsadm -S prints them");
    return text === undefined ? undefined : linesOf(text);
  }
  return field.items().flatMap((line) => line.text("a line as ipvsadm -S prints it") ?? []);
}

function inPlace(problem: Problem): DescriptionProblem {
  const place = describeProblem({ ...problem, message: "" }).replace(/: $/, "");
  return { place, message: problem.message };
}
