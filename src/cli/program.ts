/** Makes the program of its commands, runs it, and sees to how it ends. */
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { COMMANDS } from "./commands.ts";
import { Failure, WRONG_USAGE } from "./failure.ts";
import { inOurWords } from "./option-values.ts";
import { say, watchOutput } from "./output.ts";

const ENDING = `
To begin, without root:
  tapvs explain nat             one request and its reply, hop by hop
  tapvs play                    a prompt on a simulated network
  tapvs lesson list             the lessons

tapvs COMMAND --help says more of each command.

Exit codes: 0 done; 1 it failed, or something differs; 2 the command line or a
configuration is wrong; 3 no director is running; 4 a privilege or a device is
missing.`;

/** Runs a command line (argv behind the program's name) and sets the exit code. */
export async function runProgram(words: readonly string[]): Promise<void> {
  watchOutput();
  try {
    const asked = commandOf(words);
    const program = await makeProgram((name) => name === asked);
    await program.parseAsync(words[0] === "help" ? helpWords(program, words.slice(1)) : words, { from: "user" });
  } catch (error) {
    process.exitCode = codeOf(error);
  }
}

/** The command that the words name, or ask help about. */
function commandOf(words: readonly string[]): string | undefined {
  const [first, second] = words.filter((word) => !word.startsWith("-"));
  return first === "help" ? second : first;
}

/** `help lab up` is `lab up --help`; what is no command is refused as it is without help. */
function helpWords(program: Command, words: readonly string[]): string[] {
  const path: string[] = [];
  let command = program;
  for (const word of words) {
    if (command.commands.length === 0) break;
    path.push(word);
    const next = command.commands.find((below) => below.name() === word);
    if (next === undefined) return path;
    command = next;
  }
  return [...path, "--help"];
}

/** The program with all its commands; of those that are not `wanted`, only name and summary are there. */
export async function makeProgram(wanted: (name: string) => boolean): Promise<Command> {
  const program = new Command("tapvs")
    .description("Linux Virtual Server as an emulator: frame by frame, and able to explain every packet")
    .version(versionOf(), "-V, --version")
    .enablePositionalOptions()
    .addHelpText("after", ENDING)
    .showHelpAfterError("(tapvs --help lists the commands)")
    .exitOverride();
  for (const { name, summary, load } of COMMANDS) {
    const command = wanted(name) ? await load() : new Command(name);
    program.addCommand(command.summary(summary));
    endWithErrors(command, `tapvs ${name}`);
  }
  return program;
}

const OUTPUT = { outputError: (text: string, write: (text: string) => void): void => write(inOurWords(text)) };

/** Has wrong usage of a command, and of those below it, thrown instead of ending the process: with a status of our own. It names the help. */
function endWithErrors(command: Command, name: string): void {
  command.exitOverride().showHelpAfterError(`(${name} --help says more)`).configureOutput(OUTPUT);
  for (const below of command.commands) endWithErrors(below, `${name} ${below.name()}`);
}

function versionOf(): string {
  const { version } = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8"));
  return String(version);
}

/** The exit code that an error stands for; what people have to know of it is said. A bug is thrown on. */
function codeOf(error: unknown): number {
  if (error instanceof Failure) {
    for (const line of error.lines) say(line);
    return error.code;
  }
  if (!(error instanceof CommanderError)) throw error;
  // commander has said it already: help and version end with 0, all else is a wrong command line.
  return error.exitCode === 0 ? 0 : WRONG_USAGE;
}
