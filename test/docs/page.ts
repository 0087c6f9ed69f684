/** Runs the blocks of a page, in order, and writes the page as it would be with what they really print. */

import { join } from "node:path";
import { describeConfigError, parseConfig } from "../../src/io/config.ts";
import { type Block, commandsOf, isRunnable, type Part, partsOf, valueOfKey } from "./blocks.ts";
import { Lab } from "./lab.ts";
import { Shell } from "./shell.ts";

/** Whether there is anything on the page to run. */
export const hasRunnable = (markdown: string): boolean =>
  partsOf(markdown).some((part) => part.kind === "block" && isRunnable(part));

/** The page with the output of its commands in place of what stands there. `repository` holds docs, examples and fixtures. */
export async function rerun(markdown: string, repository: string): Promise<string> {
  const shell = new Shell(repository);
  try {
    const lines = markdown.split("\n");
    const parts = partsOf(markdown);
    const replaced: { readonly block: Block; readonly lines: readonly string[] }[] = [];
    for (const [index, part] of parts.entries()) {
      const next = parts[index + 1];
      for (const [block, printed] of await runPart(part, next, shell)) replaced.push({ block, lines: printed });
    }
    for (const { block, lines: printed } of replaced.toReversed()) {
      lines.splice(block.start, block.end - block.start, ...printed);
    }
    return lines.join("\n");
  } finally {
    shell.close();
  }
}

type Replacement = readonly [block: Block, lines: readonly string[]];

async function runPart(part: Part, next: Part | undefined, shell: Shell): Promise<readonly Replacement[]> {
  if (part.kind === "mark") {
    if (part.name === "lab") shell.lab = new Lab(part.words);
    return [];
  }
  const { info } = part;
  const file = valueOfKey(info, "file");
  if (info[0] === "yaml" && info[1] === "director") writeConfig(part, file ?? "director.yaml", shell);
  else if (file !== undefined) shell.write(file, textOf(part));
  if (info[0] === "console") return [[part, await runConsole(part, shell)]];
  if (info[0] === "js") return runModule(part, next, shell);
  return [];
}

const textOf = ({ lines }: Block): string => `${lines.join("\n")}\n`;

/** A configuration on a page is a whole one, without mistakes. */
function writeConfig(block: Block, file: string, shell: Shell): void {
  shell.write(file, textOf(block));
  const result = parseConfig(textOf(block), join(shell.directory, file));
  if (result.kind === "errors") throw new Error(result.errors.map(describeConfigError).join("\n"));
}

async function runConsole(block: Block, shell: Shell): Promise<string[]> {
  const lines: string[] = [];
  for (const command of commandsOf(block)) {
    lines.push(`${command.host}$ ${command.line}`);
    const printed = await shell.run(command);
    if (printed !== "") lines.push(...printed.split("\n"));
  }
  return lines;
}

/** Runs a module; what it prints stands in the block `text output` behind it, if there is one. */
function runModule(block: Block, next: Part | undefined, shell: Shell): Replacement[] {
  shell.write("example.mjs", textOf(block));
  const { code, text } = shell.module("example.mjs");
  if (code !== 0) throw new Error(`line ${block.start + 1}: the example ends with ${code}:\n${text}`);
  const shown = next?.kind === "block" && next.info[0] === "text" && next.info[1] === "output" ? next : undefined;
  return shown === undefined ? [] : [[shown, text.replace(/\n$/, "").split("\n")]];
}
