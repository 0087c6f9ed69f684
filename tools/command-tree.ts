/** The commands as data: what a manual and completion are made of. */
import type { Command, Option } from "commander";
import { makeProgram } from "../src/cli/program.ts";

export interface OptionFacts {
  /** `--write`, `-w`; empty if it has none of the kind. */
  readonly long: string;
  readonly short: string;
  /** As help shows it: `-w, --write <out.pcapng>`. */
  readonly flags: string;
  readonly description: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
}

export interface CommandFacts {
  /** `["lab", "up"]`; empty for the program itself. */
  readonly path: readonly string[];
  readonly summary: string;
  readonly description: string;
  /** As help shows it: `tapvs replay [options] <capture>`. */
  readonly usage: string;
  readonly arguments: readonly {
    readonly name: string;
    readonly description: string;
    readonly choices: readonly string[];
  }[];
  readonly options: readonly OptionFacts[];
  /** What help prints behind all else: examples. */
  readonly more: string;
  readonly commands: readonly CommandFacts[];
}

/** The whole program. */
export const commandTree = async (): Promise<CommandFacts> => factsOf(await makeProgram(() => true), []);

function factsOf(command: Command, path: readonly string[]): CommandFacts {
  const help = command.createHelp();
  const options = help.visibleOptions(command).map(optionFacts);
  return {
    path,
    summary: command.summary(),
    description: command.description(),
    usage: ["tapvs", ...path, command.usage()].join(" "),
    arguments: command.registeredArguments.map((argument) => ({
      name: argument.name(),
      description: argument.description,
      choices: argument.argChoices ?? [],
    })),
    options,
    more: moreOf(command),
    commands: command.commands.map((below) => factsOf(below, [...path, below.name()])),
  };
}

const optionFacts = (option: Option): OptionFacts => ({
  long: option.long ?? "",
  short: option.short ?? "",
  flags: option.flags,
  description: withDefault(option),
  takesValue: option.required || option.optional,
  choices: option.argChoices ?? [],
});

function withDefault({ description, argChoices, defaultValue, defaultValueDescription }: Option): string {
  const choices = argChoices === undefined ? [] : [`one of ${argChoices.join(", ")}`];
  const usual =
    defaultValue === undefined || defaultValue === false ? [] : [`default: ${defaultValueDescription ?? defaultValue}`];
  const facts = [...choices, ...usual];
  return facts.length === 0 ? description : `${description} (${facts.join("; ")})`;
}

/** What was added to the help, told from it by what help is without. */
function moreOf(command: Command): string {
  const plain = command.helpInformation();
  let whole = "";
  command.configureOutput({ writeOut: (text) => (whole += text) });
  command.outputHelp();
  return whole.startsWith(plain) ? whole.slice(plain.length).trim() : "";
}
